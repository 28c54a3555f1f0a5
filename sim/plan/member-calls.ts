/**
 * Calls of a workload that the node itself answers and not its application: who comes, who goes, who may do what.
 */

import type { JsonObject } from "../../core/json.ts";
import { type Role, roles } from "../../core/members/membership.ts";
import type { Scenario } from "../scenario/scenario.ts";
import { type Problems, type ScenarioPath, showValue } from "../scenario/scenario-error.ts";
import type { Roster } from "./roster.ts";

/** What each takes: `member`, a node; `role`, which `invite-member` may leave out. */
const parameters = {
  /** Signs an invitation for a node and hands it over; the node comes in by it, unless it is late. */
  "invite-member": ["member", "role", "forMs", "anyone"],
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
  /** How long an invitation is good for. */
  readonly forMs: number;
  /** The invitation names nobody: the member is handed a token. */
  readonly anyone: boolean;
}

/** In a run nothing is too late by this. */
const invitedForMs = 365 * 24 * 3_600_000;

export function memberCallOf(method: MemberMethod, args: JsonObject): MemberCall {
  const {
    member = null,
    role = "member",
    forMs = invitedForMs,
    anyone = false,
  } = args as Partial<Omit<MemberCall, "method">>;
  return { method, member, role, forMs, anyone };
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
  const { role, forMs, anyone } = args;
  if (taken.includes("anyone") && anyone !== undefined && typeof anyone !== "boolean") {
    const message = `found ${showValue(anyone)}, expected true or false`;
    problems.add("bad-value", [...path, "args", "anyone"], message);
  }
  if (taken.includes("forMs") && forMs !== undefined && !(Number.isSafeInteger(forMs) && Number(forMs) > 0)) {
    const message = `found ${showValue(forMs)}, expected a whole number of milliseconds above 0`;
    problems.add("bad-value", [...path, "args", "forMs"], message);
  }
  const isMissing = role === undefined && method === "give-role";
  const isWrong = role !== undefined && !roles.some((each) => each === role);
  if (taken.includes("role") && (isMissing || isWrong)) {
    const message = `found ${showValue(role ?? null)}, expected one of ${roles.join(", ")}`;
    problems.add("bad-value", [...path, "args", "role"], message);
  }
}

/** Of one context: who is not a member from the start and comes nevertheless, and who is to go or knocks. */
export interface Movements {
  readonly coming: readonly number[];
  /**
   * Oracles do not expect these to agree with the others, unless an expectation names them. One that is let in again
   * later is among them: whether that call is answered depends on the run.
   */
  readonly outsiders: readonly number[];
}

export function movementsOf(
  { workload = [] }: Scenario,
  { id, isOnly, roster }: { readonly id: string; readonly isOnly: boolean; readonly roster: Roster },
): Movements {
  const coming = new Set<number>();
  const outsiders = new Set<number>();
  for (const { context, method, args, node, nodes } of workload) {
    if (!isMemberMethod(method) || (context === undefined ? !isOnly : context !== id)) continue;
    const about = roster.known(typeof args?.member === "string" ? [args.member] : []);
    const callers = roster.known(node === undefined ? nodes : node);
    const { comes = [], goes = [] } = movedBy[method]?.({ about, callers }) ?? {};
    for (const each of comes) coming.add(each);
    for (const each of goes) outsiders.add(each);
  }
  const ascending = (nodes: ReadonlySet<number>) => Array.from(nodes).sort((a, b) => a - b);
  return { coming: ascending(coming), outsiders: ascending(outsiders) };
}

interface Concerned {
  readonly about: readonly number[];
  readonly callers: readonly number[];
}

/** Who comes and who goes, should it be answered. */
const movedBy: Readonly<
  Partial<
    Record<
      MemberMethod,
      (concerned: Concerned) => { readonly comes?: readonly number[]; readonly goes?: readonly number[] }
    >
  >
> = {
  "invite-member": ({ about }) => ({ comes: about }),
  "remove-member": ({ about }) => ({ goes: about }),
  "leave-context": ({ callers }) => ({ goes: callers }),
  "join-uninvited": ({ callers }) => ({ comes: callers, goes: callers }),
  "delete-context": ({ callers }) => ({ goes: callers }),
};
