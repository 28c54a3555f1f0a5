/**
 * Everything one node may say to another on a blob stream. Whoever opened it asks, the other answers; a chunk is sent
 * for each that was asked for, so asking is the flow control. Codes are distinct from those on sync streams.
 */

import { manifestBytesMax } from "../blobs/blob.ts";
import type { Fault } from "../fault.ts";
import { type BlobId, bytesOf, type ContextId } from "../ids.ts";
import { blobChunksMax, chunkBytes, frameBytesMax, partBytes, wireVersion } from "../limits.ts";
import { decodeValue, decoding, encode, refuse } from "./cbor.ts";
import { expectByteString, expectBytes, expectFields, expectInteger } from "./expect.ts";

export type BlobMessage =
  /** "Give me this blob, to which that context refers." Opens every stream. */
  | { readonly kind: "blob-request"; readonly contextId: ContextId; readonly blob: BlobId }
  /** "Its manifest, and a bit for each of its chunks that I have." */
  | { readonly kind: "blob-offer"; readonly manifest: Uint8Array; readonly held: Uint8Array }
  | { readonly kind: "chunk-request"; readonly index: number }
  /** A part of a chunk that was asked for; parts come in order, and the last one ends it. */
  | {
      readonly kind: "chunk";
      readonly index: number;
      readonly offset: number;
      readonly bytes: Uint8Array;
    }
  /** "That chunk I have no longer." */
  | { readonly kind: "chunk-absent"; readonly index: number }
  | { readonly kind: "blob-refusal"; readonly reason: BlobRefusal };

/** `not-found`: it is not here, or not for the asker; which of the two is not told. `busy`: ask again later. */
export type BlobRefusal = "not-found" | "busy" | "version";

const refusalCodes: readonly BlobRefusal[] = ["not-found", "busy", "version"];
const codes = {
  "blob-request": 32,
  "blob-offer": 33,
  "chunk-request": 34,
  chunk: 35,
  "chunk-absent": 36,
  "blob-refusal": 37,
} as const;

/** Chunks that may be asked for on a stream and not answered. */
export const askedChunksMax = 4;
/** The largest message has fewer values, however they nest. */
const itemsMax = 16;

export function encodeBlobMessage(message: BlobMessage): Uint8Array {
  const code = codes[message.kind];
  switch (message.kind) {
    case "blob-request":
      return encode([code, wireVersion, bytesOf(message.contextId), bytesOf(message.blob)]);
    case "blob-offer":
      return encode([code, message.manifest, message.held]);
    case "chunk-request":
    case "chunk-absent":
      return encode([code, message.index]);
    case "chunk":
      return encode([code, message.index, message.offset, message.bytes]);
    case "blob-refusal":
      return encode([code, refusalCodes.indexOf(message.reason)]);
  }
}

export function decodeBlobMessage(frame: Uint8Array): BlobMessage | Fault {
  return decoding("blob message", () => {
    const fields = decodeValue(frame, frameBytesMax, itemsMax);
    if (!Array.isArray(fields)) return refuse("malformed", "not an array");
    switch (fields[0]) {
      case codes["blob-request"]:
        return decodeRequest(fields);
      case codes["blob-offer"]: {
        const [, manifest, held] = expectFields(fields, 3, "an offer of a blob");
        return {
          kind: "blob-offer",
          manifest: expectBytes(manifest, manifestBytesMax),
          held: expectBytes(held, Math.ceil(blobChunksMax / 8)),
        };
      }
      case codes["chunk-request"]:
        return { kind: "chunk-request", index: expectIndex(expectFields(fields, 2, "a request")[1]) };
      case codes.chunk: {
        const [, index, offset, bytes] = expectFields(fields, 4, "a chunk");
        return {
          ...{ kind: "chunk", index: expectIndex(index) },
          offset: expectInteger(offset, chunkBytes - 1),
          bytes: expectBytes(bytes, partBytes),
        };
      }
      case codes["chunk-absent"]:
        return { kind: "chunk-absent", index: expectIndex(expectFields(fields, 2, "an absence")[1]) };
      case codes["blob-refusal"]: {
        const [, reason] = expectFields(fields, 2, "a refusal");
        const code = expectInteger(reason, refusalCodes.length - 1);
        return { kind: "blob-refusal", reason: refusalCodes[code] ?? "busy" };
      }
      default:
        return refuse("malformed", "an unknown kind of message");
    }
  });
}

/** It carries the wire version, which is judged before the rest. */
function decodeRequest(fields: readonly unknown[]): BlobMessage {
  if (fields[1] !== wireVersion)
    refuse("unknown-version", `a blob request of version ${String(fields[1])}, expected ${wireVersion}`);
  const [, , contextId, blob] = expectFields(fields, 4, "a blob request");
  return {
    kind: "blob-request",
    contextId: expectByteString<ContextId>(contextId),
    blob: expectByteString<BlobId>(blob),
  };
}

function expectIndex(value: unknown): number {
  return expectInteger(value, blobChunksMax - 1);
}
