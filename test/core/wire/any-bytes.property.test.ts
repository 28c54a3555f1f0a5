// Whatever bytes arrive, decoding ends soon, with a value or a fault, and never by throwing. Invariant 14.

import * as fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { nodeCrypto } from "../../../adapters/crypto/node-crypto.ts";
import type { Fault } from "../../../core/fault.ts";
import { isFault } from "../../../core/fault.ts";
import { deltaBytesMax, depthMax, frameBytesMax, gossipBytesMax } from "../../../core/limits.ts";
import { decodeValue, decoding, encode, equalBytes } from "../../../core/wire/cbor.ts";
import { openDelta, sealDelta } from "../../../core/wire/delta-codec.ts";
import { openHeartbeat, sealHeartbeat } from "../../../core/wire/gossip-codec.ts";
import { decodeSyncMessage, encodeSyncMessage } from "../../../core/wire/sync-message.ts";
import { holds } from "../../laws.ts";
import { trustingCrypto } from "../authors.ts";
import { anySyncMessage, drafts, heartbeats } from "./messages.ts";

type Decoder = (bytes: Uint8Array) => { readonly kind: string };

/** The trusting ones get past the signature, to what would otherwise never be reached. */
const decoders: Readonly<Record<string, Decoder>> = {
  openDelta: (bytes) => openDelta(bytes, nodeCrypto),
  "openDelta, any signature": (bytes) => openDelta(bytes, trustingCrypto),
  openHeartbeat: (bytes) => openHeartbeat(bytes, nodeCrypto),
  "openHeartbeat, any signature": (bytes) => openHeartbeat(bytes, trustingCrypto),
  decodeSyncMessage,
};

function assertTotal(bytes: Uint8Array): void {
  for (const [name, decode] of Object.entries(decoders)) {
    const copy = Uint8Array.from(bytes);
    assert.type(decode(bytes).kind, "string", name);
    assert.ok(equalBytes(copy, bytes), `${name} changed what it was given`);
  }
}

/** A delta around an encoding, or an encoding around a payload: what mutation alone would hardly find. */
function wrapped(inner: Uint8Array): readonly Uint8Array[] {
  const id = new Uint8Array(32);
  const encoding = (kind: number, payload: Uint8Array) =>
    encode([
      1,
      kind === 0 ? new Uint8Array() : id,
      kind,
      kind === 0 ? [] : [id],
      id,
      new Uint8Array(8),
      1,
      1,
      payload,
      [],
    ]);
  return [
    encode([0, inner, new Uint8Array(64)]),
    encode([1, inner, new Uint8Array(64)]),
    ...[0, 1, 2, 3].map((kind) => encode([0, encoding(kind, inner), new Uint8Array(64)])),
  ];
}

const someBytes = fc.oneof(
  fc.uint8Array({ maxLength: 64 }),
  fc
    .array(
      fc.constantFrom(0x80, 0x81, 0x82, 0x83, 0xa1, 0x01, 0x02, 0x40, 0x58, 0x60, 0x9b, 0xbb, 0xf6, 0xfb),
      { maxLength: 40 },
    )
    .map((bytes) => Uint8Array.from(bytes)),
);

const validMessages = fc.oneof(
  drafts.map(({ draft, identity }) => sealDelta(draft, identity, nodeCrypto)),
  heartbeats.map(({ draft, identity }) => sealHeartbeat(draft, identity)),
  anySyncMessage.map(encodeSyncMessage),
);

const mutations = fc.array(
  fc.record({
    at: fc.nat(),
    kind: fc.constantFrom(
      "set" as const,
      "insert" as const,
      "remove" as const,
      "cut" as const,
      "swap" as const,
    ),
    byte: fc.integer({ min: 0, max: 255 }),
  }),
  { minLength: 1, maxLength: 4 },
);

test("random bytes give a value or a fault", () => {
  holds(
    fc.property(someBytes, (bytes) => {
      assertTotal(bytes);
      for (const message of wrapped(bytes)) assertTotal(message);
    }),
  );
});

