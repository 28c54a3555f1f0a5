/**
 * The first `count` applied deltas of a graph in the order of (generation, id), with fingerprints of any range of
 * them under a session's key. A view depends on nothing but these three, so it is no part of a node's memory: it
 * is made again where it is not at hand. What is applied later is not in it.
 *
 * A fingerprint is the sum of the keyed hashes in a range, modulo 2³² for each word. Sums can be forged by whoever
 * knows the key and can choose among many ids; the key is drawn when a session begins, so only the two who hold it
 * could, and what they forge they forge against themselves.
 */

import type { Graph } from "../../dag/graph.ts";
import { type Bound, prefixMax, shortIdBytes } from "../../wire/ranges.ts";
import { type HashKey, keyedHash } from "./keyed-hash.ts";

const byteFactors = [0x100_0000_0000, 0x1_0000_0000, 0x100_0000, 0x1_0000, 0x100, 1];

export class HistoryView {
  /** Positions in the order of application, sorted; and by place in that order: */
  readonly #positions: Uint32Array;
  readonly #generations: Uint32Array;
  readonly #prefixes: Float64Array;
  readonly #hashes: { readonly first: Uint32Array; readonly second: Uint32Array };
  /** Sums of the hashes before each place, and after the last. */
  readonly #sums: { readonly first: Uint32Array; readonly second: Uint32Array };

  /** O(count), and O(w log w) for w deltas of one generation. About half a second for a million. */
  constructor(graph: Graph, count: number, key: HashKey) {
    const prefixes = new Float64Array(count);
    const generations = new Uint32Array(count);
    for (let position = 0; position < count; position += 1) {
      const { id, generation } = graph.at(position);
      generations[position] = generation;
      prefixes[position] = prefixOf(id);
    }
    this.#positions = sortPositions(generations, prefixes);
    this.#generations = this.#positions.map((position) => generations[position] ?? 0);
    this.#prefixes = Float64Array.from(this.#positions, (position) => prefixes[position] ?? 0);
    this.#hashes = { first: new Uint32Array(count), second: new Uint32Array(count) };
    this.#sums = { first: new Uint32Array(count + 1), second: new Uint32Array(count + 1) };
    const into = { ...this.#hashes, index: 0 };
    const { first, second } = this.#sums;
    for (let place = 0; place < count; place += 1) {
      into.index = place;
      keyedHash(key, graph.at(this.position(place)).id, into);
      first[place + 1] = (first[place] ?? 0) + (into.first[place] ?? 0);
      second[place + 1] = (second[place] ?? 0) + (into.second[place] ?? 0);
    }
  }

  get count(): number {
    return this.#positions.length;
  }

  /** The position, in the order of application, of what is at this place. */
  position(place: number): number {
    return this.#positions[place] ?? 0;
  }

  /** The first place at or above a bound. O(log count). */
  placeOf(bound: Bound): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const generation = this.#generations[middle] ?? 0;
      const isBelow =
        generation < bound.generation ||
        (generation === bound.generation && (this.#prefixes[middle] ?? 0) < bound.prefix);
      if (isBelow) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** A bound that keeps what is before this place from what is at it, if any does: the shortest to write. */
  boundBefore(place: number): Bound {
    const generation = this.#generations[place] ?? 0;
    const isFirst = place === 0 || this.#generations[place - 1] !== generation;
    return { generation, prefix: isFirst ? 0 : (this.#prefixes[place] ?? 0) };
  }

  /** Of the places from `from` up to `to`: 8 bytes. */
  fingerprint(from: number, to: number): string {
    const { first, second } = this.#sums;
    return (
      wordString(((first[to] ?? 0) - (first[from] ?? 0)) >>> 0) +
      wordString(((second[to] ?? 0) - (second[from] ?? 0)) >>> 0)
    );
  }

  /** The hashes of the places from `from` up to `to`, 8 bytes each. */
  shortIds(from: number, to: number): Uint8Array {
    const bytes = new Uint8Array((to - from) * shortIdBytes);
    const view = new DataView(bytes.buffer);
    for (let place = from; place < to; place += 1) {
      view.setUint32((place - from) * shortIdBytes, this.#hashes.first[place] ?? 0);
      view.setUint32((place - from) * shortIdBytes + 4, this.#hashes.second[place] ?? 0);
    }
    return bytes;
  }
}

/** The first 48 bits of an id, as a number. */
function prefixOf(id: string): number {
  let prefix = 0;
  for (let index = 0; index < byteFactors.length; index += 1)
    prefix += id.charCodeAt(index) * (byteFactors[index] ?? 0);
  return Math.min(prefix, prefixMax);
}

/** By generation, counted; within one by prefix, and by position where even that is equal. */
function sortPositions(generations: Uint32Array, prefixes: Float64Array): Uint32Array {
  const highest = generations.reduce((max, generation) => Math.max(max, generation), 0);
  const starts = new Uint32Array(highest + 2);
  for (const generation of generations) starts[generation + 1] = (starts[generation + 1] ?? 0) + 1;
  for (let index = 1; index < starts.length; index += 1)
    starts[index] = (starts[index] ?? 0) + (starts[index - 1] ?? 0);
  const next = starts.slice();
  const sorted = new Uint32Array(generations.length);
  generations.forEach((generation, position) => {
    const place = next[generation] ?? 0;
    sorted[place] = position;
    next[generation] = place + 1;
  });
  const byPrefix = (a: number, b: number) => (prefixes[a] ?? 0) - (prefixes[b] ?? 0) || a - b;
  for (let generation = 0; generation <= highest; generation += 1) {
    const [from, to] = [starts[generation] ?? 0, starts[generation + 1] ?? 0];
    if (to - from > 1) sorted.subarray(from, to).sort(byPrefix);
  }
  return sorted;
}

function wordString(word: number): string {
  return String.fromCharCode(word >>> 24, (word >>> 16) & 255, (word >>> 8) & 255, word & 255);
}
