/**
 * One node as an automaton: the production core, whole, taken from one state to the next by one step at a time. Its
 * clock stands still and nothing is lost, so a node's state depends on its own steps alone and is made once, however
 * many interleavings of the cluster pass through it.
 *
 * Steps that come to the same deltas in another order must come to the same standing: that is what is looked for,
 * and what lets both be one state from there on. Invariants 2, 3, 8 and 12.
 */

import { InvariantError } from "../../core/assert.ts";
import type { Commit } from "../../core/effect.ts";
import { type ContextId, type Topic, toHex } from "../../core/ids.ts";
import type { Input } from "../../core/input.ts";
import { copyMemory } from "../../core/memory.ts";
import type { NodeCore, NodeMemory } from "../../core/node.ts";
import type { Now, StateView } from "../../core/ports.ts";

/** What a node may do next: an operation of its own, or take a message. */
export type Step =
  | { readonly kind: "operation"; readonly operation: number }
  | { readonly kind: "delivery"; readonly message: number };

/** Where a node stands in one context. */
export interface Standing {
  /** Hexadecimal, sorted. */
  readonly heads: readonly string[];
  readonly root: string;
  /** Deltas that wait for parents. */
  readonly pending: number;
}

export interface NodeState {
  /** Counts the states of its node, from 0 for the start. */
  readonly number: number;
  /** Own operations executed. */
  readonly done: number;
  /** Numbers of the messages it was given, and of those it published; ascending. */
  readonly received: readonly number[];
  readonly published: readonly number[];
  readonly standings: ReadonlyMap<ContextId, Standing>;
  /** How it was first reached; null for the start. */
  readonly via: { readonly from: NodeState; readonly step: Step } | null;
  /** Never changed: each step works on a copy. */
  readonly memory: NodeMemory;
  readonly store: StateView;
}

/** The same deltas in two orders, and two standings. */
export interface Disagreement {
  readonly kind: "disagreement";
  readonly first: NodeState;
  readonly second: NodeState;
}

export interface AutomatonParts {
  readonly now: Now;
  /** What it holds durably before it starts. */
  readonly store: StateView;
  readonly memory: NodeMemory;
  /** A core that goes on from a memory, which it takes over. */
  coreOver(store: StateView, memory: NodeMemory): NodeCore;
  inputOf(step: Step): Input;
  /** The number of what this node published. */
  published(topic: Topic, message: Uint8Array): number;
}

/** Turns in one step, those a node asks for at once included. One that never comes to rest is a bug. */
const turnsMax = 1_000;

export class Automaton {
  readonly start: NodeState;
  /** Has every operation published one message, and nothing else any? Then interleavings follow a formula. */
  isOneMessageEach = true;
  /** States in which an own operation was refused. */
  refused = 0;
  readonly #parts: AutomatonParts;
  /** By what came and what was made. */
  readonly #states = new Map<string, NodeState>();
  readonly #reached = new Map<string, NodeState>();

  constructor(parts: AutomatonParts) {
    this.#parts = parts;
    const [memory, store] = [copyMemory(parts.memory), new Layer(parts.store)];
    const core = parts.coreOver(store, memory);
    this.#run(core, { kind: "start" }, store);
    const about = { number: 0, done: 0, received: [], published: [], via: null };
    this.start = { ...about, standings: standingsOf(core), memory, store };
    this.#states.set(nameOf(this.start), this.start);
  }

  get stateCount(): number {
    return this.#states.size;
  }

  /** The state after a step. What the core throws is thrown. */
  take(from: NodeState, step: Step): NodeState | Disagreement {
    const transition = `${from.number} ${step.kind === "operation" ? "operation" : step.message}`;
    const known = this.#reached.get(transition);
    if (known !== undefined) return known;
    const reached = this.#step(from, step);
    const same = this.#states.get(nameOf(reached)) ?? reached;
    if (!areSameStandings(same, reached)) return { kind: "disagreement", first: same, second: reached };
    this.#states.set(nameOf(same), same);
    this.#reached.set(transition, same);
    return same;
  }

  #step(from: NodeState, step: Step): NodeState {
    const [memory, store] = [copyMemory(from.memory), new Layer(from.store)];
    const core = this.#parts.coreOver(store, memory);
    const made = this.#run(core, this.#parts.inputOf(step), store);
    const isOperation = step.kind === "operation";
    if (made.length !== Number(isOperation)) this.isOneMessageEach = false;
    return {
      number: this.#states.size,
      done: from.done + Number(isOperation),
      received: isOperation ? from.received : ascending([...from.received, step.message]),
      published: ascending([...from.published, ...made]),
      standings: standingsOf(core),
      via: { from, step },
      memory,
      store,
    };
  }

  /** Handles an input and all that is due at once after it; gives the numbers of what was published. */
  #run(core: NodeCore, input: Input, store: Layer): readonly number[] {
    const { now } = this.#parts;
    const made: number[] = [];
    let next: Input | null = input;
    for (let turns = 0; next !== null; turns += 1) {
      if (turns === turnsMax) throw new InvariantError(`a node asks for its turn ${turnsMax} times in a row`);
      const handled: Input = next;
      next = null;
      for (const effect of core.handle(now, handled)) {
        if (effect.kind === "commit") store.write(effect);
        if (effect.kind === "publish") made.push(this.#parts.published(effect.topic, effect.message));
        if (effect.kind === "reply" && effect.outcome.kind === "refused") this.refused += 1;
        if (effect.kind === "wake-at")
          next = effect.monotonicMs <= now.monotonicMs ? { kind: "woken" } : null;
      }
    }
    return made;
  }
}

/** What was written, in front of what was there. */
class Layer implements StateView {
  readonly #below: StateView;
  readonly #written = new Map<string, Uint8Array | null>();

  constructor(below: StateView) {
    this.#below = below;
  }

  get(key: string): Uint8Array | undefined {
    const written = this.#written.get(key);
    return written === undefined ? this.#below.get(key) : (written ?? undefined);
  }

  write({ writes }: Commit): void {
    for (const [key, value] of writes) this.#written.set(key, value);
  }
}

/** The steps by which a node came where it stands, the first one first. */
export function stepsTo(state: NodeState): readonly Step[] {
  const steps: Step[] = [];
  for (let { via } = state; via !== null; via = via.from.via) steps.unshift(via.step);
  return steps;
}

function standingsOf(core: NodeCore): ReadonlyMap<ContextId, Standing> {
  return new Map(
    Array.from(core.replicas(), ([contextId, replica]) => [
      contextId,
      {
        heads: replica.heads().map(toHex),
        root: toHex(replica.stateRoot()),
        pending: replica.deltas.pending.count,
      },
    ]),
  );
}

function areSameStandings(a: NodeState, b: NodeState): boolean {
  return Array.from(a.standings).every(([contextId, standing]) => {
    const other = b.standings.get(contextId);
    return other !== undefined && isSameStanding(standing, other);
  });
}

export function isSameStanding(a: Standing, b: Standing): boolean {
  return a.root === b.root && a.pending === b.pending && a.heads.join() === b.heads.join();
}

function nameOf({ done, received, published }: NodeState): string {
  return `${done} ${received} ${published}`;
}

function ascending(numbers: readonly number[]): readonly number[] {
  return Array.from(new Set(numbers)).sort((a, b) => a - b);
}
