// Messages about blobs, and manifests: decoded to what was encoded, and anything else refused without a throw.

import * as fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { nodeCrypto } from "../../../adapters/crypto/node-crypto.ts";
import {
  blobIdOf,
  chunkCountOf,
  decodeManifest,
  encodeManifest,
  hasBit,
  type Manifest,
  openManifest,
  packBits,
} from "../../../core/blobs/blob.ts";
import { isFault } from "../../../core/fault.ts";
import type { BlobId, ContextId, Hash } from "../../../core/ids.ts";
import { blobBytesMax, blobChunksMax, chunkBytes, partBytes } from "../../../core/limits.ts";
import { type BlobMessage, decodeBlobMessage, encodeBlobMessage } from "../../../core/wire/blob-message.ts";
import { decodeValue, decoding, encode } from "../../../core/wire/cbor.ts";
import { holds } from "../../laws.ts";
import { ids } from "./messages.ts";

const indexes = fc.nat(blobChunksMax - 1);
const smallBytes = fc.uint8Array({ maxLength: 60 });
const messages: fc.Arbitrary<BlobMessage> = fc.oneof(
  fc.record({ kind: fc.constant("blob-request" as const), contextId: ids<ContextId>(), blob: ids<BlobId>() }),
  fc.record({ kind: fc.constant("blob-offer" as const), manifest: smallBytes, held: smallBytes }),
  fc.record({ kind: fc.constantFrom("chunk-request" as const, "chunk-absent" as const), index: indexes }),
  fc.record({
    kind: fc.constant("chunk" as const),
    index: indexes,
    offset: fc.nat(chunkBytes - 1),
    bytes: smallBytes,
  }),
  fc.record({
    kind: fc.constant("blob-refusal" as const),
    reason: fc.constantFrom("not-found" as const, "busy" as const, "version" as const),
  }),
);
const manifests: fc.Arbitrary<Manifest> = fc
  .integer({ min: 0, max: 5 * chunkBytes })
  .chain((size) =>
    fc
      .array(ids<Hash>(), { minLength: chunkCountOf(size), maxLength: chunkCountOf(size) })
      .map((chunks) => ({ size, chunks })),
  );

test("a message decodes to what was encoded", () => {
  holds(
    fc.property(messages, (message) => {
      assert.equal(decodeBlobMessage(encodeBlobMessage(message)), { ...message });
    }),
  );
});

test("a message that was tampered with, or no message, gives a value or a fault", () => {
  const place = { at: fc.nat(), byte: fc.integer({ min: 0, max: 255 }) };
  holds(
    fc.property(messages, fc.array(fc.record(place), { minLength: 1, maxLength: 4 }), (message, changes) => {
      const bytes = encodeBlobMessage(message);
      for (const { at, byte } of changes) bytes[at % bytes.length] = byte;
      assert.type(decodeBlobMessage(bytes).kind, "string");
    }),
  );
  const field = fc.oneof(fc.integer(), smallBytes, fc.constantFrom<unknown>(null, [], {}, "text", 0.5));
  holds(
    fc.property(fc.integer({ min: 30, max: 40 }), fc.array(field, { maxLength: 5 }), (code, fields) => {
      assert.type(decodeBlobMessage(encode([code, ...fields])).kind, "string");
    }),
  );
});

test("a chunk, a list of hashes and a list of bits above their bounds are refused", () => {
  const tooLarge: readonly BlobMessage[] = [
    { kind: "chunk", index: 0, offset: 0, bytes: new Uint8Array(partBytes + 1) },
    { kind: "chunk", index: 0, offset: chunkBytes, bytes: new Uint8Array(1) },
    { kind: "blob-offer", manifest: new Uint8Array(20_000), held: new Uint8Array(0) },
    { kind: "blob-offer", manifest: new Uint8Array(0), held: new Uint8Array(64) },
    { kind: "chunk-request", index: blobChunksMax },
  ];
  for (const message of tooLarge) assert.ok(isFault(decodeBlobMessage(encodeBlobMessage(message))));
});

test("another version is told apart from what cannot be read", () => {
  const frame = encode([32, 9, "something new"]);
  const decoded = decodeBlobMessage(frame);
  assert.is(isFault(decoded) && decoded.code, "unknown-version");
});

test("a manifest opens under its own id and under no other, and no bit of it can be flipped unnoticed", () => {
  holds(
    fc.property(manifests, fc.nat(), fc.nat(7), (manifest, at, bit) => {
      const bytes = encodeManifest(manifest);
      const id = blobIdOf(bytes, nodeCrypto);
      assert.equal(openManifest(bytes, id, nodeCrypto), { kind: "manifest", manifest });
      const flipped = Uint8Array.from(bytes);
      flipped[at % bytes.length] = (flipped[at % bytes.length] ?? 0) ^ (1 << bit);
      assert.ok(isFault(openManifest(flipped, id, nodeCrypto)));
    }),
  );
});

test("a manifest whose size and hashes do not fit each other is refused, even under its own id", () => {
  const wrong: readonly unknown[] = [
    [1, 10, new Uint8Array(64)],
    [1, chunkBytes + 1, new Uint8Array(32)],
    [1, blobBytesMax + 1, new Uint8Array(32 * 501)],
    [1, 0, new Uint8Array(32)],
    [1, 10, new Uint8Array(31)],
    [2, 10, new Uint8Array(32)],
    [1, 10],
  ];
  for (const fields of wrong) {
    const bytes = encode(fields);
    const opened = openManifest(bytes, blobIdOf(bytes, nodeCrypto), nodeCrypto);
    assert.ok(isFault(opened), JSON.stringify(fields).slice(0, 60));
  }
  const loose = Uint8Array.of(0x83, 0x18, 0x01, 0x00, 0x40);
  assert.ok(decoding<unknown>("test", () => decodeValue(loose, 100)) !== null);
  assert.ok(isFault(decoding("test", () => ({ kind: "manifest", ...decodeManifest(loose) }))));
});

test("bits say of each place what was put there", () => {
  holds(
    fc.property(fc.array(fc.boolean(), { maxLength: 70 }), (bits) => {
      const packed = packBits(bits);
      assert.equal(
        bits.map((_, index) => hasBit(packed, index)),
        bits,
      );
    }),
  );
});

test.run();
