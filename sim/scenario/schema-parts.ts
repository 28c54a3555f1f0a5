/**
 * The pieces of which the schema of scenarios is made. `title` says what a value must be, in words that an error
 * can use after "expected"; `description` says what it means.
 */

import {
  durationExpectation,
  durationMsMax,
  durationPattern,
  rateExpectation,
  ratePattern,
} from "./duration.ts";

/** A JSON Schema, draft 7. */
export interface Schema {
  readonly [keyword: string]: unknown;
}

export const nodesMax = 10_000;
/** Ten years either way: a wall clock stays after 1970. */
export const clockOffsetMsMax = 10 * 365 * 24 * 3_600_000;
export const clockDriftPpmMax = 500_000;

export const idPattern = "^[A-Za-z0-9_-]+([.][A-Za-z0-9_-]+)*$";

export function text(title: string, limits: Schema = {}): Schema {
  return { type: "string", title, ...limits };
}

export function whole(minimum: number, maximum: number): Schema {
  return { type: "integer", minimum, maximum, title: `a whole number from ${minimum} to ${maximum}` };
}

export function number(minimum: number, maximum: number): Schema {
  return { type: "number", minimum, maximum, title: `a number from ${minimum} to ${maximum}` };
}

export function numberAbove(exclusiveMinimum: number, maximum: number): Schema {
  return {
    ...{ type: "number", exclusiveMinimum, maximum },
    title: `a number above ${exclusiveMinimum}, at most ${maximum}`,
  };
}

export function oneOf(choices: readonly string[]): Schema {
  return { type: "string", enum: choices, title: `one of ${choices.join(", ")}` };
}

export function list(items: Schema, title: string, limits: Schema = {}): Schema {
  return { type: "array", items, title, ...limits };
}

export interface ObjectShape {
  readonly title: string;
  readonly required?: readonly string[];
  readonly properties: Readonly<Record<string, Schema>>;
  /** More keywords. */
  readonly also?: Schema;
}

/** An object that may have these keys and no others. */
export function object({ title, required = [], properties, also = {} }: ObjectShape): Schema {
  return {
    ...{ type: "object", title },
    ...(required.length > 0 ? { required } : {}),
    ...{ properties, additionalProperties: false },
    ...also,
  };
}

export function meaning(description: string, schema: Schema): Schema {
  return { description, ...schema };
}

export function refer(name: string): Schema {
  return { $ref: `#/definitions/${name}` };
}

/** One of several objects told apart by their `kind`. The schemas must be objects with a constant `kind`. */
export function byKind(title: string, kinds: readonly string[]): Schema {
  return {
    ...{ type: "object", title, required: ["kind"] },
    discriminator: { propertyName: "kind" },
    oneOf: kinds.map(refer),
  };
}

/** An object of exactly one of these pairs of keys. */
export function eitherKey(first: string, second: string): Schema {
  return { oneOf: [{ required: [first] }, { required: [second] }] };
}

/** One number for all, or a range from which each is drawn. */
function numberOrRange(limits: Schema & { readonly title: string }): Schema {
  const { title, type, ...bounds } = limits;
  return {
    ...{ type: [type, "array"], title: `${title}, or a range of two: [min, max]`, ...bounds },
    ...{ items: { type, title, ...bounds }, minItems: 2, maxItems: 2 },
  };
}

/** What is named in several places. */
export const commonDefinitions: Readonly<Record<string, Schema>> = {
  json: {},
  id: text("an id of letters, digits, -, _ and single dots, at most 64 long", {
    ...{ pattern: idPattern, maxLength: 64 },
  }),
  duration: {
    ...{ type: ["string", "number"], title: durationExpectation },
    ...{ pattern: durationPattern, minimum: 0, maximum: durationMsMax },
  },
  rate: {
    ...{ type: ["string", "number"], title: rateExpectation },
    ...{ pattern: ratePattern, exclusiveMinimum: 0 },
  },
  probability: number(0, 1),
  nodes: meaning("One id, a range n0..n49 with both ends in it, a list of these, or all.", {
    ...{ type: ["string", "array"], title: "nodes: one id, a range n0..n49, a list of these, or all" },
    ...{ items: { type: "string", title: "an id, a range n0..n49, or all" }, minItems: 1 },
  }),
  latencyMs: number(0, 3_600_000),
  clockOffset: numberOrRange({ title: within("ms", clockOffsetMsMax), ...boundsOf(clockOffsetMsMax) }),
  clockDrift: numberOrRange({
    ...{ title: within("parts per million", clockDriftPpmMax), ...boundsOf(clockDriftPpmMax) },
  }),
  diskSync: numberOrRange({ title: "ms from 0 to 3600000", type: "number", minimum: 0, maximum: 3_600_000 }),
};

function within(unit: string, limit: number): string {
  return `whole ${unit} from -${limit} to ${limit}`;
}

function boundsOf(limit: number): Schema {
  return { type: "integer", minimum: -limit, maximum: limit };
}
