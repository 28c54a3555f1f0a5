/** What a view sees of a field: its handle without what writes, as types go. A view that writes all the same is refused. */

import type { NestedMap } from "./map.ts";

/** The names of every handle's methods that write. */
type Writing =
  | "set"
  | "delete"
  | "clear"
  | "add"
  | "push"
  | "insert"
  | "append"
  | "increment"
  | "decrement"
  | "reset";

/** What a handle reads, and what is nested under it likewise. */
export type Reading<Handle> =
  Handle extends NestedMap<infer Nested> ? NestedReading<Reading<Nested>> : Omit<Handle, Writing>;

export interface NestedReading<Nested>
  extends Omit<NestedMap<unknown>, Writing | keyof Enumerating<unknown>>,
    Enumerating<Nested> {}

interface Enumerating<Nested> {
  at(key: string): Nested;
  get(key: string): Nested | undefined;
  values(): readonly Nested[];
  entries(): readonly (readonly [key: string, value: Nested])[];
  [Symbol.iterator](): Iterator<readonly [key: string, value: Nested]>;
}
