/**
 * Who may find that the past closed without what it has: only where somebody forgot what it had said, lied, or was not
 * asked, since it was made less or came in meanwhile. Everywhere else the past waits for whoever may write, and who is
 * astray was left behind: docs/decisions/0034-collecting.md.
 */

import type { ContextId } from "../../core/ids.ts";
import { isMemberMethod } from "../plan/member-calls.ts";
import type { Plan, PlanFault } from "../plan/plan.ts";

/** Contexts of a plan in which nobody may ever be astray. */
export function neverAstray(
  { operations, faults }: Plan,
  contextIds: ReadonlyMap<string, ContextId>,
): ReadonlySet<ContextId> {
  if (faults.some(makesAstray)) return new Set();
  const changing = new Set(
    operations.flatMap(({ method, context }) => (isMemberMethod(method) ? [context] : [])),
  );
  return new Set(Array.from(contextIds).flatMap(([name, id]) => (changing.has(name) ? [] : [id])));
}

function makesAstray(fault: PlanFault): boolean {
  if (fault.kind === "byzantine") return true;
  return fault.kind === "crash" && ["wipe", "rollback", "corrupt"].includes(fault.disk);
}
