/** Calls of a workload that no application answers but the node itself: blobs put, got and deleted, by their names. */

import type { JsonObject } from "../../core/json.ts";
import { type Problems, type ScenarioPath, showValue } from "../scenario/scenario-error.ts";
import type { PlanOperation } from "./plan.ts";

export type BlobOperation =
  | { readonly kind: "put-blob"; readonly name: string; readonly bytes: number }
  | { readonly kind: "get-blob" | "delete-blob"; readonly name: string };

export const blobMethods = ["put-blob", "get-blob", "delete-blob"] as const;
/** Of a blob in a scenario. */
export const scenarioBlobBytesMax = 67_108_864;

export function isBlobMethod(method: string): method is BlobOperation["kind"] {
  return blobMethods.some((name) => name === method);
}

/** The operation as one on blobs; null for a call of an application. */
export function readBlobOperation({ method, args }: PlanOperation): BlobOperation | null {
  if (!isBlobMethod(method)) return null;
  const name = String(args.name);
  return method === "put-blob" ? { kind: method, name, bytes: Number(args.bytes) } : { kind: method, name };
}

/** What such a call must be given. */
export function checkBlobArguments(
  method: BlobOperation["kind"],
  { args, path }: { readonly args: JsonObject; readonly path: ScenarioPath },
  problems: Problems,
): void {
  const expected = method === "put-blob" ? ["name", "bytes"] : ["name"];
  for (const key of Object.keys(args)) {
    if (!expected.includes(key))
      problems.add(
        "unknown-name",
        [...path, "args", key],
        `found "${key}", expected ${expected.join(" and ")}`,
      );
  }
  const { name = null, bytes = null } = args;
  if (typeof name !== "string" || name === "")
    problems.add("bad-value", [...path, "args"], `found ${showValue(name)} as name, expected text`);
  const fits =
    typeof bytes === "number" && Number.isInteger(bytes) && bytes >= 0 && bytes <= scenarioBlobBytesMax;
  if (method !== "put-blob" || fits) return;
  const range = `a whole number from 0 to ${scenarioBlobBytesMax}`;
  problems.add("bad-value", [...path, "args"], `found ${showValue(bytes)} as bytes, expected ${range}`);
}
