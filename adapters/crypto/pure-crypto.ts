/**
 * Hashing and signatures in plain JavaScript, for places without node:crypto (the guard realm, browsers).
 * The library's own verification is cofactored, so the equation is written out here.
 */

import { gcm } from "@noble/ciphers/aes.js";
import { ed25519 } from "@noble/curves/ed25519.js";
import { sha256, sha512 } from "@noble/hashes/sha2.js";
import type { Crypto } from "../../core/ports.ts";
import { createPureSigner } from "./pure-identity.ts";
import { hasReducedScalar, isAdmissiblePublicKey, isEqual } from "./strict-ed25519.ts";

const { Point } = ed25519;

export const pureCrypto: Crypto = {
  sha256: (bytes) => sha256(bytes),
  verify: (publicKey, message, signature) => {
    if (!hasReducedScalar(signature) || !isAdmissiblePublicKey(publicKey)) return false;
    const key = decodePoint(publicKey);
    if (key === null) return false;
    const encodedR = signature.subarray(0, 32);
    const challenge = sha512.create().update(encodedR).update(publicKey).update(message).digest();
    const k = littleEndian(challenge) % Point.Fn.ORDER;
    const s = littleEndian(signature.subarray(32));
    const found = Point.BASE.multiplyUnsafe(s).subtract(key.multiplyUnsafe(k));
    return isEqual(found.toBytes(), encodedR);
  },
  signer: createPureSigner,
  seal: (key, { nonce, content, about }) => gcm(key, nonce, about).encrypt(content),
  open: (key, { nonce, ciphertext, about }) => {
    try {
      return gcm(key, nonce, about).decrypt(ciphertext);
    } catch {
      return null; // The library says "not authentic" by throwing; to a caller it is one more message it cannot read.
    }
  },
};

/** Null when no point of the curve has that y. */
function decodePoint(encoded: Uint8Array): InstanceType<typeof Point> | null {
  try {
    return Point.fromBytes(encoded);
  } catch {
    return null; // The library says "not on the curve" by throwing; to a caller it is one more bad signature.
  }
}

function littleEndian(bytes: Uint8Array): bigint {
  let value = 0n;
  for (let index = bytes.length - 1; index >= 0; index -= 1)
    value = (value << 8n) | BigInt(bytes[index] ?? 0);
  return value;
}
