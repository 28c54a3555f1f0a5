/**
 * How values lie in LevelDB: each with a checksum of key and value, or sealed under a key (AES-256-GCM). LevelDB
 * checks its own checksums neither when it reads nor when it compacts, so without these a damaged table would be
 * read as if it were what was written. Keys of entries are not sealed: whoever has the disk sees how many there
 * are, and the ids of contexts and deltas.
 */

import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";
import { crc32 } from "node:zlib";

/** What a store's marker says of its values. */
export type ValueFormat =
  | { readonly kind: "checked" }
  /** The key follows from the secret and the salt; `check` tells a wrong secret. Hexadecimal. */
  | { readonly kind: "encrypted"; readonly salt: string; readonly check: string };

export interface ValueSeal {
  seal(key: Buffer, value: Uint8Array): Uint8Array;
  /** The value, or null where it is not what was written under this key. */
  open(key: Buffer, stored: Uint8Array): Uint8Array | null;
}

const checksumBytes = 4;
const nonceBytes = 12;
const tagBytes = 16;
export const secretBytes = 32;

/** As stores of version 1 have them. */
export const bareValues: ValueSeal = {
  seal: (_key, value) => value,
  open: (_key, stored) => stored,
};

export const checkedValues: ValueSeal = {
  seal: (key, value) => {
    const stored = Buffer.allocUnsafe(value.length + checksumBytes);
    stored.set(value);
    stored.writeUInt32LE(checksum(key, value), value.length);
    return stored;
  },
  open: (key, stored) => {
    const length = stored.length - checksumBytes;
    if (length < 0) return null;
    const value = stored.subarray(0, length);
    const expected = Buffer.from(stored.buffer, stored.byteOffset + length, checksumBytes).readUInt32LE();
    return checksum(key, value) === expected ? value : null;
  },
};

/** A format for a store that is to be sealed with this secret from now on. */
export function chooseFormat(secret: Uint8Array | null): ValueFormat {
  if (secret === null) return { kind: "checked" };
  const salt = randomBytes(16).toString("hex");
  return { kind: "encrypted", salt, check: derive(secret, salt, "check").toString("hex", 0, 8) };
}

/** What reads and writes values of this format; null when the secret is not the one, or there is none. */
export function sealOf(format: ValueFormat, secret: Uint8Array | null): ValueSeal | null {
  if (format.kind === "checked") return checkedValues;
  if (secret === null || derive(secret, format.salt, "check").toString("hex", 0, 8) !== format.check)
    return null;
  return encryptedValues(derive(secret, format.salt, "values"));
}

/** A fresh nonce for each value; the entry's key is authenticated with it, so that values cannot be swapped. */
function encryptedValues(key: Buffer): ValueSeal {
  return {
    seal: (about, value) => {
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(about);
      return Buffer.concat([nonce, cipher.update(value), cipher.final(), cipher.getAuthTag()]);
    },
    open: (about, stored) => {
      if (stored.length < nonceBytes + tagBytes) return null;
      const end = stored.length - tagBytes;
      const decipher = createDecipheriv("aes-256-gcm", key, stored.subarray(0, nonceBytes));
      decipher.setAAD(about).setAuthTag(stored.subarray(end));
      const value = decipher.update(stored.subarray(nonceBytes, end));
      try {
        decipher.final();
      } catch {
        return null; // The package says "not authentic" by throwing.
      }
      return value;
    },
  };
}

function checksum(key: Buffer, value: Uint8Array): number {
  return crc32(value, crc32(key));
}

function derive(secret: Uint8Array, salt: string, purpose: "values" | "check"): Buffer {
  return Buffer.from(hkdfSync("sha256", secret, Buffer.from(salt, "hex"), `reconverge store ${purpose}`, 32));
}
