/** A node's key made from a seed: the same seed gives the same key and, Ed25519 being so, the same signatures. */

import { createPrivateKey, createPublicKey, sign } from "node:crypto";
import type { PeerId } from "../../core/ids.ts";
import { byteString } from "../../core/ids.ts";
import type { Identity } from "../../core/ports.ts";
import { publicKeyBytes, seedBytes } from "./strict-ed25519.ts";

/** An Ed25519 key in PKCS #8 (RFC 8410), without its last 32 bytes, the seed. */
const privateKeyInfoPrefix = Buffer.from("302e020100300506032b657004220420", "hex");

/** An identity on node:crypto. The seed is 32 secret bytes; `peer` is the name its driver knows it by. */
export function createNodeIdentity(seed: Uint8Array, peer: PeerId): Identity {
  if (seed.length !== seedBytes)
    throw new RangeError(`a seed of ${seed.length} bytes, expected ${seedBytes}`);
  const der = Buffer.concat([privateKeyInfoPrefix, seed]);
  const privateKey = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  const publicKeyInfo = createPublicKey(privateKey).export({ format: "der", type: "spki" });
  return {
    author: byteString(publicKeyInfo.subarray(-publicKeyBytes)),
    peer,
    sign: (message) => {
      const signature = sign(null, message, privateKey);
      return new Uint8Array(signature.buffer, signature.byteOffset, signature.byteLength);
    },
  };
}
