/**
 * Copies of the memory of a simulated world. As `core/memory.ts`, with two differences: what several parts refer to
 * (a connection, a message on its way) is one thing in the copy too, and columns of numbers are copied.
 *
 * 1. Bytes never change, and frozen objects neither: they are shared. So is what a set holds.
 * 2. A copy of a copy is as good: a snapshot can be gone back to any number of times.
 */

import { InvariantError } from "../core/assert.ts";

/** A deep copy of plain data, circles included. O(size). */
export function copyShared<T>(memory: T): T {
  return new Copier().copy(memory) as T;
}

class Copier {
  readonly #copies = new Map<object, unknown>();

  copy(value: unknown): unknown {
    if (typeof value === "function")
      throw new InvariantError("a world's memory holds a function, which is not plain data");
    if (typeof value !== "object" || value === null) return value;
    if (value instanceof Uint8Array || Object.isFrozen(value)) return value;
    return this.#copies.get(value) ?? this.#copyObject(value);
  }

  #copyObject(value: object): unknown {
    if (Array.isArray(value)) {
      const list: unknown[] = this.#keep(value, []);
      for (const entry of value) list.push(this.copy(entry));
      return list;
    }
    if (value instanceof Map) {
      const map: Map<unknown, unknown> = this.#keep(value, new Map());
      for (const [key, entry] of value) map.set(key, this.copy(entry));
      return map;
    }
    if (value instanceof Set) return this.#keep(value, new Set(value));
    if (value instanceof Float64Array || value instanceof Uint32Array || value instanceof Uint16Array)
      return this.#keep(value, value.slice());
    const prototype = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null)
      throw new InvariantError(
        `a world's memory holds a ${prototype.constructor?.name}, which is not plain data`,
      );
    const copied: Record<string, unknown> = this.#keep(value, {});
    for (const [key, entry] of Object.entries(value)) copied[key] = this.copy(entry);
    return copied;
  }

  /** Notes the copy before it is filled, so that circles end. */
  #keep<T extends object>(original: object, copied: T): T {
    this.#copies.set(original, copied);
    return copied;
  }
}
