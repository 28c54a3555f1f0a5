/** Makes plain JSON of whatever a file or a module gave, or says where it is not JSON. */

import type { Json } from "../../core/json.ts";
import { ScenarioError, type ScenarioPath, type ScenarioProblem } from "../scenario/scenario-error.ts";

/** Scenarios are flat; only values of an application could nest deeper, and the core refuses those. */
const depthMax = 64;

/** A copy. Fields that are undefined are left out. Throws a `ScenarioError` for a function, NaN, a circle … */
export function toJson(value: unknown): Json {
  const problems: ScenarioProblem[] = [];
  const json = copy(value, [], problems);
  if (problems.length > 0) throw new ScenarioError(problems);
  return json;
}

function copy(value: unknown, path: ScenarioPath, problems: ScenarioProblem[]): Json {
  const trouble = troubleWith(value, path);
  if (trouble !== null) {
    const message = `found ${trouble}, expected a value that JSON can hold`;
    problems.push({ code: "bad-value", path, about: "value", message });
    return null;
  }
  if (Array.isArray(value)) return value.map((held, index) => copy(held, [...path, index], problems));
  if (typeof value !== "object" || value === null) return value as Json;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, held]) => held !== undefined)
      .map(([key, held]) => [key, copy(held, [...path, key], problems)]),
  );
}

/** What a value is that JSON cannot hold, or null. */
function troubleWith(value: unknown, path: ScenarioPath): string | null {
  switch (typeof value) {
    case "string":
    case "boolean":
      return null;
    case "number":
      return Number.isFinite(value) ? null : String(value);
    case "object":
      if (value === null) return null;
      if (path.length > depthMax) return `lists and objects nested more than ${depthMax} deep`;
      if (Array.isArray(value) || isPlain(value)) return null;
      return `an object of ${value.constructor?.name ?? "some class"}`;
    case "undefined":
      return "nothing";
    default:
      return `a ${typeof value}`;
  }
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  // A module may come from another realm, whose Object is not ours.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
