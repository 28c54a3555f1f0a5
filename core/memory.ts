/**
 * Copies of a node's memory. Every stateful part keeps what changes in plain data (maps, sets, arrays, plain
 * objects), so that a copy of that data is the node. What is frozen, and bytes, never change and are shared.
 */

import { InvariantError } from "./assert.ts";

/** A deep copy of plain data. Frozen objects and byte arrays are shared, not copied. O(size). */
export function copyMemory<T>(memory: T): T {
  return copy(memory) as T;
}

function copy(value: unknown): unknown {
  if (typeof value === "function")
    throw new InvariantError("memory holds a function, which is not plain data");
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Uint8Array || Object.isFrozen(value)) return value;
  if (Array.isArray(value)) return value.map(copy);
  if (value instanceof Map) return new Map(Array.from(value, ([key, entry]) => [key, copy(entry)]));
  if (value instanceof Set) return new Set(value);
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    throw new InvariantError(`memory holds a ${prototype.constructor?.name}, which is not plain data`);
  }
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, copy(entry)]));
}
