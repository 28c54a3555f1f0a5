/** What replicas write before they sync: 32 characters under one of 2,000 keys, the same in every run. */

import { Random } from "../core/random.ts";

const keys = 2_000;
const valueCharacters = 32;
const alphabet = Array.from("abcdefghijklmnopqrstuvwxyz0123456789");

export interface Write {
  readonly key: string;
  readonly value: string;
}

export const sides = [0, 1] as const;
export type Side = (typeof sides)[number];

/** Of two replicas, what each writes. */
export type Writes = readonly [readonly Write[], readonly Write[]];

/** What a session came to: both ways, until both were the same, of both sides together. */
export interface Session {
  readonly bytes: number;
  readonly hops: number;
  readonly cpuMs: number;
}

/** Two replicas in sync: at each call a copy of each makes its writes, and then the copies sync. */
export type InSync = (apart: Writes) => Session;

export class Workload {
  readonly #random: Random;

  constructor(seed: number) {
    this.#random = new Random([seed, 2, 3, 4]);
  }

  /** So many writes, split evenly. */
  next(count: number): Writes {
    return [this.#writes(count >> 1), this.#writes(count - (count >> 1))];
  }

  #writes(count: number): readonly Write[] {
    return Array.from({ length: count }, () => ({
      key: `k${this.#random.between(0, keys - 1)}`,
      value: Array.from({ length: valueCharacters }, () => this.#random.pick(alphabet)).join(""),
    }));
  }
}

/** CPU of this process, its other threads included. */
export function cpuMsOf(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}
