/**
 * What this node does so that a context's past can be closed: makes checkpoints, stands above those of others, and as
 * an admin excludes members that keep one waiting. All of it late and at a random time, so that one of many does what
 * one can do for all. Nothing here follows from more than the graph, but when it is done.
 *
 *   1. Only deltas of operations call for a checkpoint, and a checkpoint is answered once: an idle context comes to rest.
 *   2. A checkpoint that names another root than its cut has is told, and never shown as sealed here. It is answered all
 *      the same: to stand above it vouches for no root, and who does not answer looks silent.
 */

import type { CausalDelta, DeltaContent } from "../dag/delta.ts";
import type { Graph } from "../dag/graph.ts";
import { type Fault, isFault } from "../fault.ts";
import { type AuthorId, type ContextId, type DeltaId, type Hash, toHex } from "../ids.ts";
import { parentsMax } from "../limits.ts";
import type { Governance } from "../members/governance.ts";
import { mayWrite } from "../members/permission.ts";
import { type Services, timerName } from "../services.ts";
import { storeKeys } from "../store-keys.ts";
import type { Turn } from "../turn.ts";
import { decodeValue, encode } from "../wire/cbor.ts";
import { kindCodeOf } from "../wire/delta-codec.ts";
import { type DeltaHead, kindCodes } from "../wire/delta-head.ts";
import {
  type CheckpointRole,
  Checkpoints,
  type CheckpointsMemory,
  createCheckpointsMemory,
} from "./checkpoints.ts";

export interface ClosingMemory {
  readonly checkpoints: CheckpointsMemory;
  /** By the position of an open checkpoint: since when it has waited here, or since its members were last excluded. */
  readonly sinceMs: Map<number, number>;
  /** A checkpoint was found false, which a start could not find again. */
  isUnsaved: boolean;
}

export function createClosingMemory(): ClosingMemory {
  return { checkpoints: createCheckpointsMemory(), sinceMs: new Map(), isUnsaved: false };
}

export interface ClosingParts {
  readonly contextId: ContextId;
  readonly services: Services;
  readonly graph: Graph;
  readonly governance: Governance;
  readonly stateRoot: () => Hash;
  /** How long this context keeps deletions; null: for ever, as while its genesis has not arrived. */
  readonly retentionMs: () => number | null;
  readonly write: (content: DeltaContent, turn: Turn) => CausalDelta | Fault;
}

/** The least before this node does what another may do first, unless it is to come sooner. */
const delayMinMs = 1_000;
/** A record of whom checkpoints wait for. */
const recordBytesMax = 64 * 1_048_576;

export class Closing {
  readonly checkpoints: Checkpoints;
  readonly #memory: ClosingMemory;
  readonly #parts: ClosingParts;

  constructor(memory: ClosingMemory, parts: ClosingParts) {
    const { graph, governance, retentionMs } = parts;
    this.checkpoints = new Checkpoints(memory.checkpoints, {
      graph,
      members: governance.members,
      self: parts.services.identity.author,
      retentionMs,
    });
    this.#memory = memory;
    this.#parts = parts;
  }

  /** The newest checkpoint that is sealed here; null: none. */
  get sealed(): DeltaId | null {
    const position = this.checkpoints.newestSealed;
    return position === null ? null : this.#parts.graph.at(position).id;
  }

  /** Those that some open checkpoint waits for, sorted: they keep the past open. */
  get waitsFor(): readonly AuthorId[] {
    const open = Array.from(this.checkpoints.open());
    return Array.from(new Set(open.flatMap(({ waitingFor }) => Array.from(waitingFor)))).sort();
  }

  /** How long this context keeps deletions, as its genesis says; null: for ever. */
  get retentionMs(): number | null {
    return this.#parts.retentionMs();
  }

  /** Must it be written now? */
  get isUnsaved(): boolean {
    return this.#memory.isUnsaved;
  }

  /** The last delta of the graph was applied: with it the state is that of the graph, for a checkpoint changes nothing. */
  applied(position: number, delta: CausalDelta, turn: Turn): void {
    const { contextId } = this.#parts;
    const isRefuted = this.#isRefuted(delta);
    this.#note(position, { author: delta.author, kindCode: kindCodeOf(delta.content), isRefuted }, turn);
    if (!isRefuted) return;
    this.#memory.isUnsaved = true;
    turn.observe("checkpoint-false", { contextId, detail: `of ${toHex(delta.author)}` });
  }

  /** One came with a state: its cut is behind, and so its root cannot be compared. */
  adopted(position: number, head: Pick<DeltaHead, "author" | "kindCode">, turn: Turn): void {
    this.#note(position, head, turn);
  }

  /** One that was applied before this node started, after what was stored. */
  replayed(position: number, delta: CausalDelta): void {
    this.checkpoints.applied(position, { author: delta.author, kindCode: kindCodeOf(delta.content) });
  }

