/** The calls of a plan as the core takes them: of an application's methods, and of the node's own about members. */

import { present } from "../../core/assert.ts";
import type { ContextId, PeerId } from "../../core/ids.ts";
import type { ClientCall, RequestId } from "../../core/input.ts";
import { isMemberMethod, type MemberCall, memberCallOf } from "../plan/member-calls.ts";
import type { Plan } from "../plan/plan.ts";
import { joinRequest } from "./fault-injector.ts";
import type { World } from "./world.ts";

/** In a run nothing is too late by this. */
const invitedForMs = 365 * 24 * 3_600_000;

/** The operation of this number, as its node is asked; null where the context never came to be. */
export function callOf(
  world: World,
  index: number,
): { readonly node: number; readonly call: ClientCall } | null {
  const { node, context, method, args } = present(world.plan.operations[index], "an operation");
  const contextId = world.contextIds.get(context);
  if (contextId === undefined) return null;
  return isMemberMethod(method)
    ? { node, call: memberCall(world, contextId, memberCallOf(method, args)) }
    : { node, call: { kind: "execute", contextId, method, args } };
}

function memberCall(world: World, contextId: ContextId, { method, member, role }: MemberCall): ClientCall {
  const named = () => world.node(indexOf(world, member)).author;
  switch (method) {
    case "@invite":
      return { kind: "invite", contextId, role, invitee: named(), expiresInMs: invitedForMs };
    case "@role":
      return { kind: "change-members", contextId, change: { kind: "role", member: named(), role } };
    case "@remove":
      return { kind: "change-members", contextId, change: { kind: "remove", member: named() } };
    case "@leave":
      return { kind: "change-members", contextId, change: { kind: "leave" } };
    case "@knock":
      return { kind: "join-context", contextId };
  }
}

/** Whoever is invited is handed the invitation by other ways than the network, and comes if it is there. */
export function handOver(world: World, request: RequestId, invitation: Uint8Array): void {
  const { context, method, args } = present(world.plan.operations[Number(request)], "an operation");
  if (!isMemberMethod(method)) return;
  const contextId = present(world.contextIds.get(context), "the context of an operation");
  const invited = indexOf(world, memberCallOf(method, args).member);
  const call = { kind: "join-context", contextId, invitation } as const;
  if (world.isUp(invited)) world.deliver(invited, { kind: "request", request: joinRequest, call });
}

/** Of each context, who keeps it and is no member in the end. */
export function outsidersOf(
  plan: Plan,
  contextIds: ReadonlyMap<string, ContextId>,
): ReadonlyMap<ContextId, ReadonlySet<number>> {
  return new Map(
    plan.contexts.map(({ id, outsiders }) => [present(contextIds.get(id), "a context"), new Set(outsiders)]),
  );
}

function indexOf(world: World, member: string | null): number {
  return world.indexOf(present(member, "whom a member call is about") as PeerId);
}
