/**
 * Short hashes of nodes and entities under a key that the receiver of a state draws for one transfer: nobody can
 * prepare entities that agree in them. What they wrongly show as equal is found when whole hashes are compared.
 */

import { bytesOf, type EntityId, type Hash } from "../../ids.ts";
import type { Leaf } from "../../state/tree/tree-node.ts";
import { digestBytes, noDigest } from "../../wire/state-query.ts";
import { type HashesAt, type HashKey, keyedHash } from "../reconciliation/keyed-hash.ts";

/** The largest prime below 2²⁴: what is counted modulo it fits three bytes, and products are exact. */
export const modulus = 16_777_213;

/** The digits of an id that are hashed: they tell its entities apart in every kind of collection. */
const idDigits = 16;

export function keyOf(key: string): HashKey {
  const view = new DataView(bytesOf(key).buffer);
  return [view.getUint32(0), view.getUint32(4)];
}

/** Hashes under one key. Keeps nothing but room to compute in. */
export class ShortHash {
  readonly #key: HashKey;
  readonly #at: HashesAt = { first: new Uint32Array(1), second: new Uint32Array(1), index: 0 };

  constructor(key: string) {
    this.#key = keyOf(key);
  }

  /** Of what has this hash, in `digestBytes` bytes: all zero for nothing, and for nothing else. */
  digest(hash: Hash | null): string {
    if (hash === null) return noDigest;
    const word = this.#first(hash);
    const digest = String.fromCharCode(word & 0xff, (word >>> 8) & 0xff, (word >>> 16) & 0xff);
    return digest === noDigest ? "\u0001".repeat(digestBytes) : digest;
  }

  /** Where an entity stands among those that are summed: from 1 to `modulus` − 1. */
  place(id: EntityId): number {
    return (this.#first(id.slice(-idDigits)) % (modulus - 1)) + 1;
  }

  /** What an entity adds to sums: from 1 to `modulus` − 1. */
  value({ hash }: Leaf): number {
    return (this.#first(hash) % (modulus - 1)) + 1;
  }

  #first(text: string): number {
    keyedHash(this.#key, text, this.#at);
    return this.#at.first[0] as number;
  }
}
