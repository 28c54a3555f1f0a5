/** Says in plain words what ajv found: what was there, what was expected, and which name was probably meant. */

import type { ErrorObject } from "ajv";
import { isJsonObject, type Json } from "../../core/json.ts";
import { nearestName, suggestion } from "../../core/nearest-name.ts";
import { inOrderOf, type ScenarioPath, type ScenarioProblem, showValue } from "../scenario/scenario-error.ts";
import { scenarioSchema } from "../scenario/schema.ts";

/** The parts of our schema that stand at an error. */
interface SchemaPart {
  readonly title?: string;
  readonly enum?: readonly string[];
  readonly const?: string;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, SchemaPart>>;
  readonly oneOf?: readonly { readonly $ref?: string; readonly required?: readonly string[] }[];
}

/**
 * One problem for each mistake, in the order of the data. What ajv says besides is left out: that a branch did
 * not fit, and that a key is missing which stands there misspelt.
 */
export function problemsOf(errors: readonly ErrorObject[], data: Json): readonly ScenarioProblem[] {
  const unknown = errors.filter(({ keyword }) => keyword === "additionalProperties");
  const problems = errors.flatMap((error) => {
    return isRemark(error) || isMisspelt(error, unknown) ? [] : problemOf(error, pathOf(error, data));
  });
  return inOrderOf(data, problems);
}

/** `if` repeats what its branch says; a required key inside a choice of keys is told as that choice. */
function isRemark({ keyword, schemaPath, params }: ErrorObject): boolean {
  if (keyword === "if") return true;
  return keyword === "required" && (schemaPath.includes("/oneOf/") || params.missingProperty === "kind");
}

function isMisspelt(error: ErrorObject, unknown: readonly ErrorObject[]): boolean {
  if (error.keyword !== "required") return false;
  const missing = [String(error.params.missingProperty)];
  return unknown.some(({ instancePath, params }) => {
    return (
      instancePath === error.instancePath && nearestName(String(params.additionalProperty), missing) !== null
    );
  });
}

function problemOf(error: ErrorObject, path: ScenarioPath): ScenarioProblem {
  const schema = error.parentSchema as SchemaPart;
  switch (error.keyword) {
    case "additionalProperties": {
      const key = String(error.params.additionalProperty);
      const keys = Object.keys(schema.properties ?? {});
      const message = `unknown key "${key}", expected one of ${keys.join(", ")}${suggestion(key, keys)}`;
      return { code: "unknown-key", path: [...path, key], about: "key", message };
    }
    case "required": {
      const message = `missing key "${error.params.missingProperty}", expected at least ${schema.required?.join(", ")}`;
      return wrong("missing-key", path, message);
    }
    case "oneOf":
      return wrongChoice(error, path);
    case "not":
      return wrong("bad-value", path, 'found "node" and "nodes", expected one of them');
    case "discriminator":
      return wrongKind(error, path);
    default:
      return wrongValue(error, path);
  }
}

function wrong(code: ScenarioProblem["code"], path: ScenarioPath, message: string): ScenarioProblem {
  return { code, path, about: "value", message };
}

/** Of two keys there must be exactly one. */
function wrongChoice({ parentSchema, data }: ErrorObject, path: ScenarioPath): ScenarioProblem {
  const keys = ((parentSchema as SchemaPart).oneOf ?? []).flatMap(({ required = [] }) => required);
  const isThere = keys.some((key) => isJsonObject(data as Json) && Object.hasOwn(data as object, key));
  const names = keys.map((key) => `"${key}"`);
  return isThere
    ? wrong("bad-value", path, `found ${names.join(" and ")}, expected only one of them`)
    : wrong("missing-key", path, `missing key ${names.join(" or ")}`);
}

/** The `kind` of an object that may be of several. */
function wrongKind({ parentSchema, params }: ErrorObject, path: ScenarioPath): ScenarioProblem {
  const kinds = kindsOf(parentSchema as SchemaPart);
  const kind: unknown = params.tagValue;
  if (kind === undefined)
    return wrong("missing-key", path, `missing key "kind", expected one of ${kinds.join(", ")}`);
  return wrongName(kind, kinds, [...path, "kind"]);
}

function kindsOf({ oneOf = [] }: SchemaPart): readonly string[] {
  const definitions = scenarioSchema.definitions as Readonly<Record<string, SchemaPart>>;
  return oneOf.flatMap(({ $ref = "" }) => {
    const kind = definitions[$ref.replace("#/definitions/", "")]?.properties?.kind;
    return kind?.enum ?? kind?.const ?? [];
  });
}

function wrongValue({ parentSchema, data }: ErrorObject, path: ScenarioPath): ScenarioProblem {
  const { title, enum: names, const: constant } = parentSchema as SchemaPart;
  if (names !== undefined) return wrongName(data, names, path);
  const expected = title ?? (constant === undefined ? "another value" : `"${constant}"`);
  return wrong("bad-value", path, `found ${showValue(data)}, expected ${expected}`);
}

/** A value that should be one of a few names. */
function wrongName(found: unknown, names: readonly string[], path: ScenarioPath): ScenarioProblem {
  const expected = `expected one of ${names.join(", ")}`;
  if (typeof found !== "string") return wrong("bad-value", path, `found ${showValue(found)}, ${expected}`);
  return wrong("bad-value", path, `found "${found}", ${expected}${suggestion(found, names)}`);
}

/** Keys and indexes from ajv's JSON pointer, which does not tell one from the other. */
function pathOf({ instancePath }: ErrorObject, data: Json): ScenarioPath {
  const steps = instancePath.split("/").slice(1);
  let held: Json | undefined = data;
  return steps.map((step) => {
    const key = step.replaceAll("~1", "/").replaceAll("~0", "~");
    const isIndex: boolean = Array.isArray(held);
    held = (held as { readonly [key: string]: Json } | undefined)?.[key];
    return isIndex ? Number(key) : key;
  });
}
