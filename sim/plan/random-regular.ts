/**
 * Random regular graphs: every node has the same number of links, drawn by the switch chain. It starts from a
 * regular graph that is easy to build and, again and again, picks two links and exchanges two of their ends.
 * Each step leaves the graph simple and regular, and the chain tends to the uniform distribution over such
 * graphs (R. Kannan, P. Tetali, S. Vempala, "Simple Markov-chain algorithms for generating bipartite graphs and
 * tournaments", 1999; C. Cooper, M. Dyer, C. Greenhill, "Sampling regular graphs and a peer-to-peer network", 2007).
 */

import type { Stream } from "../random.ts";
import { type Link, Links } from "./links.ts";

/** Each link takes part in a switch about twenty times: enough to forget how it began. */
const switchesPerLink = 10;

/**
 * Links between nodes 0 … count - 1, `degree` at each, every node reachable from every other. The degree must be
 * at least 2 (or 1 for two nodes), below the count, and count × degree even. O(count × degree).
 */
export function randomRegularLinks(count: number, degree: number, draws: Stream): readonly Link[] {
  const links = circulant(count, degree);
  const present = new Set(links.map((link) => keyOf(link, count)));
  for (let left = links.length * switchesPerLink; left > 0; left -= 1) {
    const first = draws.between(0, links.length - 1);
    const second = draws.between(0, links.length - 1);
    switchEnds(links, { first, second, crossed: draws.chance(0.5), present, count });
  }
  return connect(links, count, draws);
}

/** Nodes on a circle, each linked to its nearest, and for an odd degree to the one opposite. */
function circulant(count: number, degree: number): Link[] {
  const links: Link[] = [];
  for (let node = 0; node < count; node += 1) {
    for (let step = 1; step <= Math.floor(degree / 2); step += 1) links.push([node, (node + step) % count]);
    if (degree % 2 === 1 && node < count / 2) links.push([node, node + count / 2]);
  }
  return links;
}

interface Switch {
  readonly first: number;
  readonly second: number;
  readonly crossed: boolean;
  readonly present: Set<number>;
  readonly count: number;
}

/** a-b and c-d become a-c and b-d, or when crossed a-d and b-c; nothing if that made a loop or a double link. */
function switchEnds(links: Link[], { first, second, crossed, present, count }: Switch): void {
  const one = links[first] as Link;
  const other = links[second] as Link;
  const [a, b] = one;
  const [c, d] = crossed ? [other[1], other[0]] : other;
  const oneNew: Link = [a, c];
  const otherNew: Link = [b, d];
  if (a === c || b === d || present.has(keyOf(oneNew, count)) || present.has(keyOf(otherNew, count))) return;
  present.delete(keyOf(one, count));
  present.delete(keyOf(other, count));
  present.add(keyOf(oneNew, count));
  present.add(keyOf(otherNew, count));
  links[first] = oneNew;
  links[second] = otherNew;
}

function keyOf([a, b]: Link, count: number): number {
  return Math.min(a, b) * count + Math.max(a, b);
}

/**
 * Joins what fell apart, by switches that keep the graph regular: a link on a circle of one part is exchanged
 * with a link of the other, which leaves the two as one part.
 */
function connect(links: Link[], count: number, draws: Stream): readonly Link[] {
  for (;;) {
    const [main, ...others] = partsOf(links, count);
    const other = others[0];
    if (main === undefined || other === undefined) return links;
    const onCircle = draws.pick(linksOnCircles(links, main));
    const [a, b] = links[onCircle] as Link;
    const within = new Set(other);
    const elsewhere = draws.pick(indexesWhere(links, ([c]) => within.has(c)));
    const [c, d] = links[elsewhere] as Link;
    links[onCircle] = [a, c];
    links[elsewhere] = [b, d];
  }
}

function partsOf(links: readonly Link[], count: number): readonly (readonly number[])[] {
  const set = new Links(count);
  for (const [a, b] of links) set.add(a, b);
  return set.components(Array.from({ length: count }, (_, node) => node));
}

/** Indexes of links of this part without which it would still hold together: those outside a spanning tree. */
function linksOnCircles(links: readonly Link[], part: readonly number[]): readonly number[] {
  const rootOf = new Map(part.map((node) => [node, node]));
  const find = (node: number): number => {
    let root = node;
    for (let next = rootOf.get(root); next !== undefined && next !== root; next = rootOf.get(root))
      root = next;
    rootOf.set(node, root);
    return root;
  };
  return indexesWhere(links, ([a, b]) => {
    if (!rootOf.has(a)) return false;
    const [rootA, rootB] = [find(a), find(b)];
    rootOf.set(rootA, rootB);
    return rootA === rootB;
  });
}

function indexesWhere(links: readonly Link[], holds: (link: Link) => boolean): readonly number[] {
  return links.flatMap((link, index) => (holds(link) ? index : []));
}
