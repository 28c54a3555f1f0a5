/** `--set path=value`: changes to a scenario's data before it is checked. */

import { isJsonObject, type Json } from "../../core/json.ts";
import {
  formatPath,
  ScenarioError,
  type ScenarioPath,
  type ScenarioProblem,
  showValue,
} from "../scenario/scenario-error.ts";
import { toJson } from "./plain-json.ts";
import { parseYamlValue } from "./yaml-source.ts";

/** An assignment that was made. */
export interface Assignment {
  /** As it stood on the command line. */
  readonly text: string;
  readonly path: ScenarioPath;
  /** How many steps of the path led to something before. */
  readonly existing: number;
}

export interface Assigned {
  readonly data: Json;
  readonly assignments: readonly Assignment[];
}

/**
 * The data with the assignments made, the first one first. A path is dotted, indexes of lists stand as steps
 * (`faults.0.at`) or in brackets (`faults[0].at`); objects that are missing are made, and the index just past
 * the end of a list appends. Throws a `ScenarioError` that names each assignment that cannot be made.
 */
export function applyAssignments(data: Json, texts: readonly string[]): Assigned {
  const problems: ScenarioProblem[] = [];
  const assignments: Assignment[] = [];
  let changed = data;
  for (const text of texts) {
    try {
      const { steps, value } = parseAssignment(text);
      const trace: Trace = { path: [], existing: 0 };
      changed = assign(changed, { steps, value, trace });
      assignments.push({ text, ...trace });
    } catch (error) {
      if (!(error instanceof AssignmentError)) throw error;
      const message = `--set ${text}: ${error.message}`;
      problems.push({ code: "bad-assignment", path: [], about: "value", message });
    }
  }
  if (problems.length > 0) throw new ScenarioError(problems);
  return { data: changed, assignments };
}

/** Why an assignment cannot be made. */
class AssignmentError extends Error {}

function parseAssignment(text: string): { readonly steps: readonly string[]; readonly value: Json } {
  const equals = text.indexOf("=");
  if (equals === -1) throw new AssignmentError("expected path=value, as in network.loss=0.05");
  const path = text.slice(0, equals).trim();
  if (!/^[^.[\]]+(\.[^.[\]]+|\[\d+\])*$/.test(path)) {
    throw new AssignmentError(`found the path "${path}", expected one such as network.loss or faults.0.at`);
  }
  const steps = path.split(/[.[\]]/).filter((step) => step !== "");
  return { steps, value: parseValue(text.slice(equals + 1)) };
}

function parseValue(text: string): Json {
  try {
    return toJson(parseYamlValue(text) ?? null);
  } catch (error) {
    throw new AssignmentError(`the value is not YAML: ${error instanceof Error ? error.message : error}`);
  }
}

/** The way of an assignment so far. */
interface Trace {
  readonly path: (string | number)[];
  existing: number;
}

interface Task {
  readonly steps: readonly string[];
  readonly value: Json;
  readonly trace: Trace;
}

/** A copy of what is held in which the rest of the path leads to the value. */
function assign(held: Json | undefined, { steps, value, trace }: Task): Json {
  const [step, ...rest] = steps;
  if (step === undefined) return value;
  const isMissing = held === undefined || held === null;
  if (Array.isArray(held) || (isMissing && /^\d+$/.test(step))) {
    const list: readonly Json[] = Array.isArray(held) ? held : [];
    const index = indexIn(list, step, trace.path);
    const next = assign(take(list[index], index, trace), { steps: rest, value, trace });
    return [...list.slice(0, index), next, ...list.slice(index + 1)];
  }
  if (!isMissing && !isJsonObject(held)) {
    throw new AssignmentError(
      `${formatPath(trace.path)} is ${showValue(held)}, which has no "${step}" in it`,
    );
  }
  const fields = new Map(Object.entries(held ?? {}));
  fields.set(step, assign(take(fields.get(step), step, trace), { steps: rest, value, trace }));
  return Object.fromEntries(fields);
}

/** What is held after one more step. */
function take(held: Json | undefined, step: string | number, trace: Trace): Json | undefined {
  trace.path.push(step);
  if (held !== undefined) trace.existing += 1;
  return held;
}

function indexIn(list: readonly Json[], step: string, path: ScenarioPath): number {
  const index = /^\d+$/.test(step) ? Number(step) : Number.NaN;
  if (index <= list.length) return index;
  const place = formatPath(path);
  const entries = `${list.length} ${list.length === 1 ? "entry" : "entries"}`;
  throw new AssignmentError(
    `found "${step}" after ${place}, a list of ${entries}, expected an index from 0 to ${list.length}`,
  );
}