test("a message that was tampered with gives a value or a fault", () => {
  holds(
    fc.property(validMessages, mutations, (message, changes) => {
      const bytes = Array.from(message);
      for (const { at, kind, byte } of changes) {
        const index = at % (bytes.length + 1);
        if (kind === "set") bytes[Math.min(index, Math.max(0, bytes.length - 1))] = byte;
        if (kind === "insert") bytes.splice(index, 0, byte);
        if (kind === "remove") bytes.splice(index, 1);
        if (kind === "cut") bytes.length = index;
        if (kind === "swap") bytes.reverse();
      }
      assertTotal(Uint8Array.from(bytes));
    }),
  );
});

test("any value in place of a field gives a value or a fault", () => {
  const field = fc.oneof(
    fc.constantFrom<unknown>(
      null,
      true,
      -1,
      0.5,
      2 ** 53,
      1e300,
      "",
      "text",
      [],
      [[]],
      {},
      { a: 1 },
      new Uint8Array(),
      new Uint8Array(32),
    ),
    fc.integer(),
  );
  holds(
    fc.property(fc.array(field, { maxLength: 12 }), fc.constantFrom(0, 1, 2, 3, 4, 5), (fields, code) => {
      assertTotal(encode([code, ...fields]));
      assertTotal(encode([code, 1, ...fields]));
      for (const message of wrapped(encode([1, ...fields]))) assertTotal(message);
      for (const message of wrapped(encode([fields]))) assertTotal(message);
      for (const message of wrapped(encode([[code % 2, ...fields]]))) assertTotal(message);
    }),
  );
});

test("nesting is allowed to its bound and refused above it, however deep", () => {
  const nested = (depth: number) => {
    const bytes = new Uint8Array(depth + 1).fill(0x81);
    bytes[depth] = 0;
    return bytes;
  };
  const decode = (bytes: Uint8Array) => decoding<unknown>("test", () => decodeValue(bytes, frameBytesMax));
  assert.not((decode(nested(depthMax)) as Fault).kind);
  for (const depth of [depthMax + 1, 1_000, 1_000_000, frameBytesMax - 1]) {
    assert.is((decode(nested(depth)) as Fault).code, "too-deep");
    assertTotal(nested(Math.min(depth, gossipBytesMax)));
  }
  // Inside a delta, where the bytes of the payload and of the encoding each begin anew.
  for (const message of wrapped(nested(500_000))) assertTotal(message);
});

test("a length that is not there is refused before it is believed", () => {
  for (const major of [0x5b, 0x7b, 0x9b, 0xbb]) {
    for (const length of [2 ** 20, 2 ** 31, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER, 2 ** 63]) {
      const bytes = new Uint8Array(40);
      bytes[0] = major;
      new DataView(bytes.buffer).setBigUint64(1, BigInt(length));
      assertTotal(bytes);
      for (const message of wrapped(bytes)) assertTotal(message);
    }
  }
});

test("the largest messages of the smallest parts are refused", () => {
  // As many values as fit: what is cheap to send must not be dear to refuse.
  for (const part of [0x00, 0xa0]) {
    const list = (length: number, head: readonly number[]) => {
      const bytes = new Uint8Array(length).fill(part);
      bytes.set([...head, 0x9a]);
      new DataView(bytes.buffer).setUint32(head.length + 1, length - head.length - 5);
      return bytes;
    };
    const frames = [
      list(frameBytesMax, []),
      list(frameBytesMax, [0x82, 2]),
      list(frameBytesMax, [0x84, 1, 1]),
    ];
    const messages = [list(gossipBytesMax, []), ...wrapped(list(deltaBytesMax - 200, []))];
    for (const frame of frames) assert.is(codeOf(decodeSyncMessage(frame)), "over-limit");
    for (const message of messages) {
      assert.ok(isFault(openDelta(message, trustingCrypto)));
      assert.ok(isFault(openHeartbeat(message, trustingCrypto)));
    }
  }
});

function codeOf(opened: { readonly kind: string }): string | null {
  return isFault(opened) ? opened.code : null;
}

test.run();