  /** Makes a checkpoint, or stands above those that wait for this node, if that is still to be done. */
  tidy(turn: Turn): void {
    const { contextId, graph, stateRoot, write } = this.#parts;
    if (!this.#isWriter) return;
    // On so many heads it may not be above all of them, and counts for nothing: they are merged first.
    const isOnAll = graph.headCount < parentsMax;
    const isCheckpointDue = this.#isCheckpointDue && isOnAll;
    if (!isCheckpointDue && !this.#isAwaited) return;
    const content = isCheckpointDue
      ? ({ kind: "checkpoint", stateRoot: stateRoot() } as const)
      : ({ kind: "merge" } as const);
    const delta = write(content, turn);
    if (isFault(delta)) return;
    const observed = isCheckpointDue ? "checkpoint-authored" : "checkpoint-answered";
    turn.observe(isOnAll ? observed : "merge-authored", { contextId });
    this.schedule(turn);
  }

  /** Excludes those that have kept a checkpoint waiting for too long. */
  exclude(turn: Turn): void {
    const { contextId, services, governance, write } = this.#parts;
    const { memberSilentMaxMs } = services.config;
    if (memberSilentMaxMs === 0 || governance.ownRole !== "admin") return;
    const { monotonicMs } = turn.now;
    const late = Array.from(this.checkpoints.open()).filter(
      ({ position }) =>
        (this.#memory.sinceMs.get(position) ?? monotonicMs) + memberSilentMaxMs <= monotonicMs,
    );
    const silent = new Set(late.flatMap(({ waitingFor }) => Array.from(waitingFor)));
    silent.delete(services.identity.author);
    for (const { position } of late) this.#memory.sinceMs.set(position, monotonicMs);
    for (const member of silent) {
      const delta = write({ kind: "membership", change: { kind: "exclude", member } }, turn);
      if (!isFault(delta)) turn.observe("member-excluded", { contextId });
    }
    this.schedule(turn);
  }

  /** Has what is to be done here come in time. */
  schedule(turn: Turn): void {
    const { services, contextId } = this.#parts;
    const { timers } = services;
    const [tidy, exclude] = [timerName("checkpoint", contextId), timerName("exclude", contextId)];
    const { monotonicMs } = turn.now;
    if (!timers.has(tidy) && (this.#isCheckpointDue || this.#isAwaited) && this.#isWriter)
      timers.set(tidy, monotonicMs + this.#delay());
    const openSinceMs = this.#noteOpen(monotonicMs);
    const { memberSilentMaxMs } = services.config;
    if (memberSilentMaxMs === 0 || openSinceMs === null || timers.has(exclude)) return;
    if (this.#parts.governance.ownRole !== "admin") return;
    const dueMs = Math.max(monotonicMs, openSinceMs + memberSilentMaxMs);
    timers.set(exclude, dueMs + this.#delay());
  }

  #delay(): number {
    const { random, config } = this.#parts.services;
    return random.between(Math.min(delayMinMs, config.checkpointDelayMaxMs), config.checkpointDelayMaxMs);
  }

  /** Writes what a start cannot tell by the deltas after it. */
  save(turn: Turn): void {
    if (this.checkpoints.isBlank) return;
    this.#memory.isUnsaved = false;
    turn.put(storeKeys.checkpoints(this.#parts.contextId), encode(this.checkpoints.save()));
  }

  /** Reads what was stored when there were `count` deltas. For use inside `decoding`. */
  load(count: number, turn: Turn): void {
    const stored = turn.read(storeKeys.checkpoints(this.#parts.contextId));
    if (stored !== undefined) this.checkpoints.load(decodeValue(stored, recordBytesMax), count);
  }

  #note(position: number, applied: CheckpointRole, turn: Turn): void {
    const { closed } = this.checkpoints;
    const { line, isAstray } = closed;
    const before = this.checkpoints.newestSealed;
    this.checkpoints.applied(position, applied);
    const sealed = this.checkpoints.newestSealed;
    const { contextId } = this.#parts;
    if (sealed !== before) turn.observe("checkpoint-sealed", { contextId });
    if (closed.line !== line) turn.observe("past-closed", { contextId });
    if (closed.isAstray && !isAstray) turn.observe("past-closed-without", { contextId });
    const { kindCode } = applied;
    const mayCallFor = kindCode === kindCodes.checkpoint || kindCode === kindCodes.membership;
    if (mayCallFor || this.#isCheckpointDue) this.schedule(turn);
  }

  /** With the delta as the only head, the state is that of its cut. */
  #isRefuted({ content }: CausalDelta): boolean {
    const { graph, stateRoot } = this.#parts;
    return content.kind === "checkpoint" && graph.headCount === 1 && stateRoot() !== content.stateRoot;
  }

  get #isWriter(): boolean {
    return mayWrite(this.#parts.governance.ownRole);
  }

  get #isCheckpointDue(): boolean {
    const { checkpoints } = this;
    return (
      checkpoints.isUseful && checkpoints.writtenSince >= this.#parts.services.config.checkpointEveryDeltas
    );
  }

  get #isAwaited(): boolean {
    const { author } = this.#parts.services.identity;
    for (const { waitingFor } of this.checkpoints.open()) if (waitingFor.has(author)) return true;
    return false;
  }

  /** Notes when those that are open were first seen so; the earliest of these times, null without any. */
  #noteOpen(nowMs: number): number | null {
    const { sinceMs } = this.#memory;
    const open = new Set(Array.from(this.checkpoints.open(), ({ position }) => position));
    for (const position of sinceMs.keys()) if (!open.has(position)) sinceMs.delete(position);
    for (const position of open) if (!sinceMs.has(position)) sinceMs.set(position, nowMs);
    return sinceMs.size === 0 ? null : Math.min(...sinceMs.values());
  }
}
