/** Who is in a plan, and which of them a scenario means when it names nodes. */

import { suggestion } from "../../core/nearest-name.ts";
import type { NodeReference } from "../scenario/scenario.ts";
import type { Problems, ScenarioPath } from "../scenario/scenario-error.ts";
import { partsOf } from "./node-reference.ts";
import type { PlanNode } from "./plan.ts";

export class Roster {
  /** Those there at the start, in the scenario's order; then the others by the time they join. */
  readonly nodes: readonly PlanNode[];
  /** How many are there at the start. */
  readonly initialCount: number;
  readonly #indexes: ReadonlyMap<string, number>;
  readonly #problems: Problems;

  constructor(nodes: readonly PlanNode[], problems: Problems) {
    this.nodes = nodes;
    this.initialCount = nodes.filter(({ joinsAtUs }) => joinsAtUs === null).length;
    const indexes = new Map<string, number>();
    // A repeated id was reported: the first node of that name goes by it.
    for (const [index, { id }] of nodes.entries()) if (!indexes.has(id)) indexes.set(id, index);
    this.#indexes = indexes;
    this.#problems = problems;
  }

  /** Those of the nodes that a `join` names which really are new. What is wrong with it was reported before. */
  namedByJoin(reference: NodeReference): readonly number[] {
    return partsOf(reference, [])
      .flatMap((part) => (part.kind === "one" ? [part.id] : part.kind === "range" ? part.ids : []))
      .flatMap((id) => this.#indexes.get(id) ?? [])
      .filter((node) => node >= this.initialCount);
  }

  /** Those of the nodes a reference names that there are; what is wrong with it is reported elsewhere. */
  known(reference: NodeReference | undefined): readonly number[] {
    if (reference === undefined) return [];
    return partsOf(reference, []).flatMap((part) => {
      if (part.kind === "all") return this.initial;
      const ids = part.kind === "one" ? [part.id] : part.kind === "range" ? part.ids : [];
      return ids.flatMap((id) => this.#indexes.get(id) ?? []);
    });
  }

  get initial(): readonly number[] {
    return Array.from({ length: this.initialCount }, (_, index) => index);
  }

  idOf(node: number): string {
    return this.nodes[node]?.id ?? `#${node}`;
  }

  /** The nodes that a reference names, each once, in rising order. What names no node is a problem. */
  resolve(reference: NodeReference, path: ScenarioPath): readonly number[] {
    const found = new Set<number>();
    for (const part of partsOf(reference, path)) {
      switch (part.kind) {
        case "all":
          for (const node of this.initial) found.add(node);
          break;
        case "one":
          this.#addOne(found, part.id, part.path);
          break;
        case "range":
          this.#addRange(found, part);
          break;
        case "malformed":
          this.#problems.add("bad-value", part.path, `found "${part.text}", expected ${part.expected}`);
          break;
      }
    }
    return Array.from(found).sort((a, b) => a - b);
  }

  /** The node of this id, or null and a problem. */
  find(id: string, path: ScenarioPath): number | null {
    const node = this.#indexes.get(id);
    if (node !== undefined) return node;
    const hint = suggestion(id, this.#indexes.keys());
    this.#problems.add("unknown-name", path, `found "${id}", expected a node: ${this.#summary()}${hint}`);
    return null;
  }

  #addOne(found: Set<number>, id: string, path: ScenarioPath): void {
    const node = this.find(id, path);
    if (node !== null) found.add(node);
  }

  #addRange(found: Set<number>, part: { text: string; ids: readonly string[]; path: ScenarioPath }): void {
    const unknown = part.ids.find((id) => !this.#indexes.has(id));
    if (unknown !== undefined) {
      const message = `found "${part.text}", but there is no node "${unknown}", expected nodes: ${this.#summary()}`;
      this.#problems.add("unknown-name", part.path, message);
    }
    for (const id of part.ids) {
      const node = this.#indexes.get(id);
      if (node !== undefined) found.add(node);
    }
  }

  #summary(): string {
    const ids = Array.from(this.#indexes.keys());
    return ids.length <= 8 ? ids.join(", ") : `${ids.slice(0, 3).join(", ")} … ${ids.at(-1)}`;
  }
}
