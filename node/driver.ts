/**
 * The production driver: the only place where time passes for a core. Inputs go in one at a time and in order;
 * commits are staged at once and made durable in groups; what others can see waits for them (`SpeechGate`).
 *
 * The core never sees a failed commit: it is retried, and then the node stops. So the disk always holds a prefix
 * of the node's history, and nothing was said that is not in it. Invariant 5.
 */

import type { ChunkFiles } from "../adapters/blob-files/chunk-files.ts";
import { type Store, StoreError } from "../adapters/level/store.ts";
import type { Network } from "../adapters/libp2p/port.ts";
import type { Commit, Effect, NodeEvent, Observation, Outcome } from "../core/effect.ts";
import type { Fault } from "../core/fault.ts";
import type { PeerId } from "../core/ids.ts";
import type { ClientCall, Input, RequestId } from "../core/input.ts";
import type { NodeCore } from "../core/node.ts";
import { SpeechGate } from "../core/speech-gate.ts";
import { CommitLog } from "./commit-log.ts";
import type { FlightRecorder } from "./flight/recorder.ts";
import { InputQueue } from "./intake.ts";

/** Inputs are handled for this long before timers and sockets get their turn. */
const sliceMs = 10;
/** With more than this staged, inputs wait for the disk. */
const stagedBytesMax = 33_554_432;
/** The longest timer there is; a later wake-up is asked for again. */
const timerMaxMs = 2_147_483_647;

/** Hears what is for people and counters rather than for peers and clients. */
export interface DriverWatcher {
  event(event: NodeEvent): void;
  fault(peer: PeerId, fault: Fault): void;
  observed(observation: Observation): void;
  /** So many commits became durable together. */
  flushed(commits: number, tookMs: number): void;
  /** The core handled an input. */
  handled(input: Input, effects: readonly Effect[], tookMs: number): void;
  /** The intake is filling up. */
  filling(length: number): void;
  retryingCommit(error: unknown): void;
  /** The driver has stopped for good; what threw says why. */
  failed(error: unknown): void;
}

export interface DriverOptions {
  readonly core: NodeCore;
  readonly store: Store;
  readonly network: Pick<Network, "perform">;
  /** Where the chunks of blobs lie. */
  readonly chunks: Pick<ChunkFiles, "perform">;
  readonly watcher: DriverWatcher;
  /** Is told of every input, and what came of it. */
  readonly recorder?: Pick<FlightRecorder, "handled" | "threw" | "flush"> | null;
}

interface Waiting {
  readonly commits: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** Said to whoever waits for an answer that will not come: why, in a sentence. */
export class StoppedError extends Error {
  override readonly name = "StoppedError";

  /** `cause`: what the node could not go on after; undefined for one that was told to stop. */
  constructor(cause?: unknown) {
    const advice = "this request is not acknowledged: ask again once the node runs again";
    const why = cause instanceof StoreError ? cause.message : "it cannot go on, and its log says why";
    super(cause === undefined ? "the node has stopped" : `the node has stopped: ${why}; ${advice}`, {
      cause,
    });
  }

  /** There was no room for what it had to keep. */
  get isForWantOfRoom(): boolean {
    return this.cause instanceof StoreError && this.cause.code === "store-full";
  }
}

export class Driver {
  readonly intake: InputQueue;
  readonly #options: DriverOptions;
  readonly #gate: SpeechGate;
  readonly #commits: CommitLog;
  readonly #requests = new Map<RequestId, (outcome: Outcome | StoppedError) => void>();
  #asked = 0;
  #emittedCommits = 0;
  #durableCommits = 0;
  #waitingForDisk: Waiting[] = [];
  #wakeTimer: NodeJS.Timeout | undefined;
  #isScheduled = false;
  #stopped = new StoppedError();
  #phase: "created" | "running" | "stopped" = "created";

