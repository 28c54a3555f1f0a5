/**
 * Hashing and signatures on node:crypto: the fast implementation. OpenSSL verifies without the cofactor,
 * compares the encoding of S·B − k·A with R and refuses S ≥ L; it takes any public key, so that is checked here.
 */

import { createCipheriv, createDecipheriv, createPublicKey, hash, type KeyObject, verify } from "node:crypto";
import type { Crypto } from "../../core/ports.ts";
import { createNodeSigner } from "./identity.ts";
import { hasReducedScalar, isAdmissiblePublicKey } from "./strict-ed25519.ts";

export const nodeCrypto: Crypto = {
  sha256: (bytes) => {
    const digest = hash("sha256", bytes, "buffer");
    return new Uint8Array(digest.buffer, digest.byteOffset, digest.byteLength);
  },
  verify: (publicKey, message, signature) => {
    if (!hasReducedScalar(signature)) return false;
    const key = keyOf(publicKey);
    return key !== null && verify(null, message, key, signature);
  },
  signer: createNodeSigner,
  seal: (key, { nonce, content, about }) => {
    const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(about);
    const ciphertext = cipher.update(content);
    cipher.final();
    const sealed = new Uint8Array(ciphertext.length + sealTagBytes);
    sealed.set(ciphertext);
    sealed.set(cipher.getAuthTag(), ciphertext.length);
    return sealed;
  },
  open: (key, { nonce, ciphertext, about }) => {
    const length = ciphertext.length - sealTagBytes;
    if (length < 0) return null;
    const decipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: sealTagBytes });
    decipher.setAAD(about).setAuthTag(ciphertext.subarray(length));
    const content = new Uint8Array(decipher.update(ciphertext.subarray(0, length)));
    try {
      decipher.final();
      return content;
    } catch {
      return null; // OpenSSL says "not authentic" by throwing; to a caller it is one more message it cannot read.
    }
  },
};

const sealTagBytes = 16;

/** Making a key object costs as much as a third of a verification, and few authors write most deltas. */
const keysMax = 4_096;
const keys = new Map<string, KeyObject>();

/** An Ed25519 key in SubjectPublicKeyInfo (RFC 8410), without its last 32 bytes. */
const publicKeyInfoPrefix = Buffer.from("302a300506032b6570032100", "hex");

/** The key object of an admissible public key, or null. */
function keyOf(publicKey: Uint8Array): KeyObject | null {
  const name = Buffer.from(publicKey.buffer, publicKey.byteOffset, publicKey.byteLength).toString("latin1");
  const known = keys.get(name);
  if (known !== undefined) return known;
  if (!isAdmissiblePublicKey(publicKey)) return null;
  const der = Buffer.concat([publicKeyInfoPrefix, publicKey]);
  const key = createPublicKey({ key: der, format: "der", type: "spki" });
  for (const oldest of keys.keys()) {
    if (keys.size < keysMax) break;
    keys.delete(oldest);
  }
  keys.set(name, key);
  return key;
}
