/** A node's key made from a seed: the same seed gives the same key and, Ed25519 being so, the same signatures. */

import { createPrivateKey, createPublicKey, type KeyObject, sign } from "node:crypto";
import type { PeerId } from "../../core/ids.ts";
import { byteString } from "../../core/ids.ts";
import type { Identity, Signer } from "../../core/ports.ts";
import { publicKeyBytes, seedBytes } from "./strict-ed25519.ts";

/** An Ed25519 key in PKCS #8 (RFC 8410), without its last 32 bytes, the seed. */
const privateKeyInfoPrefix = Buffer.from("302e020100300506032b657004220420", "hex");

/** An identity on node:crypto. The seed is 32 secret bytes; `peer` is the name its driver knows it by. */
export function createNodeIdentity(seed: Uint8Array, peer: PeerId): Identity {
  return { ...createNodeSigner(seed), peer };
}

/** The key of a seed. */
export function createNodeSigner(seed: Uint8Array): Signer {
  const privateKey = privateKeyOf(seed);
  return {
    author: byteString(publicKeyOf(privateKey)),
    sign: (message) => {
      const signature = sign(null, message, privateKey);
      return new Uint8Array(signature.buffer, signature.byteOffset, signature.byteLength);
    },
  };
}

/** The public key that belongs to a seed: 32 bytes. */
export function publicKeyOfSeed(seed: Uint8Array): Uint8Array {
  return publicKeyOf(privateKeyOf(seed));
}

function privateKeyOf(seed: Uint8Array): KeyObject {
  if (seed.length !== seedBytes)
    throw new RangeError(`a seed of ${seed.length} bytes, expected ${seedBytes}`);
  const der = Buffer.concat([privateKeyInfoPrefix, seed]);
  return createPrivateKey({ key: der, format: "der", type: "pkcs8" });
}

function publicKeyOf(privateKey: KeyObject): Uint8Array {
  const publicKeyInfo = createPublicKey(privateKey).export({ format: "der", type: "spki" });
  return new Uint8Array(publicKeyInfo.subarray(-publicKeyBytes));
}
