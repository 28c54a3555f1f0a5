/**
 * A simulated node: the production core with a simulated clock, disk and network around it. It performs effects
 * as the production driver does, through the same speech gate; nothing of a node is done anew here.
 */

import type { Application } from "../../core/app/application.ts";
import type { Config } from "../../core/config.ts";
import type { Commit, Effect } from "../../core/effect.ts";
import type { AuthorId, ContextId, Hash, PeerId } from "../../core/ids.ts";
import type { Input, RequestId } from "../../core/input.ts";
import { copyMemory } from "../../core/memory.ts";
import { createNodeMemory, NodeCore, type NodeMemory } from "../../core/node.ts";
import type { Identity, StateView } from "../../core/ports.ts";
import {
  createSpeechGateMemory,
  type GateSink,
  SpeechGate,
  type SpeechGateMemory,
} from "../../core/speech-gate.ts";
import type { Codec } from "../../core/wire/codec.ts";
import type { Adversary, AdversaryMemory } from "../byzantine/adversary.ts";
import { copyShared } from "../memory.ts";
import { mix32 } from "../random.ts";
import type { ClockMemory, NodeClock } from "./clock.ts";
import { type CrashMode, type DiskMemory, SimDisk } from "./disk.ts";
import { type Impairment, unimpaired } from "./impairments.ts";

/** `absent`: not joined yet. `left`: gone for good, with its disk. */
export type NodeStatus = "absent" | "up" | "down" | "left";

export interface SimNodeParts {
  readonly index: number;
  readonly id: string;
  readonly identity: Identity;
  readonly authorOf: (peer: PeerId) => AuthorId | null;
  readonly codec: Codec;
  readonly config: Config;
  readonly applications: readonly Application[];
  readonly clock: NodeClock;
  readonly seed: number;
  /** Null for a node that is honest all the time. */
  readonly adversary: Adversary | null;
}

/** What a node asks of the world around it. */
export interface NodeSurroundings {
  perform(node: SimNode, effect: Exclude<Effect, Commit>): void;
  /** A batch is about to be appended to the node's disk. */
  committing(node: SimNode, commit: Commit): void;
  /** It was, and must be synced. */
  appended(node: SimNode): void;
}

/** What is replaced as a whole when it changes. */
type SimNodeFields = Pick<
  SimNode,
  | "status"
  | "isPaused"
  | "isSyncOwed"
  | "wakeAtMs"
  | "epoch"
  | "wakeToken"
  | "syncs"
  | "failedSyncs"
  | "isReviving"
  | "impairment"
  | "busyUntilUs"
  | "isReadyDue"
  | "chunksBusyUntilUs"
  | "chunkTurns"
>;

/** All that changes in a node and what is its own. */
export interface SimNodeMemory
  extends SimNodeFields,
    Pick<SimNode, "inbox" | "unanswered" | "damaged" | "chunks"> {
  readonly clock: ClockMemory;
  readonly disk: DiskMemory;
  /** Null for a node that is never byzantine. */
  readonly adversary: AdversaryMemory | null;
  /** Null unless the node is up. */
  readonly running: { readonly core: NodeMemory; readonly gate: SpeechGateMemory } | null;
}

export class SimNode {
  readonly index: number;
  readonly id: string;
  readonly config: Config;
  readonly clock: NodeClock;
  /** Edits what it says while it is byzantine; null for a node that never is. */
  readonly adversary: Adversary | null;
  readonly disk: SimDisk;
  /** What arrived while it could not handle it. */
  readonly inbox: Input[] = [];
  /** Requests of clients that have no answer yet. */
  readonly unanswered = new Set<RequestId>();
  /** What faults do to it. */
  impairment: Impairment = unimpaired;
  /** It handles nothing before this. */
  busyUntilUs = 0;
  /** It is to be told when that is over. */
  isReadyDue = false;
  /** Syncs of its disk that failed in a row. */
  failedSyncs = 0;
  status: NodeStatus = "absent";
  /** Its disk stopped it, and it will be started again. */
  isReviving = false;
  isPaused = false;
  /** Contexts whose state its disk has lost some of, as long as its root shows it. */
  readonly damaged = new Set<ContextId>();
  /** Of blobs, as they lie on a disk of their own. */
  readonly chunks = new Map<Hash, Uint8Array>();
  /** That disk is through with what it was asked for. */
  chunksBusyUntilUs = 0;
  /** Counts what it was asked for. */
  chunkTurns = 0;
  /** A sync that ended while it was paused. */
  isSyncOwed = false;
  /** The wake-up the core asked for. */
  wakeAtMs: number | null = null;
  /** Counts its starts. */
  epoch = 0;
  /** Replaced wake-ups are recognised by it. */
  wakeToken = 0;
  syncs = 0;
  readonly #parts: SimNodeParts;
  readonly #surroundings: NodeSurroundings;
  #core: NodeCore | null = null;
  #gate: { readonly gate: SpeechGate; readonly memory: SpeechGateMemory } | null = null;

  /** With a captured memory it goes on as that node would have. */
  constructor(parts: SimNodeParts, surroundings: NodeSurroundings, memory?: SimNodeMemory) {
    this.index = parts.index;
    this.id = parts.id;
    this.config = parts.config;
    this.clock = parts.clock;
    this.adversary = parts.adversary;
    this.#parts = parts;
    this.#surroundings = surroundings;
    this.disk = new SimDisk(memory && copyShared(memory.disk));
    if (memory !== undefined) this.#goOn(memory);
  }

