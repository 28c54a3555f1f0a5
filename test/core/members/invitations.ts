// Invitations of every form, made by hand.

import { nodeCrypto } from "../../../adapters/crypto/node-crypto.ts";
import { byteString, bytesOf } from "../../../core/ids.ts";
import { acceptInvitation, type InvitationDraft, issueInvitation } from "../../../core/members/invitation.ts";
import { type Invitation, roles } from "../../../core/members/membership.ts";
import type { Crypto, Identity } from "../../../core/ports.ts";
import { encode } from "../../../core/wire/cbor.ts";
import { signedMessage } from "../../../core/wire/signed.ts";

/** As older programs signed it: with no invitee it is for whoever presents it first. */
export function olderInvitation(draft: InvitationDraft, identity: Identity): Invitation {
  const body = encode([
    bytesOf(draft.contextId),
    bytesOf(identity.author),
    roles.indexOf(draft.role),
    bytesOf(draft.invitee ?? ""),
    draft.expiresMs,
    bytesOf(draft.nonce),
  ]);
  const sealed = encode([body, identity.sign(signedMessage("reconverge/invitation/1", body))]);
  return { kind: "invitation", ...draft, inviter: identity.author, body: byteString(body), sealed };
}

/** What `joiner` comes in by, once it is handed what `inviter` issues. */
export function acceptedInvitation(
  draft: InvitationDraft,
  { inviter, joiner, crypto = nodeCrypto }: { inviter: Identity; joiner: Identity; crypto?: Crypto },
): Invitation {
  const accepted = acceptInvitation(issueInvitation(draft, inviter, crypto), joiner.author, crypto);
  if (accepted.kind === "fault") throw new Error(`${accepted.code}: ${accepted.detail}`);
  return accepted;
}
