/** The calls of a plan, one by one: when, where, what. Each entry draws from two streams of its own. */

import type { JsonObject } from "../../core/json.ts";
import { suggestion } from "../../core/nearest-name.ts";
import { type Stream, stream } from "../random.ts";
import { parseRate, rateExpectation } from "../scenario/duration.ts";
import type { SteadyWrites, WorkloadEntry } from "../scenario/scenario.ts";
import { type ScenarioPath, showCount, showValue } from "../scenario/scenario-error.ts";
import { blobMethods, checkBlobArguments, isBlobMethod } from "./blob-operations.ts";
import type { ResolvedContext } from "./contexts.ts";
import { checkMemberCall, isMemberMethod, memberMethods } from "./member-calls.ts";
import type { PlanOperation } from "./plan.ts";
import { ContentNames, type Resolving, readEnd, readInstant } from "./resolving.ts";
import { type ArgumentTemplate, compileArguments } from "./template.ts";

export const operationsMax = 1_000_000;
/** What `{bytes n}` makes in a whole plan, in characters. */
export const drawnCharactersMax = 268_435_456;

/** One entry, understood: what is still to do is to draw. */
interface Entry {
  readonly name: string;
  readonly atUs: Times;
  /** Where its calls go, one drawn for each. */
  readonly nodes: readonly number[];
  readonly context: string;
  readonly method: string;
  readonly args: ArgumentTemplate;
}

interface Times {
  readonly count: number;
  /** The time of a call by its number from 0. */
  of(seq: number): number;
}

/** By time, then by the order of the entries. O(n log n). */
export function resolveWorkload(resolving: Resolving): readonly PlanOperation[] {
  const names = new ContentNames();
  const entries = (resolving.scenario.workload ?? []).flatMap((entry, index) => {
    // Without its end: a workload that goes on for longer begins as it did.
    const name = names.of({ ...entry, until: null } as JsonObject);
    return resolveEntry(entry, { name, path: ["workload", index] }, resolving) ?? [];
  });
  if (!fitsInPlan(entries, resolving)) return [];
  const operations = entries.flatMap((entry) => drawCalls(entry, resolving));
  return operations.sort((a, b) => a.atUs - b.atUs);
}

function resolveEntry(
  entry: WorkloadEntry,
  { name, path }: { readonly name: string; readonly path: ScenarioPath },
  resolving: Resolving,
): Entry | null {
  const { problems, contexts } = resolving;
  const before = problems.count;
  const atUs = "rate" in entry ? steadyTimes(entry, path, resolving) : singleTime(entry.at, path, resolving);
  const context = contexts.ofEntry(entry.context, path);
  const args = compileArguments(entry.args ?? {}, [...path, "args"], problems);
  if (context === null) return null;
  const { method, args: given = {} } = entry;
  if (isMemberMethod(method)) checkMemberCall({ method, args: given }, path, resolving);
  else if (isBlobMethod(entry.method))
    checkBlobArguments(entry.method, { args: entry.args ?? {}, path }, problems);
  else checkMethod(entry.method, { context, path }, resolving);
  const nodes = resolveCallees(entry, { context, path }, resolving);
  return problems.count > before
    ? null
    : { name, atUs, nodes, context: context.id, method: entry.method, args };
}

function singleTime(at: string | number, path: ScenarioPath, resolving: Resolving): Times {
  const atUs = readInstant(at, [...path, "at"], resolving);
  return { count: 1, of: () => atUs };
}

