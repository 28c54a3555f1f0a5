/**
 * Every interleaving of a small cluster: each node's operations in their order, and every message delivered to every
 * other member at any later moment. Breadth first, worlds of equal states being one, so what is found first is as
 * short as it can be. How many interleavings lead to a world is counted along, and checked against the formula.
 */

import { present } from "../../core/assert.ts";
import { type Disagreement, isSameStanding, type NodeState, type Step, stepsTo } from "./automaton.ts";
import type { Cluster } from "./cluster.ts";
import { countInterleavings } from "./interleavings.ts";

export interface ExplorationResult {
  readonly outcome: "passed" | "safety" | "budget";
  /** Of those explored to their end. */
  readonly interleavings: bigint;
  /** Null where it does not apply: an operation wrote nothing or more than once, or handlers wrote. */
  readonly expected: bigint | null;
  readonly worlds: number;
  /** Of all nodes together. */
  readonly nodeStates: number;
  /** States of nodes in which a call was refused. */
  readonly refused: number;
  /** States on which all nodes agree at an end, told apart by their roots. */
  readonly ends: number;
  readonly violation: ExplorationViolation | null;
}

export interface ExplorationViolation {
  readonly oracle: "order-matters" | "equal-roots" | "convergence" | "count" | "invariant-thrown";
  readonly invariant: number | null;
  readonly message: string;
  /** What was done, in order, by one node or in the whole cluster. */
  readonly steps: readonly string[];
}

/** What is explored. */
export type Explored = Pick<
  Cluster,
  "automatons" | "contexts" | "deliveries" | "stepsFrom" | "nameOf" | "describe"
>;

/** One state for each node. */
interface WorldState {
  readonly nodes: readonly NodeState[];
  /** Interleavings that lead to it. */
  paths: bigint;
  readonly via: { readonly from: WorldState; readonly node: number; readonly step: Step } | null;
}

export interface ExploreOptions {
  /** Worlds after which it gives up. */
  readonly worldsMax: number;
  /** Told after each layer: the steps made, and the worlds so far. */
  readonly onLayer?: (steps: number, worlds: number) => void;
}

export class Exploration {
  readonly #cluster: Explored;
  readonly #options: ExploreOptions;
  readonly #rootsByHeads = new Map<string, string>();
  readonly #ends = new Set<string>();
  #worlds = 1;
  #interleavings = 0n;
  #violation: ExplorationViolation | null = null;

  constructor(cluster: Explored, options: ExploreOptions) {
    this.#cluster = cluster;
    this.#options = options;
  }

  run(): ExplorationResult {
    const nodes = this.#cluster.automatons.map(({ start }) => start);
    let layer = new Map<string, WorldState>([["", { nodes, paths: 1n, via: null }]]);
    for (let steps = 0; layer.size > 0 && this.#violation === null; steps += 1) {
      if (this.#worlds > this.#options.worldsMax) return this.#result("budget");
      layer = this.#next(layer);
      this.#worlds += layer.size;
      this.#options.onLayer?.(steps, this.#worlds);
    }
    this.#checkCount();
    return this.#result(this.#violation === null ? "passed" : "safety");
  }

  #next(layer: ReadonlyMap<string, WorldState>): Map<string, WorldState> {
    const next = new Map<string, WorldState>();
    for (const world of layer.values()) {
      let isEnd = true;
      for (const { node, step } of this.#cluster.stepsFrom(world.nodes)) {
        isEnd = false;
        const reached = this.#take(world, node, step);
        if (reached === null) return next;
        const nodes = world.nodes.with(node, reached);
        const name = nodes.map(({ number }) => number).join();
        const same = next.get(name);
        if (same === undefined)
          next.set(name, { nodes, paths: world.paths, via: { from: world, node, step } });
        else same.paths += world.paths;
      }
      if (isEnd) this.#end(world);
    }
    return next;
  }

