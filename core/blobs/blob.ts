/**
 * A blob: bytes too many for a delta, cut into chunks of 1 MiB. Its id is the SHA-256 of its manifest, which lists the
 * SHA-256 of each chunk; so whoever knows the id can tell of the manifest, and then of every chunk as it arrives,
 * whether it is the right one. docs/decisions/0024-blobs.md. Invariant 7.
 */

import { type Fault, fault } from "../fault.ts";
import { type BlobId, byteString, bytesOf, type Hash, idBytes } from "../ids.ts";
import { blobBytesMax, blobChunksMax, chunkBytes, partBytes } from "../limits.ts";
import type { Crypto } from "../ports.ts";
import { decodeCanonical, decoding, encode, refuse } from "../wire/cbor.ts";
import { expectBytes, expectFields, expectInteger } from "../wire/expect.ts";

export interface Manifest {
  /** Of the blob, in bytes. */
  readonly size: number;
  /** The hashes of its chunks, in order; all but the last are `chunkBytes` long. */
  readonly chunks: readonly Hash[];
}

/** Hashes of all chunks, and what is around them. */
export const manifestBytesMax = blobChunksMax * idBytes + 64;
const manifestVersion = 1;

/** `[version, size, hashes]`, canonical. */
export function encodeManifest({ size, chunks }: Manifest): Uint8Array {
  return encode([manifestVersion, size, bytesOf(chunks.join(""))]);
}

export function blobIdOf(manifest: Uint8Array, crypto: Crypto): BlobId {
  return byteString<BlobId>(crypto.sha256(manifest));
}

/** A manifest is kept as a chunk is, under its own hash, which is the blob's id. */
export function manifestChunk(blob: BlobId): Hash {
  return blob as string as Hash;
}

/** The blob that a chunk is the manifest of, if it is one. */
export function blobOf(chunk: Hash): BlobId {
  return chunk as string as BlobId;
}

/** For use inside `decoding`. */
export function decodeManifest(bytes: Uint8Array): Manifest {
  const [version, size, hashes] = expectFields(decodeCanonical(bytes, manifestBytesMax), 3, "a manifest");
  if (version !== manifestVersion)
    refuse("unknown-version", `a manifest of version ${String(version)}, expected ${manifestVersion}`);
  const length = expectInteger(size, blobBytesMax);
  const joined = byteString(expectBytes(hashes, blobChunksMax * idBytes));
  if (joined.length !== chunkCountOf(length) * idBytes)
    refuse("malformed", `${joined.length} bytes of hashes for a blob of ${length} bytes`);
  const chunks = Array.from({ length: chunkCountOf(length) }, (_, index) =>
    joined.slice(index * idBytes, (index + 1) * idBytes),
  );
  return Object.freeze({ size: length, chunks: Object.freeze(chunks as Hash[]) });
}

/** The manifest that a peer gave for a blob, if it is the one its id names. */
export function openManifest(
  bytes: Uint8Array,
  blob: BlobId,
  crypto: Crypto,
): { readonly kind: "manifest"; readonly manifest: Manifest } | Fault {
  if (blobIdOf(bytes, crypto) !== blob) return fault("false-blob", "a manifest that is not the blob's");
  return decoding("a manifest", () => ({ kind: "manifest", manifest: decodeManifest(bytes) }) as const);
}

/** Why bytes are not a chunk of a blob, or null when they are. */
export function findFalseChunk(
  bytes: Uint8Array,
  { manifest, index }: { readonly manifest: Manifest; readonly index: number },
  crypto: Crypto,
): Fault | null {
  const isRight = hashOfChunk(bytes, crypto) === manifest.chunks[index];
  return isRight ? null : fault("false-blob", `bytes that are not chunk ${index} of the blob`);
}

export function hashOfChunk(bytes: Uint8Array, crypto: Crypto): Hash {
  return byteString<Hash>(crypto.sha256(bytes));
}

/** How many chunks so many bytes make. */
export function chunkCountOf(size: number): number {
  return Math.ceil(size / chunkBytes);
}

/** The bytes of a chunk. */
export function chunkLengthOf({ size }: Manifest, index: number): number {
  return Math.min(chunkBytes, size - index * chunkBytes);
}

/** A chunk cut up as it travels. */
export function partsOf(
  chunk: Uint8Array,
): readonly { readonly offset: number; readonly bytes: Uint8Array }[] {
  return Array.from({ length: Math.ceil(chunk.length / partBytes) }, (_, nth) => {
    const offset = nth * partBytes;
    return { offset, bytes: chunk.subarray(offset, offset + partBytes) };
  });
}

export function lengthOf(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, { length }) => sum + length, 0);
}

export function joinParts(parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(lengthOf(parts));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

/** Of each chunk of a blob whether it is there, eight to a byte, the first in the lowest bit. */
export function packBits(bits: readonly boolean[]): Uint8Array {
  const packed = new Uint8Array(Math.ceil(bits.length / 8));
  bits.forEach((isSet, index) => {
    if (isSet) packed[index >> 3] = (packed[index >> 3] ?? 0) | (1 << (index & 7));
  });
  return packed;
}

export function hasBit(packed: Uint8Array, index: number): boolean {
  return (((packed[index >> 3] ?? 0) >> (index & 7)) & 1) === 1;
}
