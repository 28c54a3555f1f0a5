/**
 * Calls of a workload that the node itself answers and not its application: who comes, who goes, who may do what.
 */

import type { JsonObject } from "../../core/json.ts";
import { type Role, roles } from "../../core/members/membership.ts";
import { parseDurationUs } from "../scenario/duration.ts";
import type { Scenario } from "../scenario/scenario.ts";
import { type Problems, type ScenarioPath, showValue } from "../scenario/scenario-error.ts";
import type { Roster } from "./roster.ts";

/** What each takes: `member`, a node; `role`, which `invite-member` may leave out. */
const parameters = {
  /** Signs an invitation for a node and hands it over; the node comes in by it. */
  "invite-member": ["member", "role"],
  "give-role": ["member", "role"],
  "remove-member": ["member"],
  "leave-context": [],
  /** Has all of the context removed from the node that is called. */
  "delete-context": [],
  /** Joins by the context's id, where it was deleted. */
  "join-again": [],
  /** Joins by the context's id, though nobody let it in. */
  "join-uninvited": [],
} as const satisfies Record<string, readonly string[]>;

export type MemberMethod = keyof typeof parameters;

export const memberMethods = Object.keys(parameters) as readonly MemberMethod[];

export function isMemberMethod(method: string): method is MemberMethod {
  return Object.hasOwn(parameters, method);
}

/** A member call, understood. */
export interface MemberCall {
  readonly method: MemberMethod;
  /** Whom it is about; the caller itself where it names nobody. */
  readonly member: string | null;
  readonly role: Role;
}

export function memberCallOf(method: MemberMethod, args: JsonObject): MemberCall {
  const { member = null, role = "member" } = args as { readonly member?: string; readonly role?: Role };
  return { method, member, role };
}

/** What is wrong with its arguments goes to the problems. */
export function checkMemberCall(
  { method, args = {} }: { readonly method: MemberMethod; readonly args?: JsonObject },
  path: ScenarioPath,
  { roster, problems }: { readonly roster: Roster; readonly problems: Problems },
): void {
  const taken: readonly string[] = parameters[method];
  for (const name of Object.keys(args)) {
    if (taken.includes(name)) continue;
    const message = `found "${name}", expected ${taken.length === 0 ? "no arguments" : taken.join(" and ")} of ${method}`;
    problems.add("unknown-key", [...path, "args", name], message);
  }
  if (taken.includes("member")) {
    const { member } = args;
    if (typeof member === "string") roster.find(member, [...path, "args", "member"]);
    else problems.add("missing-key", [...path, "args"], `missing key "member": expected the id of a node`);
  }
  const { role } = args;
  const isMissing = role === undefined && method === "give-role";
  const isWrong = role !== undefined && !roles.some((each) => each === role);
  if (taken.includes("role") && (isMissing || isWrong)) {
    const message = `found ${showValue(role ?? null)}, expected one of ${roles.join(", ")}`;
    problems.add("bad-value", [...path, "args", "role"], message);
  }
}

/** Of one context: who is not a member from the start and comes nevertheless, and who is none in the end. */
export interface Movements {
  readonly coming: readonly number[];
  /** Oracles do not expect these to agree with the others, unless an expectation names them. */
  readonly outsiders: readonly number[];
}

export function movementsOf(
  { workload = [] }: Scenario,
  { id, isOnly, roster }: { readonly id: string; readonly isOnly: boolean; readonly roster: Roster },
): Movements {
  const coming = new Set<number>();
  const goneAtUs = new Map<number, number>();
  const letInAtUs = new Map<number, number>();
  for (const entry of workload) {
    const { context, method, args, node, nodes } = entry;
    if (!isMemberMethod(method) || (context === undefined ? !isOnly : context !== id)) continue;
    const atUs = ("at" in entry && parseDurationUs(entry.at)) || 0;
    const about = roster.known(typeof args?.member === "string" ? [args.member] : []);
    const callers = roster.known(node === undefined ? nodes : node);
    const { gone, letIn } = moved[method]({ about, callers });
    for (const each of gone) goneAtUs.set(each, Math.max(atUs, goneAtUs.get(each) ?? 0));
    for (const each of letIn) letInAtUs.set(each, Math.max(atUs, letInAtUs.get(each) ?? 0));
    if (method === "invite-member") for (const each of about) coming.add(each);
    if (method === "join-uninvited") for (const each of callers) coming.add(each);
  }
  const ascending = (nodes: readonly number[]) => nodes.toSorted((a, b) => a - b);
  const outsiders = Array.from(goneAtUs).filter(([node, atUs]) => (letInAtUs.get(node) ?? -1) <= atUs);
  return { coming: ascending(Array.from(coming)), outsiders: ascending(outsiders.map(([node]) => node)) };
}

interface Concerned {
  readonly about: readonly number[];
  readonly callers: readonly number[];
}

/** By method: who goes, and who is let in, should it be answered. */
const moved: Readonly<
  Record<
    MemberMethod,
    (concerned: Concerned) => { readonly gone: readonly number[]; readonly letIn: readonly number[] }
  >
> = {
  "invite-member": ({ about }) => ({ gone: [], letIn: about }),
  "give-role": ({ about }) => ({ gone: [], letIn: about }),
  "remove-member": ({ about }) => ({ gone: about, letIn: [] }),
  "leave-context": ({ callers }) => ({ gone: callers, letIn: [] }),
  "join-uninvited": ({ callers }) => ({ gone: callers, letIn: [] }),
  "delete-context": ({ callers }) => ({ gone: callers, letIn: [] }),
  "join-again": ({ callers }) => ({ gone: [], letIn: callers }),
};
