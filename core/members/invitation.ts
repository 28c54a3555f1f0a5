/**
 * Invitations as bytes: the canonical CBOR array [body, signature], the signature over a domain tag and the body
 *
 *   [contextId, inviter, role, invitee or nothing, expires ms, nonce]
 */

import { type Fault, isFault } from "../fault.ts";
import { type AuthorId, bytesOf, type ContextId } from "../ids.ts";
import { hlcMsMax } from "../limits.ts";
import type { Crypto, Identity } from "../ports.ts";
import { decodeCanonical, decoding, encode, refuse } from "../wire/cbor.ts";
import { expectByteString, expectBytes, expectFields, expectInteger } from "../wire/expect.ts";
import { signatureBytes, signedMessage } from "../wire/signed.ts";
import { expectRole, type Invitation, invitationBytesMax, roles, secretBytes } from "./membership.ts";

const invitationDomain = "reconverge/invitation/1";

export function sealInvitation(
  draft: Omit<Invitation, "kind" | "sealed" | "inviter">,
  identity: Identity,
): Uint8Array {
  const body = encode([
    bytesOf(draft.contextId),
    bytesOf(identity.author),
    roles.indexOf(draft.role),
    bytesOf(draft.invitee ?? ""),
    draft.expiresMs,
    bytesOf(draft.nonce),
  ]);
  return encode([body, identity.sign(signedMessage(invitationDomain, body))]);
}

/** Decodes and verifies an invitation. A pure function of the bytes, but for what `crypto` computes. */
export function openInvitation(sealed: Uint8Array, crypto: Crypto): Invitation | Fault {
  return decoding("invitation", () => expectInvitation(sealed, crypto));
}

/** The same, for use inside `decoding`. */
export function expectInvitation(sealed: Uint8Array, crypto: Crypto): Invitation {
  const [body, signature] = expectFields(decodeCanonical(sealed, invitationBytesMax), 2, "an invitation");
  const bytes = expectBytes(body, invitationBytesMax);
  const fields = expectFields(decodeCanonical(bytes, invitationBytesMax), 6, "an invitation's body");
  const inviter = expectByteString<AuthorId>(fields[1]);
  const signed = expectBytes(signature, signatureBytes);
  if (!crypto.verify(bytesOf(inviter), signedMessage(invitationDomain, bytes), signed))
    refuse("bad-signature", "the signature of an invitation is not its inviter's");
  const invitee = expectBytes(fields[3], 32);
  return Object.freeze({
    kind: "invitation",
    contextId: expectByteString<ContextId>(fields[0]),
    inviter,
    role: expectRole(fields[2]),
    invitee: invitee.length === 0 ? null : expectByteString<AuthorId>(invitee),
    expiresMs: expectInteger(fields[4], hlcMsMax),
    nonce: expectByteString(fields[5], secretBytes),
    sealed,
  });
}

/** The context an invitation is to, unverified; null for bytes that are no invitation. */
export function contextOfInvitation(sealed: Uint8Array): ContextId | null {
  const found = decoding("invitation", () => {
    const [body] = expectFields(decodeCanonical(sealed, invitationBytesMax), 2, "an invitation");
    const bytes = expectBytes(body, invitationBytesMax);
    const [contextId] = expectFields(decodeCanonical(bytes, invitationBytesMax), 6, "an invitation's body");
    return { kind: "found" as const, contextId: expectByteString<ContextId>(contextId) };
  });
  return isFault(found) ? null : found.contextId;
}