  get identity(): Identity {
    return this.#parts.identity;
  }

  /** Oracles and expectations say nothing of nodes that are byzantine at any time of the run. */
  get isJudged(): boolean {
    return this.adversary === null;
  }

  /** As its connections prove whose they are. */
  get authorOf(): (peer: PeerId) => AuthorId | null {
    return this.#parts.authorOf;
  }

  /** The key it signs with. */
  get author(): AuthorId {
    return this.#parts.identity.author;
  }

  /** The running core; null unless the node is up. */
  get core(): NodeCore | null {
    return this.#core;
  }

  /** Makes a core over what the disk holds. It still has to be given its `start`. */
  boot(): void {
    this.epoch += 1;
    this.status = "up";
    this.isReviving = false;
    this.#run(createNodeMemory(this.randomWords()), createSpeechGateMemory());
  }

  /** A copy of all that changes, exact at any moment between two events. Frozen, as nothing may change it. */
  capture(): SimNodeMemory {
    const { status, isPaused, isSyncOwed, wakeAtMs, epoch, wakeToken, syncs } = this;
    const { failedSyncs, isReviving, impairment, busyUntilUs, isReadyDue, chunksBusyUntilUs, chunkTurns } =
      this;
    return Object.freeze({
      ...{ status, isPaused, isSyncOwed, wakeAtMs, epoch, wakeToken, syncs },
      ...{ failedSyncs, isReviving, impairment, busyUntilUs, isReadyDue, chunksBusyUntilUs, chunkTurns },
      inbox: this.inbox.slice(),
      unanswered: new Set(this.unanswered),
      damaged: new Set(this.damaged),
      chunks: new Map(this.chunks),
      adversary: this.adversary && copyShared(this.adversary.memory),
      clock: { ...this.clock.memory },
      disk: copyShared(this.disk.memory),
      running:
        this.#core === null || this.#gate === null
          ? null
          : { core: this.#core.capture(), gate: copyShared(this.#gate.memory) },
    });
  }

  handle(input: Input, timeUs: number): readonly Effect[] {
    return this.#core?.handle(this.clock.now(timeUs), input) ?? [];
  }

  /** Performs the effects of a turn, as far as they may leave now. */
  perform(effects: readonly Effect[]): void {
    this.#gate?.gate.push(effects);
  }

  /** The disk's sync ended: what waited for it leaves. */
  synced(): void {
    const durable = this.disk.endSync();
    this.#gate?.gate.durable(durable);
  }

  /** The process is gone; gives the batches its disk lost. */
  crash(mode: CrashMode, uniform32: number): readonly Commit[] {
    this.halt("down");
    return this.disk.crash(this.disk.countLost(mode, uniform32));
  }

  /** Did its disk refuse what is not synced, or would it? */
  get isDiskFailing(): boolean {
    return this.failedSyncs > 0 || this.impairment.isDiskFull;
  }

  /** The disk failed for good, as far as the process can tell: what was not synced never was. */
  stopByDisk(): readonly Commit[] {
    this.halt("down");
    this.isReviving = true;
    return this.disk.crash(this.disk.unsyncedCount);
  }

  halt(status: "down" | "left"): void {
    this.status = status;
    this.epoch += 1;
    this.wakeToken += 1;
    this.isPaused = false;
    this.isSyncOwed = false;
    this.wakeAtMs = null;
    this.inbox.length = 0;
    this.unanswered.clear();
    this.busyUntilUs = 0;
    this.isReadyDue = false;
    this.failedSyncs = 0;
    this.isReviving = false;
    this.chunksBusyUntilUs = 0;
    this.#core = null;
    this.#gate = null;
  }

  #goOn({ clock: _clock, disk: _disk, adversary: _adversary, running, ...memory }: SimNodeMemory): void {
    const { inbox, unanswered, damaged, chunks, ...own } = memory;
    Object.assign(this, own);
    this.inbox.push(...inbox);
    for (const request of unanswered) this.unanswered.add(request);
    for (const contextId of damaged) this.damaged.add(contextId);
    for (const [chunk, bytes] of chunks) this.chunks.set(chunk, bytes);
    if (running !== null) this.#run(copyMemory(running.core), copyShared(running.gate));
  }

  #run(core: NodeMemory, gate: SpeechGateMemory): void {
    this.#core = this.coreOver(this.disk, core);
    const sink: GateSink = {
      commit: (commit) => {
        this.#surroundings.committing(this, commit);
        this.disk.append(commit);
        this.#surroundings.appended(this);
      },
      perform: (effect) => this.#surroundings.perform(this, effect),
    };
    this.#gate = { gate: new SpeechGate(sink, gate), memory: gate };
  }

  /** A core of this node over a store, going on from a memory, which it takes over. */
  coreOver(store: StateView, memory: NodeMemory): NodeCore {
    return new NodeCore({ ...this.#parts, store }, memory);
  }

  /** What the chance of its present start comes from. */
  randomWords(): [number, number, number, number] {
    const word = (nth: number) => mix32(this.#parts.seed, this.index, this.epoch, 100 + nth);
    return [word(0), word(1), word(2), word(3)];
  }
}

/** What a node is called, by its key; it has the same one all its life. */
export function nameAmong(nodes: readonly SimNode[], author: AuthorId): string | undefined {
  return nodes.find((node) => node.author === author)?.id;
}
