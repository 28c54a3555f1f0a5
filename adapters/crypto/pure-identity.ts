/** The same identity as `createNodeIdentity` gives, without node:crypto. */

import { ed25519 } from "@noble/curves/ed25519.js";
import { byteString, type PeerId } from "../../core/ids.ts";
import type { Identity, Signer } from "../../core/ports.ts";
import { seedBytes } from "./strict-ed25519.ts";

/** An identity in plain JavaScript. The seed is 32 secret bytes; `peer` is the name its driver knows it by. */
export function createPureIdentity(seed: Uint8Array, peer: PeerId): Identity {
  return { ...createPureSigner(seed), peer };
}

/** The key of a seed. */
export function createPureSigner(seed: Uint8Array): Signer {
  if (seed.length !== seedBytes)
    throw new RangeError(`a seed of ${seed.length} bytes, expected ${seedBytes}`);
  const secret = Uint8Array.from(seed);
  return {
    author: byteString(ed25519.getPublicKey(secret)),
    sign: (message) => ed25519.sign(message, secret),
  };
}
