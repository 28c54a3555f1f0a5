/** What may be said of members, as the roster at the cut of whoever says it has them. Invariant 13. */

import type { Hlc } from "../hlc.ts";
import type { AuthorId } from "../ids.ts";
import type { Invitation, MembershipChange, Role } from "./membership.ts";
import { isInviting, isLastAdmin, type Roster } from "./roster.ts";

/** By whom, when and on what a change of members is made. */
export interface Standing {
  readonly author: AuthorId;
  readonly hlc: Hlc;
  readonly roster: Roster;
  /** The role of whoever is not named. */
  readonly others: Role | null;
  /** Did someone come in by it, in the same cut? */
  readonly isUsed: (invitation: Invitation) => boolean;
}

export function mayWrite(role: Role | null): boolean {
  return role === "admin" || role === "member";
}

/** Why a change may not be made, in a sentence; null where it may. */
export function problemWith(
  change: MembershipChange,
  { author, hlc, roster, others, isUsed }: Standing,
): string | null {
  const isAdmin = roster.get(author)?.role === "admin";
  switch (change.kind) {
    case "join": {
      const { invitation } = change;
      if (!isInviting(invitation, author, roster))
        return "it joins by an invitation that is not an admin's for it";
      // By the clock of who joins: one that runs ahead elsewhere must not end invitations.
      if (hlc.ms > invitation.expiresMs) return "it joins by an invitation that had expired";
      return isUsed(invitation) ? "it joins by an invitation that was used" : null;
    }
    case "leave":
      if (roster.get(author)?.role == null) return "its author was no member that could leave";
      return isLastAdmin(roster, author) ? "the last admin may not leave" : null;
    case "remove": {
      if (!isAdmin) return "only an admin removes members";
      const seat = roster.get(change.member);
      if ((seat === undefined ? others : seat.role) === null) return "who is to be removed is no member";
      return isLastAdmin(roster, change.member) ? "the last admin may not be removed" : null;
    }
    case "role":
      if (!isAdmin) return "only an admin gives roles";
      return change.role !== "admin" && isLastAdmin(roster, change.member)
        ? "the last admin stays one"
        : null;
    case "rotate":
      return isAdmin ? null : "only an admin changes the key";
    case "exclude":
      if (!isAdmin) return "only an admin excludes members";
      if (!mayWrite(roster.get(change.member)?.role ?? null)) return "it excludes someone who does not write";
      return isLastAdmin(roster, change.member) ? "the last admin may not be excluded" : null;
    case "return":
      return roster.get(author)?.returnsTo === change.role ? null : "it returns from no exclusion";
  }
}