  constructor(options: DriverOptions) {
    this.#options = options;
    this.#gate = new SpeechGate({
      commit: (commit) => this.#stage(commit),
      perform: (effect) => this.#perform(effect),
    });
    this.#commits = new CommitLog(options.store, {
      durable: (commits, tookMs) => {
        options.watcher.flushed(commits, tookMs);
        this.#becameDurable(commits);
      },
      retrying: (error) => options.watcher.retryingCommit(error),
      gaveUp: (error) => this.#fail(error),
    });
    this.intake = new InputQueue({
      arrived: () => this.#schedule(),
      filling: (length) => options.watcher.filling(length),
    });
  }

  /**
   * Starts the core. What reached the intake before is handled after it. Throws what the core throws: then it is asked for
   * nothing more, for what is half loaded would be written over what is there.
   */
  start(): void {
    const effects = this.#turn({ kind: "start" });
    this.#phase = "running";
    this.#gate.push(effects);
    this.#commits.flush();
    this.#options.recorder?.flush();
    this.#schedule();
  }

  /** A client's call. Resolves when everything it rests on is durable. Rejects when the node stops before. */
  async request(call: ClientCall): Promise<Outcome> {
    this.#asked += 1;
    const request = this.#asked;
    return await new Promise((resolve, reject) => {
      this.#requests.set(request, (outcome) => {
        this.#requests.delete(request);
        if (outcome instanceof StoppedError) reject(outcome);
        else resolve(outcome);
      });
      if (this.#phase === "stopped") this.#refuseRequests();
      else void this.intake.pushWhenRoom({ kind: "request", request, call }, "clients");
    });
  }

  /** What `read` finds in the core now, told once it is durable. */
  async query<T>(read: (core: NodeCore) => T): Promise<T> {
    const found = this.#read(read);
    const commits = this.#emittedCommits;
    if (commits > this.#durableCommits) {
      await new Promise<void>((resolve, reject) => {
        if (this.#phase === "stopped") reject(this.#stopped);
        else this.#waitingForDisk.push({ commits, resolve, reject });
      });
    }
    return found;
  }

  /** Ends the core; resolves when all it did is durable. Inputs that still wait are dropped. */
  async stop(): Promise<void> {
    if (this.#phase === "running") {
      this.intake.close();
      this.#handle({ kind: "stop" });
    }
    this.#phase = "stopped";
    clearTimeout(this.#wakeTimer);
    await this.#commits.settled();
    this.#refuseRequests();
  }

  /** A read that fails ends the node as an input that fails does. */
  #read<T>(read: (core: NodeCore) => T): T {
    try {
      return read(this.#options.core);
    } catch (error) {
      this.#fail(error);
      throw error;
    }
  }

  #schedule(): void {
    if (this.#isScheduled || this.#phase !== "running") return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#drain();
    });
  }

  /** Handles inputs for a while, then has their commits made durable together. */
  #drain(): void {
    const untilMs = performance.now() + sliceMs;
    while (this.#phase === "running" && performance.now() < untilMs && !this.#isDiskBehind()) {
      const input = this.intake.take();
      if (input === undefined) break;
      this.#handle(input);
    }
    this.#commits.flush();
    this.#options.recorder?.flush();
    if (this.intake.length > 0 && !this.#isDiskBehind()) this.#schedule();
  }

  #isDiskBehind(): boolean {
    return this.#options.store.stagedBytes > stagedBytesMax;
  }

  #handle(input: Input): void {
    try {
      this.#gate.push(this.#turn(input));
    } catch (error) {
      this.#fail(error);
    }
  }

  #turn(input: Input): readonly Effect[] {
    const { core, recorder, watcher } = this.#options;
    const now = this.#now();
    const fromMs = performance.now();
    try {
      const effects = core.handle(now, input);
      watcher.handled(input, effects, performance.now() - fromMs);
      recorder?.handled(now, input, effects);
      return effects;
    } catch (error) {
      recorder?.threw(now, input);
      throw error;
    }
  }

  #now() {
    return { monotonicMs: Math.floor(performance.now()), wallMs: Date.now() };
  }

  #stage(commit: Commit): void {
    this.#options.store.stage(commit.writes);
    this.#emittedCommits += 1;
    this.#commits.staged(1);
  }

  #becameDurable(commits: number): void {
    this.#durableCommits += commits;
    this.#gate.durable(commits);
    const ready = this.#waitingForDisk.filter((waiting) => waiting.commits <= this.#durableCommits);
    this.#waitingForDisk = this.#waitingForDisk.filter((waiting) => waiting.commits > this.#durableCommits);
    for (const { resolve } of ready) resolve();
    if (this.intake.length > 0) this.#schedule();
  }

  #perform(effect: Exclude<Effect, Commit>): void {
    const { network, watcher, chunks } = this.#options;
    switch (effect.kind) {
      case "wake-at":
        return this.#wakeAt(effect.monotonicMs);
      case "reply":
        return this.#requests.get(effect.request)?.(effect.outcome);
      case "emit":
        return watcher.event(effect.event);
      case "fault":
        return watcher.fault(effect.peer, effect.fault);
      case "observe":
        return watcher.observed(effect.observation);
      case "store-chunk":
      case "read-chunk":
      case "drop-chunks":
      case "list-chunks":
        return chunks.perform(effect, (input) => this.intake.push(input, "core"));
      default:
        return network.perform(effect);
    }
  }

  #wakeAt(monotonicMs: number): void {
    clearTimeout(this.#wakeTimer);
    const delayMs = Math.min(timerMaxMs, Math.max(0, Math.ceil(monotonicMs - performance.now())));
    this.#wakeTimer = setTimeout(() => this.intake.push({ kind: "woken" }, "core"), delayMs);
  }

  /** Nothing more is handled, said or kept. */
  #fail(error: unknown): void {
    if (this.#phase === "stopped") return;
    this.#phase = "stopped";
    this.#stopped = new StoppedError(error);
    this.intake.close();
    clearTimeout(this.#wakeTimer);
    this.#refuseRequests();
    this.#options.watcher.failed(error);
  }

  #refuseRequests(): void {
    for (const answer of [...this.#requests.values()]) answer(this.#stopped);
    for (const { reject } of this.#waitingForDisk.splice(0)) reject(this.#stopped);
  }
}
