/** JSON values: what applications take, store and answer. */

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

/** True for an object that is neither null nor an array. */
export function isJsonObject(value: Json): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Does a value nest arrays and objects deeper than this? Needs no stack, however deep it is. O(values). */
export function isDeeperThan(value: Json, depthMax: number): boolean {
  let level: readonly Json[] = [value];
  for (let depth = 0; depth <= depthMax; depth += 1) {
    level = level.flatMap((each) => (typeof each === "object" && each !== null ? Object.values(each) : []));
    if (level.length === 0) return false;
  }
  return true;
}
