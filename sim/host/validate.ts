/** Checks data against the schema of scenarios. Meaning (names, times, networks) is checked by `resolvePlan`. */

import { Ajv, type ValidateFunction } from "ajv";
import type { Json } from "../../core/json.ts";
import type { Scenario } from "../scenario/scenario.ts";
import { ScenarioError } from "../scenario/scenario-error.ts";
import { scenarioSchema } from "../scenario/schema.ts";
import { toJson } from "./plain-json.ts";
import { problemsOf } from "./schema-problems.ts";

let compiled: ValidateFunction<Scenario> | undefined;

/** The data as a scenario: a copy that shares nothing with it. Throws a `ScenarioError` with all problems of form. */
export function validateScenario(data: unknown): Scenario {
  const json: Json = toJson(data);
  compiled ??= compile();
  if (compiled(json)) return json;
  throw new ScenarioError(problemsOf(compiled.errors ?? [], json));
}

/** Takes some 50 ms, so it is done once and when needed. */
function compile(): ValidateFunction<Scenario> {
  const ajv = new Ajv({ allErrors: true, verbose: true, discriminator: true, allowUnionTypes: true });
  return ajv.compile<Scenario>(scenarioSchema);
}
