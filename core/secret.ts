/**
 * Secrets that nobody else can work out: the hash of a signature by the node's own key, which is told to nobody. What a
 * node draws by chance (`random.ts`) is made to be repeated, and others see enough of it to tell what comes next.
 */

import type { Crypto, Identity } from "./ports.ts";
import { signedMessage } from "./wire/signed.ts";

/** Signed for secrets, and for nothing that is ever told. */
export type SecretDomain =
  | "reconverge/genesis-secret/1"
  | "reconverge/invitation-seed/1"
  | "reconverge/topic-secret/1";

/** 32 bytes; the same for the same `about`. */
export function secretAbout(
  domain: SecretDomain,
  about: Uint8Array,
  { identity, crypto }: { readonly identity: Identity; readonly crypto: Crypto },
): Uint8Array {
  return crypto.sha256(identity.sign(signedMessage(domain, about)));
}
