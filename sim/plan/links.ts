/** A set of links between nodes, undirected and without links from a node to itself. */

export type Link = readonly [number, number];

export class Links {
  readonly #nodeCount: number;
  /** Lower index × number of nodes + higher index. */
  readonly #keys = new Set<number>();
  readonly #neighbours: number[][];

  constructor(nodeCount: number) {
    this.#nodeCount = nodeCount;
    this.#neighbours = Array.from({ length: nodeCount }, () => []);
  }

  get count(): number {
    return this.#keys.size;
  }

  /** A link that is there already, or whose ends are one node, changes nothing. */
  add(a: number, b: number): void {
    if (a === b || this.has(a, b)) return;
    this.#keys.add(this.#key(a, b));
    this.#neighbours[a]?.push(b);
    this.#neighbours[b]?.push(a);
  }

  has(a: number, b: number): boolean {
    return this.#keys.has(this.#key(a, b));
  }

  neighbours(node: number): readonly number[] {
    return this.#neighbours[node] ?? [];
  }

  /** Each pair once, the lower index first, in rising order. O(n log n). */
  sorted(): readonly Link[] {
    const keys = Float64Array.from(this.#keys).sort();
    return Array.from(keys, (key) => [Math.floor(key / this.#nodeCount), key % this.#nodeCount] as const);
  }

  /**
   * The given nodes in sets within which each reaches each over nodes that are given too. Sets and nodes in the
   * order in which they are given. O(nodes + their links).
   */
  components(nodes: readonly number[]): readonly (readonly number[])[] {
    const unseen = new Set(nodes);
    const components: number[][] = [];
    for (const start of nodes) {
      if (!unseen.delete(start)) continue;
      const reached = [start];
      for (const node of reached) {
        for (const next of this.neighbours(node)) if (unseen.delete(next)) reached.push(next);
      }
      components.push(reached);
    }
    return components;
  }

  #key(a: number, b: number): number {
    return Math.min(a, b) * this.#nodeCount + Math.max(a, b);
  }
}
