/**
 * Records that the newest version of a tree needs no more. They are removed with the next flush, or, where a pinned
 * version needs them, when that is given back. What is kept for pins is noted in the store, because pins end with
 * the process: a start removes what a crash left behind.
 */

import { byteString, bytesOf } from "../../ids.ts";
import type { Turn } from "../../turn.ts";
import { decodeValue, encode, refuse } from "../../wire/cbor.ts";
import { expectBytes, expectInteger, expectList } from "../../wire/expect.ts";
import type { StateRecords } from "../state-records.ts";

export interface RetiredMemory {
  /** Replaced since the newest version was written. */
  replaced: Set<string>;
  /** How many hold each version. */
  readonly pins: Map<number, number>;
  /** Kept for pins: what each version replaced. Ascending. */
  readonly kept: Map<number, Set<string>>;
  /** Of `kept`, what is no more as it is stored. */
  readonly changed: Set<number>;
}

export function createRetiredMemory(): RetiredMemory {
  return { replaced: new Set(), pins: new Map(), kept: new Map(), changed: new Set() };
}

export class Retired {
  readonly #memory: RetiredMemory;
  readonly #records: StateRecords;

  constructor(memory: RetiredMemory, records: StateRecords) {
    this.#memory = memory;
    this.#records = records;
  }

  add(key: string): void {
    this.#memory.replaced.add(key);
  }

  /** The newest version needs it again. */
  keep(key: string): void {
    const { replaced, kept, changed } = this.#memory;
    replaced.delete(key);
    for (const [version, keys] of kept) if (keys.delete(key)) changed.add(version);
  }

  /** A new version was written. */
  flush(version: number, turn: Turn): void {
    const { replaced, pins, kept, changed } = this.#memory;
    for (const each of changed) this.#putKept(each, turn);
    changed.clear();
    if (replaced.size === 0) return;
    this.#memory.replaced = new Set();
    if (pins.size === 0) {
      for (const key of replaced) turn.remove(key);
      return;
    }
    kept.set(version, replaced);
    this.#putKept(version, turn);
    this.#saveKept(turn);
  }

  pin(version: number): void {
    const { pins } = this.#memory;
    pins.set(version, (pins.get(version) ?? 0) + 1);
  }

  unpin(version: number, turn: Turn): void {
    const { pins, kept } = this.#memory;
    const holders = (pins.get(version) ?? 0) - 1;
    if (holders > 0) pins.set(version, holders);
    else pins.delete(version);
    const oldest = Math.min(...pins.keys());
    for (const [replacedBy, keys] of kept) {
      // What a version replaced is needed by those before it only.
      if (replacedBy > oldest) break;
      for (const key of keys) turn.remove(key);
      turn.remove(this.#records.keptKey(replacedBy));
      kept.delete(replacedBy);
    }
    this.#saveKept(turn);
  }

  /** Removes what was kept for pins that ended with the process. For use inside `decoding`. */
  load(turn: Turn): void {
    const listKey = this.#records.keptListKey;
    const list = turn.read(listKey);
    if (list === undefined) return;
    const versions = expectList(decodeValue(list, bytesMax), Number.MAX_SAFE_INTEGER, (version) =>
      expectInteger(version, Number.MAX_SAFE_INTEGER),
    );
    for (const version of versions) {
      const key = this.#records.keptKey(version);
      const stored =
        turn.read(key) ?? refuse("malformed", `what version ${version} of a state replaced is missing`);
      const keys = expectList(decodeValue(stored, bytesMax), Number.MAX_SAFE_INTEGER, (each) =>
        byteString(expectBytes(each, bytesMax)),
      );
      for (const each of [...keys, key]) turn.remove(each);
    }
    turn.remove(listKey);
  }

  #putKept(version: number, turn: Turn): void {
    const keys = this.#memory.kept.get(version);
    if (keys !== undefined) turn.put(this.#records.keptKey(version), encode(Array.from(keys, bytesOf)));
  }

  #saveKept(turn: Turn): void {
    const versions = Array.from(this.#memory.kept.keys());
    if (versions.length === 0) turn.remove(this.#records.keptListKey);
    else turn.put(this.#records.keptListKey, encode(versions));
  }
}

const bytesMax = Number.MAX_SAFE_INTEGER;
