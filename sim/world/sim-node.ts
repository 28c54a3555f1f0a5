/**
 * A simulated node: the production core with a simulated clock, disk and network around it. It performs effects
 * as the production driver does, through the same speech gate; nothing of a node is done anew here.
 */

import type { Application } from "../../core/app/application.ts";
import type { Config } from "../../core/config.ts";
import type { Commit, Effect } from "../../core/effect.ts";
import type { AuthorId, ContextId } from "../../core/ids.ts";
import type { Input } from "../../core/input.ts";
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
import { copyShared } from "../memory.ts";
import { mix32 } from "../random.ts";
import type { ClockMemory, NodeClock } from "./clock.ts";
import { type CrashMode, type DiskMemory, SimDisk } from "./disk.ts";

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
}

/** What a node asks of the world around it. */
export interface NodeSurroundings {
  perform(node: SimNode, effect: Exclude<Effect, Commit>): void;
  /** A batch is about to be appended to the node's disk. */
  committing(node: SimNode, commit: Commit): void;
  /** It was, and must be synced. */
  appended(node: SimNode): void;
}

/** All that changes in a node and what is its own. */
export interface SimNodeMemory
  extends Pick<
    SimNode,
    "status" | "isPaused" | "isSyncOwed" | "wakeAtMs" | "epoch" | "wakeToken" | "syncs" | "inbox" | "damaged"
  > {
  readonly clock: ClockMemory;
  readonly disk: DiskMemory;
  /** Null unless the node is up. */
  readonly running: { readonly core: NodeMemory; readonly gate: SpeechGateMemory } | null;
}

export class SimNode {
  readonly index: number;
  readonly id: string;
  readonly config: Config;
  readonly clock: NodeClock;
  readonly disk: SimDisk;
  /** What arrived while it was paused. */
  readonly inbox: Input[] = [];
  status: NodeStatus = "absent";
  isPaused = false;
  /** Contexts whose state its disk has lost some of, as long as its root shows it. */
  readonly damaged = new Set<ContextId>();
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
    this.#parts = parts;
    this.#surroundings = surroundings;
    this.disk = new SimDisk(memory && copyShared(memory.disk));
    if (memory !== undefined) this.#goOn(memory);
  }

  get identity(): Identity {
    return this.#parts.identity;
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
    this.#run(createNodeMemory(this.randomWords()), createSpeechGateMemory());
  }

  /** A copy of all that changes, exact at any moment between two events. Frozen, as nothing may change it. */
  capture(): SimNodeMemory {
    const { status, isPaused, isSyncOwed, wakeAtMs, epoch, wakeToken, syncs } = this;
    return Object.freeze({
      ...{ status, isPaused, isSyncOwed, wakeAtMs, epoch, wakeToken, syncs, inbox: this.inbox.slice() },
      damaged: new Set(this.damaged),
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

  halt(status: "down" | "left"): void {
    this.status = status;
    this.epoch += 1;
    this.wakeToken += 1;
    this.isPaused = false;
    this.isSyncOwed = false;
    this.wakeAtMs = null;
    this.inbox.length = 0;
    this.#core = null;
    this.#gate = null;
  }

  #goOn({ clock: _clock, disk: _disk, running, inbox, damaged, ...own }: SimNodeMemory): void {
    Object.assign(this, own);
    this.inbox.push(...inbox);
    for (const contextId of damaged) this.damaged.add(contextId);
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
