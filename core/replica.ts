/** One context on this node: its deltas, its state, its application. Everything that changes it passes through here. */

import { present } from "./assert.ts";
import { Calls } from "./calls.ts";
import type { CausalDelta } from "./dag/delta.ts";
import { type HeadsSummary, summarizeHeads } from "./dag/heads.ts";
import { Compaction } from "./delta-store/compaction.ts";
import { type AddOutcome, DeltaStore } from "./delta-store/delta-store.ts";
import type { ApplicationEvent } from "./effect.ts";
import type { Stamp } from "./hlc.ts";
import type { AuthorId, ContextId, DeltaId, Hash } from "./ids.ts";
import { parentsMax } from "./limits.ts";
import { Governance } from "./members/governance.ts";
import type { Invitation } from "./members/membership.ts";
import { OwedQueue } from "./owed/queue.ts";
import { parentsOf } from "./own-parents.ts";
import { Closing } from "./past/closing.ts";
import {
  type Judgement,
  judgeTakingOver,
  type OfferedCut,
  type Sieve,
  type VerifiedCut,
} from "./past/taking-over.ts";
import { PrivateState } from "./private-state.ts";
import type { ReplicaMemory } from "./replica-memory.ts";
import { encodeReplicaRecord, readReplicaRecord } from "./replica-record.ts";
import { type Services, timerName } from "./services.ts";
import type { Entity, EntityOf } from "./state/entity.ts";
import { collectedBytes, type StateStore } from "./state/state-store.ts";
import type { PinnedVersion } from "./state/tree/state-tree.ts";
import { WriterSets } from "./state/writer-sets.ts";
import { States } from "./states.ts";
import { storeKeys } from "./store-keys.ts";
import type { Turn } from "./turn.ts";

/** What a start joins again at most, besides the deltas of one turn. */
const replayMax = { deltas: 1_024, bytes: 8 * 1_048_576 };

/** Delay before this node tidies up many heads: long and random, so that one of many does it for all. */
const mergeDelayMs = { min: 1_000, max: 30_000 };

export class Replica {
  readonly contextId: ContextId;
  readonly deltas: DeltaStore;
  readonly compaction: Compaction;
  readonly states: States;
  readonly private: PrivateState;
  readonly calls: Calls;
  /** What is owed because of this context's deltas and calls. */
  readonly owed: OwedQueue;
  /** Who may do what here. */
  readonly governance: Governance;
  /** Its checkpoints. */
  readonly closing: Closing;
  readonly #memory: ReplicaMemory;
  readonly #services: Services;
  readonly #writerSets: WriterSets;
  /** Of the deltas applied in this turn; empty between turns. */
  #events: ApplicationEvent[] = [];