/** Evenly spaced: each time is rounded by itself, so that no error adds up. */
function steadyTimes(
  { from = 0, until, rate }: SteadyWrites,
  path: ScenarioPath,
  resolving: Resolving,
): Times {
  const fromUs = readInstant(from, [...path, "from"], resolving);
  const place = { fromUs, path: [...path, "until"] };
  const untilUs = readEnd(until, place, resolving) ?? resolving.untilUs;
  const parsed = parseRate(rate);
  if (parsed === null) {
    resolving.problems.add(
      "bad-value",
      [...path, "rate"],
      `found ${showValue(rate)}, expected ${rateExpectation}`,
    );
    return { count: 0, of: () => fromUs };
  }
  const of = (seq: number) => fromUs + Math.round((seq * parsed.perUs) / parsed.count);
  let count = Math.max(0, Math.ceil(((untilUs - fromUs) / parsed.perUs) * parsed.count));
  while (count > 0 && of(count - 1) >= untilUs) count -= 1;
  return { count, of };
}

function checkMethod(
  method: string,
  { context, path }: { readonly context: ResolvedContext; readonly path: ScenarioPath },
  { problems }: Resolving,
): void {
  const { application } = context;
  if (application === null || Object.hasOwn(application.methods, method)) return;
  const known = Object.keys(application.methods);
  const message = `found "${method}", expected a method of ${application.name}: ${known.join(", ")}${suggestion(method, [...known, ...blobMethods, ...memberMethods])}`;
  problems.add("unknown-name", [...path, "method"], message);
}

/** Where the calls of an entry go. A node that never is a member could never answer: a problem. */
function resolveCallees(
  entry: WorkloadEntry,
  { context, path }: { readonly context: ResolvedContext; readonly path: ScenarioPath },
  { roster, problems }: Resolving,
): readonly number[] {
  const [key, reference] = entry.node === undefined ? ["nodes", entry.nodes] : ["node", entry.node];
  if (reference === undefined) return context.members;
  const place = [...path, key];
  if (entry.node !== undefined) {
    const node = roster.find(entry.node, place);
    return node === null ? [] : membersOnly([node], { context, path: place }, { roster, problems });
  }
  return membersOnly(roster.resolve(reference, place), { context, path: place }, { roster, problems });
}

/** The nodes, each of which must be a member of the context at some time. */
export function membersOnly(
  nodes: readonly number[],
  { context, path }: { readonly context: ResolvedContext; readonly path: ScenarioPath },
  { roster, problems }: Pick<Resolving, "roster" | "problems">,
): readonly number[] {
  const strangers = nodes.filter((node) => !context.everMembers.has(node));
  const [first] = strangers;
  if (first !== undefined) {
    const others = strangers.length > 1 ? ` (and ${showCount(strangers.length - 1)} more)` : "";
    const message = `found "${roster.idOf(first)}"${others}, never a member of context "${context.id}", expected members of it`;
    problems.add("no-effect", path, message);
  }
  return nodes;
}

function fitsInPlan(entries: readonly Entry[], { problems }: Resolving): boolean {
  const calls = entries.reduce((sum, { atUs }) => sum + atUs.count, 0);
  if (calls > operationsMax) {
    const message = `makes ${showCount(calls)} calls, expected at most ${showCount(operationsMax)}: lower the rates or end them sooner`;
    problems.add("too-large", ["workload"], message);
    return false;
  }
  const characters = entries.reduce((sum, { atUs, args }) => sum + atUs.count * args.drawnCharacters, 0);
  if (characters <= drawnCharactersMax) return true;
  const message = `{bytes n} makes ${showCount(characters)} characters in all, expected at most ${showCount(drawnCharactersMax)}`;
  problems.add("too-large", ["workload"], message);
  return false;
}

function drawCalls(
  { name, atUs, nodes, context, method, args }: Entry,
  resolving: Resolving,
): readonly PlanOperation[] {
  const whereDraws = stream(resolving.seed, `workload-node/${name}`);
  const argumentDraws: Stream = stream(resolving.seed, `workload-args/${name}`);
  return Array.from({ length: atUs.count }, (_, seq) => {
    const node = whereDraws.pick(nodes);
    const filling = { node: resolving.roster.idOf(node), seq, draws: argumentDraws };
    return { atUs: atUs.of(seq), node, context, method, args: args.fill(filling) };
  });
}
