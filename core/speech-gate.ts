/**
 * Nothing is said before it is kept: holds back what others can see until the commits before it are durable.
 * Every driver performs effects through one, so that the rule is written once. Invariant 5.
 */

import type { Commit, Effect } from "./effect.ts";

/** Effects that others can see, or that cannot be taken back. They leave in order; the rest is performed at once. */
const gated: Readonly<Partial<Record<Effect["kind"], true>>> = {
  publish: true,
  send: true,
  "close-stream": true,
  reply: true,
  emit: true,
  // A chunk goes only once the commit that no longer needs it is kept; what is stored anew comes after it.
  "drop-chunks": true,
  "store-chunk": true,
};

export interface GateSink {
  /** Makes a batch durable, batches in order; `SpeechGate.durable` is to be called once for each. */
  commit(commit: Commit): void;
  perform(effect: Exclude<Effect, Commit>): void;
}

export interface SpeechGateMemory {
  /** What waits: effects, each with how many commits must be durable before it. */
  readonly waiting: (readonly [commits: number, effect: Exclude<Effect, Commit>])[];
  emitted: number;
  durable: number;
}

export function createSpeechGateMemory(): SpeechGateMemory {
  return { waiting: [], emitted: 0, durable: 0 };
}

export class SpeechGate {
  readonly #sink: GateSink;
  readonly #memory: SpeechGateMemory;

  /** Takes over the memory; hand in a copy to go on from a captured one. */
  constructor(sink: GateSink, memory = createSpeechGateMemory()) {
    this.#memory = memory;
    this.#sink = sink;
  }

  /** Commits not yet durable. */
  get commitsInFlight(): number {
    return this.#memory.emitted - this.#memory.durable;
  }

  /** Takes the effects of one turn. */
  push(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.kind === "commit") {
        this.#memory.emitted += 1;
        this.#sink.commit(effect);
      } else if (gated[effect.kind] === true && this.#memory.durable < this.#memory.emitted) {
        this.#memory.waiting.push([this.#memory.emitted, effect]);
      } else {
        this.#sink.perform(effect);
      }
    }
  }

  /** So many more commits are durable, in the order they were emitted: what waited for them leaves. */
  durable(commits: number): void {
    this.#memory.durable += commits;
    const ready = this.#memory.waiting.findIndex(([needed]) => needed > this.#memory.durable);
    const released = this.#memory.waiting.splice(0, ready === -1 ? this.#memory.waiting.length : ready);
    for (const [, effect] of released) this.#sink.perform(effect);
  }
}