  constructor(memory: ReplicaMemory, services: Services) {
    this.contextId = memory.contextId;
    this.#memory = memory;
    this.#services = services;
    this.states = new States(memory, services);
    this.private = new PrivateState(memory.private, memory.contextId, services);
    this.owed = new OwedQueue(memory.owed, {
      contextId: memory.contextId,
      services,
      isRunnable: () => this.hasApplication,
    });
    this.calls = new Calls(this, services, (content, events, turn) => this.#write(content, events, turn));
    this.deltas = new DeltaStore(memory.deltas, {
      contextId: memory.contextId,
      ...{ crypto: services.codec.crypto, timers: services.timers },
      bounds: { deltasMax: services.config.pendingDeltasMax, bytesMax: services.config.pendingBytesMax },
      rules: {
        permits: (delta) => this.governance.members.refusalOf(delta),
        timeliness: ({ author }, at) => this.closing.checkpoints.closed.timelinessOf(author, at),
        apply: (delta, stamp, turn) => this.#apply(delta, stamp, turn),
        keeps: () => this.governance.members.events.map(({ position }) => position),
        adopted: (head, change, turn) => {
          const position = this.deltas.graph.count - 1;
          if (change === undefined) this.governance.members.passed(position);
          else this.governance.members.applied(position, change);
          this.closing.adopted(position, head, turn);
        },
      },
    });
    this.compaction = new Compaction(memory, {
      ...{ contextId: memory.contextId, services, deltas: this.deltas },
      settle: (turn) => this.settle(turn),
    });
    this.governance = new Governance(memory.governance, {
      ...{ contextId: memory.contextId, services, graph: this.deltas.graph },
      write: (content, turn) => this.#write(content, [], turn),
    });
    this.closing = new Closing(memory.closing, {
      ...{ contextId: memory.contextId, services, graph: this.deltas.graph, governance: this.governance },
      stateRoot: () => this.state.root(),
      retentionMs: () => memory.retentionMs,
      write: (content, turn) => this.#write(content, [], turn),
    });
    this.#writerSets = new WriterSets(this.deltas.graph, {
      creator: () => present(memory.creator, "who made a context that is written"),
    });
  }

  get application(): string {
    return this.#memory.application;
  }

  /** Is the application that the genesis names installed on this node? */
  get hasApplication(): boolean {
    return this.isInitialized && this.#services.applications.has(this.application);
  }

  get isInitialized(): boolean {
    return this.deltas.graph.count > 0;
  }

  get state(): StateStore {
    return this.states.shown;
  }

  heads(): readonly DeltaId[] {
    return this.deltas.graph.heads();
  }

  /** Where it stands, as others are told. */
  standing(): HeadsSummary {
    return summarizeHeads(this.heads(), this.#services.codec.crypto);
  }

  stateRoot(): Hash {
    return this.state.root();
  }

  /** Adds a delta a peer gave. O(parents + released). */
  receive(delta: CausalDelta, turn: Turn): AddOutcome {
    const outcome = this.deltas.add(delta, turn);
    switch (outcome.kind) {
      case "rejected":
        turn.observe("delta-rejected", { contextId: this.contextId });
        break;
      case "pending":
        turn.observe("delta-pending", { contextId: this.contextId });
        if (delta.content.kind === "needs-upgrade")
          turn.observe("delta-needs-upgrade", { contextId: this.contextId });
        break;
      case "duplicate":
        turn.observe("delta-duplicate", { contextId: this.contextId });
        break;
      case "applied":
        this.#applyLaterIfFull(turn);
        break;
    }
    return outcome;
  }

  /** Takes an invitation to come in by, and keeps it until that is done. */
  accept(invitation: Invitation, turn: Turn): void {
    this.governance.comingIn.accept(invitation, turn);
    turn.changed(this);
  }

  /** Who may write a shared entity in a delta made now. */
  writersOf(held: EntityOf<"shared"> | undefined): readonly AuthorId[] {
    return this.#writerSets.writersOn(this.#parents(), held);
  }

  /** Joins many heads into one, if there still are many. */
  mergeHeads(turn: Turn): void {
    if (this.deltas.graph.headCount < parentsMax) return;
    const delta = this.#write({ kind: "merge" }, [], turn);
    if (delta.kind === "delta") turn.observe("merge-authored", { contextId: this.contextId });
  }

  /** Applies what did not fit the turns before. */
  applyReady(turn: Turn): void {
    this.deltas.applyReady(turn);
    this.#applyLaterIfFull(turn);
  }

  /** Drops what has waited too long for parents that nobody gave. */
  sweep(turn: Turn): void {
    const aged = this.deltas.pending.removeOlderThan(
      turn.now.monotonicMs - this.#services.config.pendingAgeMaxMs,
    );
    if (aged.length > 0) turn.observe("pending-aged", { contextId: this.contextId, amount: aged.length });
  }

  /**
   * Takes over what a peer's state at one cut says beyond this node's, in this turn's one commit: its entities are
   * joined, its deltas are applied, without bodies where it has none. Both must have been verified, and the sieve be what `judge` gave in
   * this turn. Handlers are not owed for them.
   * Invariants 5, 7 and 12.
   */
  adopt(cut: VerifiedCut, sieve: Sieve, turn: Turn): void {
    const { entities, history, bodies, madeOf = 0 } = cut;
    const isReplaced = this.#replaceState(sieve, turn);
    this.deltas.adopt(history, bodies, turn);
    if (!isReplaced && sieve.kept !== null) this.state.forget(sieve.kept);
    for (const entity of entities) this.state.join(entity, sieve.received);
    this.#collect(turn);
    this.state.flush(turn);
    // A start must never look for the bodies of what was adopted, whatever else this turn applies.
    this.save(turn);
    this.governance.adopted(turn);
    turn.observe("state-adopted", { contextId: this.contextId, amount: entities.length + madeOf });
    turn.changed(this);
    this.#applyLaterIfFull(turn);
    this.#mergeLaterIfMany(turn);
  }

  /** What taking over a state at a cut would take, as to the past that is closed here or there. */
  judge(cut: OfferedCut): Judgement {
    return judgeTakingOver(cut, this.deltas.graph, this.closing.checkpoints.closed);
  }

  /** Writes the index and what else changed in this turn, and tells subscribers. */
  flush(turn: Turn): void {
    this.deltas.flush(turn);
    if (this.state.isFull || this.#isReplayLong || this.closing.isUnsaved) this.state.flush(turn);
    this.save(turn);
    const events = this.#events;
    this.#events = [];
    turn.perform({
      kind: "emit",
      event: { kind: "state-changed", contextId: this.contextId, events },
    });
  }

  /** Keeps the state as it is now readable until `unpinState`, while writes go on. */
  pinState(turn: Turn): PinnedVersion {
    const pinned = this.state.pin(turn);
    // The record that finds the state must name the version just written: what that replaced is gone.
    this.save(turn);
    return pinned;
  }

  unpinState(pinned: PinnedVersion, turn: Turn): void {
    this.state.unpin(pinned, turn);
  }

  /** Writes all that is not written, so that the next start has nothing to join again. */
  settle(turn: Turn): void {
    this.deltas.settle(turn);
    if (this.#memory.writtenDeltas === this.deltas.graph.count) return;
    this.state.flush(turn);
    this.save(turn);
  }

  /** Reads what is stored of this context. For use inside `decoding`. */
  load(turn: Turn): void {
    const record = readReplicaRecord(this.contextId, turn);
    if (record === null) return;
    const { codec } = this.#services;
    this.deltas.load(record.count, turn);
    this.states.load(record.beside);
    if (!this.states.isAlone) {
      turn.observe("state-leftover", { contextId: this.contextId });
      this.tidyLater(turn);
    }
    this.governance.load(record.members, {
      at: (position) => this.deltas.appliedAt(position, codec, turn).delta,
      turn,
    });
    const { application, creator, retentionMs, isWriter, writtenDeltas } = record;
    Object.assign(this.#memory, { application, creator, retentionMs, isWriter, writtenDeltas });
    this.state.load(record.state, turn);
    this.closing.load(this.#memory.writtenDeltas, turn);
    for (let position = this.#memory.writtenDeltas; position < this.deltas.graph.count; position += 1) {
      const { delta, stamp } = this.deltas.appliedAt(position, codec, turn);
      this.#memory.unwrittenBytes += delta.sealed.length;
      this.#join(delta, stamp);
      this.closing.replayed(position, delta);
    }
    this.#collect(turn);
    this.closing.schedule(turn);
    this.private.load(turn);
    this.owed.load(turn);
  }

  /** Would a start have so much to join again that it is better written now? */
  get #isReplayLong(): boolean {
    const { writtenDeltas, unwrittenBytes } = this.#memory;
    return this.deltas.graph.count - writtenDeltas >= replayMax.deltas || unwrittenBytes >= replayMax.bytes;
  }

  /** Has what is beside the state looked at in the next turn. */
  tidyLater(turn: Turn): void {
    this.#services.timers.set(timerName("beside", this.contextId), turn.now.monotonicMs);
  }

  /** The state that was made beside this one takes its place; false where there is none. */
  #replaceState(sieve: Sieve, turn: Turn): boolean {
    if (!this.states.replace({ shown: this, sieve }, turn)) return false;
    this.tidyLater(turn);
    turn.observe("state-replaced", { contextId: this.contextId });
    return true;
  }

  /** Writes the record that leads to all else of this context. */
  save(turn: Turn): void {
    if (this.state.isWritten) {
      this.closing.save(turn);
      this.#memory.writtenDeltas = this.deltas.graph.count;
      this.#memory.unwrittenBytes = 0;
    }
    const { application, creator, retentionMs, isWriter, writtenDeltas } = this.#memory;
    const made = { application, creator, retentionMs, isWriter, writtenDeltas };
    const [members, state, beside] = [this.governance.save(), this.state.save(), this.states.save()];
    const record = encodeReplicaRecord({ ...made, count: this.deltas.graph.count, state, members, beside });
    turn.put(storeKeys.context(this.contextId), record);
  }

  /** Joins what a delta says by right; gives how many writes in it were void, and what the others come to in bytes. */
  #join(delta: CausalDelta, stamp: Stamp): { readonly voidCount: number; readonly bytes: number } {
    const said = this.#services.codec.entitiesOf(delta, stamp);
    const valid = said.filter((entity) => !this.#isVoid(entity, delta));
    const bytes = valid.reduce((sum, entity) => sum + this.state.join(entity), 0);
    return { voidCount: said.length - valid.length, bytes };
  }

  /** Collects deletions up to where the past is closed. O(them, log entities each), and one turn's work however many. */
  #collect(turn: Turn): void {
    const { line } = this.closing.checkpoints.closed;
    if (line === null) return;
    const amount = this.state.collect(line);
    turn.takeBytes(amount * collectedBytes);
    if (amount > 0) turn.observe("tombstones-collected", { contextId: this.contextId, amount });
  }

  #write(content: CausalDelta["content"], events: readonly ApplicationEvent[], turn: Turn) {
    const { strayed } = this.closing.checkpoints.closed;
    if (strayed !== null) return strayed;
    // Who writes is silent no longer.
    if (content.kind !== "membership") this.governance.comingIn.comeBack(turn);
    const delta = this.#services.author.make(
      { contextId: this.contextId, parents: this.#parents(), content, events },
      turn,
    );
    if (delta.kind === "fault") return delta;
    const refusal = this.deltas.refusalOf(delta);
    if (refusal !== null) return refusal;
    this.#memory.isWriter = true;
    this.deltas.author(delta, turn);
    this.governance.topic.publish(delta, turn);
    return delta;
  }

  #parents(): readonly DeltaId[] {
    return parentsOf(this.deltas.graph, this.governance.members, this.#services.identity.author);
  }

  #apply(delta: CausalDelta, stamp: Stamp, turn: Turn): void {
    if (delta.content.kind === "genesis") {
      this.#memory.application = delta.content.application;
      this.#memory.creator = delta.author;
      this.#memory.retentionMs = delta.content.retentionMs;
    }
    const { line } = this.closing.checkpoints.closed;
    this.governance.applied(this.deltas.graph.count - 1, delta, turn);
    this.closing.applied(this.deltas.graph.count - 1, delta, turn);
    this.#memory.unwrittenBytes += delta.sealed.length;
    const { voidCount, bytes } = this.#join(delta, stamp);
    if (this.closing.checkpoints.closed.line !== line) this.#collect(turn);
    // A short delta may change a long entity: that is work of this turn too.
    turn.takeBytes(bytes);
    if (voidCount > 0) turn.observe("write-void", { contextId: this.contextId, amount: voidCount });
    this.#events.push(...delta.events);
    this.owed.applied(delta, turn);
    const tookMs = Math.max(0, turn.now.wallMs - delta.hlc.ms);
    turn.observe("delta-applied", { contextId: this.contextId, tookMs });
    turn.changed(this);
    this.#mergeLaterIfMany(turn);
  }

  #mergeLaterIfMany(turn: Turn): void {
    if (this.#memory.isWriter && this.deltas.graph.headCount >= parentsMax) {
      const due = turn.now.monotonicMs + this.#services.random.between(mergeDelayMs.min, mergeDelayMs.max);
      this.#services.timers.setEarlier(timerName("merge", this.contextId), due);
    }
  }

  /** A shared entity takes changes of those alone who might write it where the delta was made. Invariant 13. */
  #isVoid({ content, collection, key }: Entity, delta: CausalDelta): boolean {
    return (
      content.type === "shared" && !this.#writerSets.admits(delta, this.state.get("shared", collection, key))
    );
  }

  #applyLaterIfFull(turn: Turn): void {
    if (this.deltas.readyCount > 0)
      this.#services.timers.set(timerName("apply-ready", this.contextId), turn.now.monotonicMs);
  }
}
