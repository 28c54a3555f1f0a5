/**
 * Who may do what in a context, and how that changes: what membership deltas say. `roster.ts` derives from them who is
 * a member; docs/decisions/0025-members.md says why so.
 */

import { type AuthorId, bytesOf, type ContextId } from "../ids.ts";
import { refuse } from "../wire/cbor.ts";
import { expectByteString, expectBytes, expectFields, expectInteger, expectList } from "../wire/expect.ts";

/** From the one who may most to the one who may least; by the code each has on the wire. */
export const roles = ["admin", "member", "reader"] as const;
/** `admin`: changes who is a member. `member`: reads and writes. `reader`: reads. */
export type Role = (typeof roles)[number];

export interface Member {
  readonly author: AuthorId;
  readonly role: Role;
}

/** What an admin signed for one key alone: one that it named, or that of whoever held the token (`invitation.ts`). */
export interface Invitation {
  readonly kind: "invitation";
  readonly contextId: ContextId;
  readonly inviter: AuthorId;
  readonly role: Role;
  /** Null: whoever presents it first, as older programs made them. */
  readonly invitee: AuthorId | null;
  /** Wall clock of the inviter: ms since 1970. */
  readonly expiresMs: number;
  /** 16 random bytes: an invitation admits one member. */
  readonly nonce: string;
  /** What its inviter signed, as bytes. All that is made of one token has it in common. */
  readonly body: string;
  /** As it is shown to peers and stands in a join, signature and proof included. */
  readonly sealed: Uint8Array;
}

export type MembershipChange =
  /** The delta's author comes in. */
  | { readonly kind: "join"; readonly invitation: Invitation }
  /** The delta's author goes. */
  | { readonly kind: "leave" }
  | { readonly kind: "remove"; readonly member: AuthorId }
  /** Another role for a member; for anyone else, admission. */
  | { readonly kind: "role"; readonly member: AuthorId; readonly role: Role }
  /** A new secret for the key of the context's topic, so that who was removed reads it no longer. */
  | { readonly kind: "rotate"; readonly secret: string }
  /** Who has been silent for long only reads from here on, until it returns. */
  | { readonly kind: "exclude"; readonly member: AuthorId }
  /** The delta's author has the role again that it was excluded from. */
  | { readonly kind: "return"; readonly role: Role };

/** Members a genesis may name. */
export const membersMax = 4_096;
/** Of a nonce, and of a secret. */
export const secretBytes = 16;
/** An invitation in any form. */
export const invitationBytesMax = 512;

const changeCodes = { join: 0, leave: 1, remove: 2, role: 3, rotate: 4, exclude: 5, return: 6 } as const;

export function encodeChange(change: MembershipChange): readonly unknown[] {
  const code = changeCodes[change.kind];
  switch (change.kind) {
    case "join":
      return [code, change.invitation.sealed];
    case "leave":
      return [code];
    case "remove":
    case "exclude":
      return [code, bytesOf(change.member)];
    case "role":
      return [code, bytesOf(change.member), roles.indexOf(change.role)];
    case "rotate":
      return [code, bytesOf(change.secret)];
    case "return":
      return [code, roles.indexOf(change.role)];
  }
}

/** For use inside `decoding`; `openInvitation` opens what a join carries. */
export function expectChange(
  value: unknown,
  openInvitation: (sealed: Uint8Array) => Invitation,
): MembershipChange {
  const [code] = Array.isArray(value) ? (value as unknown[]) : [];
  switch (code) {
    case changeCodes.join: {
      const [, sealed] = expectFields(value, 2, "a join");
      return Object.freeze({
        kind: "join",
        invitation: openInvitation(expectBytes(sealed, invitationBytesMax)),
      });
    }
    case changeCodes.leave:
      expectFields(value, 1, "a leave");
      return Object.freeze({ kind: "leave" });
    case changeCodes.remove: {
      const [, member] = expectFields(value, 2, "a removal");
      return Object.freeze({ kind: "remove", member: expectByteString<AuthorId>(member) });
    }
    case changeCodes.role: {
      const [, member, role] = expectFields(value, 3, "a change of role");
      return Object.freeze({
        kind: "role",
        member: expectByteString<AuthorId>(member),
        role: expectRole(role),
      });
    }
    case changeCodes.rotate: {
      const [, secret] = expectFields(value, 2, "a rotation");
      return Object.freeze({ kind: "rotate", secret: expectByteString(secret, secretBytes) });
    }
    case changeCodes.exclude: {
      const [, member] = expectFields(value, 2, "an exclusion");
      return Object.freeze({ kind: "exclude", member: expectByteString<AuthorId>(member) });
    }
    case changeCodes.return: {
      const [, role] = expectFields(value, 2, "a return");
      return Object.freeze({ kind: "return", role: expectRole(role) });
    }
    default:
      return refuse("malformed", `a change of members with code ${String(code)}`);
  }
}

export function expectRole(value: unknown): Role {
  return roles[expectInteger(value, roles.length - 1)] as Role;
}

/** Who is a member from the start, besides the creator: [[author, role], …]. */
export function encodeMembers(members: readonly Member[]): readonly unknown[] {
  return members.map(({ author, role }) => [bytesOf(author), roles.indexOf(role)]);
}

export function expectMembers(value: unknown): readonly Member[] {
  const members = expectList(value, membersMax, (entry): Member => {
    const [author, role] = expectFields(entry, 2, "a member");
    return Object.freeze({ author: expectByteString<AuthorId>(author), role: expectRole(role) });
  });
  if (new Set(members.map(({ author }) => author)).size < members.length)
    refuse("non-canonical", "a member is named twice");
  return Object.freeze(members);
}
