/** How nodes are named in a scenario: one id, a range `n0..n49` with both ends in it, a list of these, or `all`. */

import type { NodeReference } from "../scenario/scenario.ts";
import { type ScenarioPath, showCount } from "../scenario/scenario-error.ts";
import { nodesMax } from "../scenario/schema-parts.ts";

/** One part of a reference, with the path to where it stands. */
export type ReferencePart =
  | { readonly kind: "all"; readonly path: ScenarioPath }
  | { readonly kind: "one"; readonly id: string; readonly path: ScenarioPath }
  | {
      readonly kind: "range";
      readonly text: string;
      readonly ids: readonly string[];
      readonly path: ScenarioPath;
    }
  /** `expected` says what a range must be. */
  | {
      readonly kind: "malformed";
      readonly text: string;
      readonly expected: string;
      readonly path: ScenarioPath;
    };

/** The parts of a reference, in the order in which they stand. No id is checked against the scenario's nodes. */
export function partsOf(reference: NodeReference, path: ScenarioPath): readonly ReferencePart[] {
  if (typeof reference === "string") return [partOf(reference, path)];
  return reference.map((text, index) => partOf(text, [...path, index]));
}

function partOf(text: string, path: ScenarioPath): ReferencePart {
  if (text === "all") return { kind: "all", path };
  if (!text.includes("..")) return { kind: "one", id: text, path };
  const found = /^(.*?)(\d{1,15})\.\.(.*?)(\d{1,15})$/.exec(text);
  const [, prefix = "", first = "", otherPrefix = "", last = ""] = found ?? [];
  const count = Number(last) - Number(first) + 1;
  if (found === null || prefix !== otherPrefix) {
    const expected = 'a range such as "n0..n49": the same name twice, each time with a number after it';
    return { kind: "malformed", text, expected, path };
  }
  if (count < 1)
    return { kind: "malformed", text, expected: "a range whose first number is not above its last", path };
  if (count > nodesMax) {
    return { kind: "malformed", text, expected: `a range of at most ${showCount(nodesMax)} nodes`, path };
  }
  const width = first.startsWith("0") ? first.length : 0;
  const ids = Array.from({ length: count }, (_, index) => {
    return `${prefix}${String(Number(first) + index).padStart(width, "0")}`;
  });
  return { kind: "range", text, ids, path };
}
