/**
 * A simulated node: the production core with a simulated clock, disk and network around it. It performs effects
 * as the production driver does, through the same speech gate; nothing of a node is done anew here.
 */

import type { Application } from "../../core/app/application.ts";
import type { Config } from "../../core/config.ts";
import type { Commit, Effect } from "../../core/effect.ts";
import type { AuthorId } from "../../core/ids.ts";
import type { Input, RequestId } from "../../core/input.ts";
import { createNodeMemory, NodeCore, type NodeMemory } from "../../core/node.ts";
import type { Identity, StateView } from "../../core/ports.ts";
import { SpeechGate } from "../../core/speech-gate.ts";
import type { Codec } from "../../core/wire/codec.ts";
import type { Adversary } from "../byzantine/adversary.ts";
import { mix32 } from "../random.ts";
import type { NodeClock } from "./clock.ts";
import { type CrashMode, SimDisk } from "./disk.ts";
import { type Impairment, unimpaired } from "./impairments.ts";

/** `absent`: not joined yet. `left`: gone for good, with its disk. */
export type NodeStatus = "absent" | "up" | "down" | "left";

export interface SimNodeParts {
  readonly index: number;
  readonly id: string;
  readonly identity: Identity;
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

export class SimNode {
  readonly index: number;
  readonly id: string;
  readonly config: Config;
  readonly clock: NodeClock;
  /** Edits what it says while it is byzantine; null for a node that never is. */
  readonly adversary: Adversary | null;
  readonly disk = new SimDisk();
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
  isPaused = false;
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
  #gate: SpeechGate | null = null;

  constructor(parts: SimNodeParts, surroundings: NodeSurroundings) {
    this.index = parts.index;
    this.id = parts.id;
    this.config = parts.config;
    this.clock = parts.clock;
    this.adversary = parts.adversary;
    this.#parts = parts;
    this.#surroundings = surroundings;
  }

  /** Oracles and expectations say nothing of nodes that are byzantine at any time of the run. */
  get isJudged(): boolean {
    return this.adversary === null;
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
    this.#core = this.coreOver(this.disk, createNodeMemory(this.randomWords()));
    this.#gate = new SpeechGate({
      commit: (commit) => {
        this.#surroundings.committing(this, commit);
        this.disk.append(commit);
        this.#surroundings.appended(this);
      },
      perform: (effect) => this.#surroundings.perform(this, effect),
    });
  }

  handle(input: Input, timeUs: number): readonly Effect[] {
    return this.#core?.handle(this.clock.now(timeUs), input) ?? [];
  }

  /** Performs the effects of a turn, as far as they may leave now. */
  perform(effects: readonly Effect[]): void {
    this.#gate?.push(effects);
  }

  /** The disk's sync ended: what waited for it leaves. */
  synced(): void {
    const durable = this.disk.endSync();
    this.#gate?.durable(durable);
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
    this.#core = null;
    this.#gate = null;
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
