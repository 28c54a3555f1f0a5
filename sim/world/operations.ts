/** The calls of a plan as the core takes them: of an application's methods, and of the node's own about members. */

import { InvariantError, present } from "../../core/assert.ts";
import type { ContextId } from "../../core/ids.ts";
import type { ClientCall, RequestId } from "../../core/input.ts";
import { isMemberMethod, type MemberCall, memberCallOf } from "../plan/member-calls.ts";
import type { Plan, PlanOperation } from "../plan/plan.ts";
import { joinRequest } from "./joining.ts";
import type { World } from "./world.ts";

/** An operation, as its node is asked. */
export function callOf(
  world: World,
  { method, args }: Pick<PlanOperation, "method" | "args">,
  contextId: ContextId,
): ClientCall {
  if (isMemberMethod(method)) return memberCall(world, contextId, memberCallOf(method, args));
  return { kind: "execute", contextId, method, args };
}

function memberCall(
  world: World,
  contextId: ContextId,
  { method, member, role, forMs, anyone }: MemberCall,
): ClientCall {
  const named = () => world.node(indexOf(world, member)).author;
  switch (method) {
    case "invite-member":
      return { kind: "invite", contextId, role, invitee: anyone ? null : named(), expiresInMs: forMs };
    case "give-role":
      return { kind: "change-members", contextId, change: { kind: "role", member: named(), role } };
    case "remove-member":
      return { kind: "change-members", contextId, change: { kind: "remove", member: named() } };
    case "leave-context":
      return { kind: "change-members", contextId, change: { kind: "leave" } };
    case "delete-context":
      return { kind: "delete-context", contextId };
    case "join-again":
    case "join-uninvited":
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

function indexOf({ plan }: World, member: string | null): number {
  const index = plan.nodes.findIndex(({ id }) => id === member);
  if (index < 0) throw new InvariantError(`a member call is about ${member}, which is no node`);
  return index;
}
