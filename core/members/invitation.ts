/**
 * Invitations as bytes, each a canonical CBOR array, in three forms:
 *
 *   for one key   [body, signature]                  body = [contextId, inviter, role, invitee, expires ms, nonce]
 *   a token       [body, signature, seed]            body = the same with no invitee, and the token's key
 *   presented     [body, signature, joiner, proof]   what a node makes of a token when it is handed it
 *
 * The signature is the inviter's over a domain tag and the body; the proof is that of the token's key, which has this
 * seed, over another tag and [body, joiner]. docs/decisions/0037-tokens.md says why so.
 *
 * 1. A token is told to nobody: no message, delta or store takes that form. What is presented is worth nothing to others.
 * 2. A body with a key is never good without the proof, and one without is never good with one.
 *
 * Of the first form with no invitee are invitations that older programs made for anyone: they are read until they expire.
 */

import { type Fault, isFault } from "../fault.ts";
import { type AuthorId, byteString, bytesOf, type ContextId } from "../ids.ts";
import { hlcMsMax } from "../limits.ts";
import type { Crypto, Identity } from "../ports.ts";
import { secretAbout } from "../secret.ts";
import { decodeCanonical, decoding, encode, refuse } from "../wire/cbor.ts";
import { expectByteString, expectBytes, expectFields, expectInteger } from "../wire/expect.ts";
import { signatureBytes, signedMessage } from "../wire/signed.ts";
import { expectRole, type Invitation, invitationBytesMax, roles, secretBytes } from "./membership.ts";

const invitationDomain = "reconverge/invitation/1";
const proofDomain = "reconverge/invitation-proof/1";

export type InvitationDraft = Omit<Invitation, "kind" | "body" | "sealed" | "inviter">;

/** What to hand over, by other ways than the network: an invitation for one key, or for nobody in particular a token. */
export function issueInvitation(draft: InvitationDraft, identity: Identity, crypto: Crypto): Uint8Array {
  const fields = [
    bytesOf(draft.contextId),
    bytesOf(identity.author),
    roles.indexOf(draft.role),
    bytesOf(draft.invitee ?? ""),
    draft.expiresMs,
    bytesOf(draft.nonce),
  ];
  if (draft.invitee !== null) return encode(signedBody(fields, identity));
  const seed = secretAbout("reconverge/invitation-seed/1", encode(fields), { identity, crypto });
  return encode([...signedBody([...fields, bytesOf(crypto.signer(seed).author)], identity), seed]);
}

function signedBody(fields: readonly unknown[], identity: Identity): readonly Uint8Array[] {
  const body = encode(fields);
  return [body, identity.sign(signedMessage(invitationDomain, body))];
}

/** What `joiner` comes in by, of what it was handed, verified: what it presents of a token, else the same. Deterministic. */
export function acceptInvitation(handed: Uint8Array, joiner: AuthorId, crypto: Crypto): Invitation | Fault {
  return decoding("invitation", () => {
    const form = expectForm(handed);
    const presented = form.kind === "token" ? presentToken(form, bytesOf(joiner), crypto) : handed;
    return expectInvitation(presented, crypto);
  });
}

function presentToken({ body, signature, rest }: Form, joiner: Uint8Array, crypto: Crypto): Uint8Array {
  const seed = bytesOf(expectByteString(rest[0], seedBytes));
  return encode([body, signature, joiner, crypto.signer(seed).sign(provenMessage(body, joiner))]);
}

function provenMessage(body: Uint8Array, joiner: Uint8Array): Uint8Array {
  return signedMessage(proofDomain, encode([body, joiner]));
}

/** Decodes and verifies an invitation. A pure function of the bytes, but for what `crypto` computes. */
export function openInvitation(sealed: Uint8Array, crypto: Crypto): Invitation | Fault {
  return decoding("invitation", () => expectInvitation(sealed, crypto));
}

/** The same, for use inside `decoding`. */
export function expectInvitation(sealed: Uint8Array, crypto: Crypto): Invitation {
  const form = expectForm(sealed);
  if (form.kind === "token")
    return refuse("malformed", "a token, where what its holder makes of it is expected");
  const { body, fields, signature } = form;
  const inviter = expectByteString<AuthorId>(fields[1]);
  if (!crypto.verify(bytesOf(inviter), signedMessage(invitationDomain, body), signature))
    refuse("bad-signature", "the signature of an invitation is not its inviter's");
  return Object.freeze({
    kind: "invitation",
    contextId: expectByteString<ContextId>(fields[0]),
    inviter,
    role: expectRole(fields[2]),
    invitee: form.kind === "presented" ? expectProven(form, crypto) : expectInvitee(fields[3]),
    expiresMs: expectInteger(fields[4], hlcMsMax),
    nonce: expectByteString(fields[5], secretBytes),
    body: byteString(body),
    sealed,
  });
}

function expectInvitee(value: unknown): AuthorId | null {
  return expectBytes(value, 32).length === 0 ? null : expectByteString<AuthorId>(value);
}

/** Who presents it, as the token's key says. */
function expectProven({ body, fields, rest }: Form, crypto: Crypto): AuthorId {
  const joiner = expectByteString<AuthorId>(rest[0]);
  if (expectInvitee(fields[3]) !== null)
    refuse("malformed", "an invitation that names both a key of its own and whom it is for");
  const key = bytesOf(expectByteString(fields[6]));
  if (!crypto.verify(key, provenMessage(body, bytesOf(joiner)), expectBytes(rest[1], signatureBytes)))
    refuse("bad-signature", "the proof of an invitation is not that of its key for who presents it");
  return joiner;
}

/** The context an invitation is to, in whatever form, unverified; null for bytes that are no invitation. */
export function contextOfInvitation(sealed: Uint8Array): ContextId | null {
  const found = decoding("invitation", () => {
    const [contextId] = expectForm(sealed).fields;
    return { kind: "found" as const, contextId: expectByteString<ContextId>(contextId) };
  });
  return isFault(found) ? null : found.contextId;
}

interface Form {
  readonly kind: "named" | "token" | "presented";
  readonly body: Uint8Array;
  /** Of the body. */
  readonly fields: readonly unknown[];
  readonly signature: Uint8Array;
  /** What follows the signature. */
  readonly rest: readonly unknown[];
}

const seedBytes = 32;
/** By the length of the array. */
const forms: Readonly<Record<number, { readonly kind: Form["kind"]; readonly bodyFields: number }>> = {
  2: { kind: "named", bodyFields: 6 },
  3: { kind: "token", bodyFields: 7 },
  4: { kind: "presented", bodyFields: 7 },
};

function expectForm(sealed: Uint8Array): Form {
  const whole = decodeCanonical(sealed, invitationBytesMax);
  const form = Array.isArray(whole) ? forms[whole.length] : undefined;
  if (form === undefined) return refuse("malformed", "an invitation is not an array of 2, 3 or 4");
  const [first, signature, ...rest] = whole as readonly unknown[];
  const body = expectBytes(first, invitationBytesMax);
  const value = decodeCanonical(body, invitationBytesMax);
  return {
    kind: form.kind,
    body,
    fields: expectFields(value, form.bodyFields, `the body of an invitation of ${form.kind} form`),
    signature: expectBytes(signature, signatureBytes),
    rest,
  };
}
