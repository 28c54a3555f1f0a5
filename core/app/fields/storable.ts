/**
 * Values on their way from an application into the state: checked, copied and frozen, so that what the application
 * does to its own value later changes nothing that was written, and what it reads is safe from it.
 */

import type { Json } from "../../json.ts";
import { depthMax } from "../../limits.ts";
import { CallError } from "../application.ts";

/** A frozen copy. Throws a `CallError` for what is no JSON, or nested too deep. O(values). */
export function storable<T extends Json>(value: T): T {
  return copy(value, 0) as T;
}

function copy(value: unknown, depth: number): Json {
  if (depth > depthMax) throw refusal(`a value nested deeper than ${depthMax}`);
  if (value === null || typeof value === "boolean" || typeof value === "string") return value;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  if (Array.isArray(value)) return Object.freeze(Array.from(value, (held) => copy(held, depth + 1)));
  if (isPlain(value)) {
    const entries = Object.entries(value).map(([key, held]) => [key, copy(held, depth + 1)]);
    return Object.freeze(Object.fromEntries(entries));
  }
  throw refusal(`${describe(value)} cannot be stored: it is no JSON`);
}

/** An object as literals make it; one of another realm, whose Object is not ours, too. */
function isPlain(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function describe(value: unknown): string {
  if (typeof value === "object") return `an object of ${value?.constructor?.name ?? "some class"}`;
  return typeof value === "number" || value === undefined ? String(value) : `a ${typeof value}`;
}

function refusal(message: string): CallError {
  return new CallError(message, "bad-arguments");
}