  /** Null when something is wrong, which is noted. */
  #take(world: WorldState, node: number, step: Step): NodeState | null {
    const automaton = present(this.#cluster.automatons[node], "a node of the cluster");
    try {
      const reached = automaton.take(world.nodes[node] as NodeState, step);
      if ("kind" in reached) this.#disagree(node, reached);
      else this.#checkRoots(reached, { from: world, node, step });
      return this.#violation === null ? (reached as NodeState) : null;
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      const steps = this.#describeWorld({ from: world, node, step });
      this.#violation = { oracle: "invariant-thrown", invariant: null, message: error.message, steps };
      return null;
    }
  }

  #disagree(node: number, { first, second }: Disagreement): void {
    const [one, other] = [first, second].map((state) =>
      stepsTo(state).map((step) => this.#cluster.describe(node, step)),
    );
    this.#violation = {
      oracle: "order-matters",
      invariant: 3,
      message: `${this.#cluster.nameOf(node)} comes to another state when the same happens in another order`,
      steps: ["one order:", ...(one ?? []), "the other:", ...(other ?? [])],
    };
  }

  #checkRoots(state: NodeState, via: NonNullable<WorldState["via"]>): void {
    for (const [contextId, { heads, root }] of state.standings) {
      const name = `${contextId} ${heads}`;
      const seen = this.#rootsByHeads.get(name) ?? root;
      this.#rootsByHeads.set(name, seen);
      if (seen === root) continue;
      const message = `${this.#cluster.nameOf(via.node)} has the root ${root.slice(0, 16)} on heads on which another has ${seen.slice(0, 16)}`;
      this.#violation = { oracle: "equal-roots", invariant: 12, message, steps: this.#describeWorld(via) };
    }
  }

  /** Nothing is left to do: do all agree? */
  #end(world: WorldState): void {
    this.#interleavings += world.paths;
    const roots: string[] = [];
    for (const { contextId, members } of this.#cluster.contexts) {
      const standings = members.map((member) =>
        present(world.nodes[member]?.standings.get(contextId), "a member's standing"),
      );
      const [first, ...others] = standings;
      const agree = others.every((other) => first !== undefined && isSameStanding(first, other));
      if (!agree || standings.some(({ pending }) => pending > 0)) this.#notConverged(world, members);
      roots.push(first?.root ?? "");
    }
    this.#ends.add(roots.join());
  }

  #notConverged(world: WorldState, members: readonly number[]): void {
    const where = members.map((member) => {
      const standings = Array.from(world.nodes[member]?.standings.values() ?? []);
      const told = standings.map(({ root, pending }) => `${root.slice(0, 16)}, ${pending} pending`);
      return `${this.#cluster.nameOf(member)}: ${told.join("; ")}`;
    });
    const message = `everything was delivered, and the nodes do not agree (${where.join(" · ")})`;
    const steps = world.via === null ? [] : this.#describeWorld(world.via);
    this.#violation = { oracle: "convergence", invariant: 2, message, steps };
  }

  #expected(): bigint | null {
    const { automatons, deliveries } = this.#cluster;
    return automatons.every(({ isOneMessageEach }) => isOneMessageEach)
      ? countInterleavings(deliveries)
      : null;
  }

  #checkCount(): void {
    const expected = this.#expected();
    if (this.#violation !== null || expected === null || expected === this.#interleavings) return;
    const message = `${this.#interleavings} interleavings were counted, ${expected} there are`;
    this.#violation = { oracle: "count", invariant: null, message, steps: [] };
  }

  #result(outcome: ExplorationResult["outcome"]): ExplorationResult {
    return {
      outcome,
      interleavings: this.#interleavings,
      expected: this.#expected(),
      worlds: this.#worlds,
      nodeStates: this.#cluster.automatons.reduce((sum, { stateCount }) => sum + stateCount, 0),
      refused: this.#cluster.automatons.reduce((sum, { refused }) => sum + refused, 0),
      ends: this.#ends.size,
      violation: this.#violation,
    };
  }

  #describeWorld(last: NonNullable<WorldState["via"]>): readonly string[] {
    const steps: string[] = [];
    for (let via: WorldState["via"] = last; via !== null; via = via.from.via)
      steps.unshift(this.#cluster.describe(via.node, via.step));
    return steps;
  }
}
