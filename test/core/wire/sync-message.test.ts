// The bounds of what travels on a sync stream.

import { deflateSync } from "fflate";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { FaultCode } from "../../../core/fault.ts";
import {
  byteString,
  type ContextId,
  type DeltaId,
  type FrontierName,
  frontierNameBytes,
  type Hash,
} from "../../../core/ids.ts";
import { frameBytesMax, gossipBytesMax, headsMax, idsMax, turnDeltasMax } from "../../../core/limits.ts";
import { decodeCanonical, encode } from "../../../core/wire/cbor.ts";
import { inflated } from "../../../core/wire/deflated.ts";
import { type Range, rangesMax } from "../../../core/wire/ranges.ts";
import { decodeFirstAnswer, decodeStateMessage } from "../../../core/wire/state-message.ts";
import {
  creditMax,
  decodeSyncMessage,
  encodeSyncMessage,
  frontiersMax,
  type Handshake,
  recentBytes,
  recentMax,
  type SyncMessage,
} from "../../../core/wire/sync-message.ts";
import { hashOf } from "../authors.ts";

const contextId = byteString<ContextId>(hashOf("context"));
const one = byteString<DeltaId>(hashOf("one"));

function ids(count: number): readonly DeltaId[] {
  return Array.from({ length: count }, (_, index) => byteString<DeltaId>(hashOf(`id ${index}`)));
}

const handshake: Handshake = {
  kind: "handshake",
  contextId,
  heads: [one],
  headCount: 1,
  headsDigest: "" as Hash,
  protocols: ["none", "delta-known"],
  chosen: null,
  frontiers: [],
  recent: [],
  stateRoot: byteString<Hash>(hashOf("root")),
  horizon: 0,
  appliedCount: 1,
  entityCount: 1,
  wallMs: 1,
  invitation: null,
};

function names(count: number): readonly FrontierName[] {
  return ids(count).map((id) => id.slice(0, frontierNameBytes) as FrontierName);
}

function ranges(count: number): readonly Range[] {
  const content = { kind: "skip" } as const;
  return Array.from({ length: count }, (_, generation) => ({ until: { generation, prefix: 0 }, content }));
}

test("ranges are in order and whole, and what they hold is of its kind", () => {
  const message = (...values: readonly unknown[]) => encode([6, new Uint8Array(), values]);
  const skip = (generation: number, prefix: number) => [generation, prefix, 0, new Uint8Array()];
  assert.is(fate(message(...skip(1, 0), ...skip(1, 1), ...skip(2, 0))), "ranges");
  assert.is(fate(message(...skip(1, 1), ...skip(1, 0))), "malformed");
  assert.is(fate(message(...skip(1, 0), ...skip(1, 0))), "malformed");
  assert.is(fate(message(...skip(2, 0), ...skip(1, 5))), "malformed");
  assert.is(fate(message(...skip(1, 0), 2, 0)), "malformed");
  const misfits = [
    [0, 1],
    [1, 7],
    [1, 9],
    [2, 12],
    [4, 0],
  ] as const;
  for (const [code, length] of misfits)
    assert.is(fate(message(1, 0, code, new Uint8Array(length))), "malformed", `${code} ${length}`);
  assert.is(fate(encode([6, new Uint8Array(3), []])), "malformed", "a key of another length");
});

test("protocols to come are passed over, and one that is chosen must be known", () => {
  const fields = (protocols: readonly number[], chosen: number | null) => {
    const decoded = decodeCanonical(encodeSyncMessage(handshake), frameBytesMax) as unknown[];
    return encode(decoded.with(6, protocols).with(7, chosen));
  };
  const decoded = decodeSyncMessage(fields([0, 3, 200], null));
  assert.equal(decoded.kind === "handshake" && decoded.protocols, ["none", "delta-cold"]);
  assert.is(fate(fields([0], 3)), "handshake");
  assert.is(fate(fields([0], 200)), "malformed");
});

function fate(message: SyncMessage | Uint8Array): FaultCode | SyncMessage["kind"] {
  const decoded = decodeSyncMessage(message instanceof Uint8Array ? message : encodeSyncMessage(message));
  return decoded.kind === "fault" ? decoded.code : decoded.kind;
}

test("every list ends at its bound", () => {
  const request = { kind: "delta-request", contextId } as const;
  const empty = (count: number) => Array.from({ length: count }, () => new Uint8Array());
  const table: readonly (readonly [SyncMessage, SyncMessage])[] = [
    [
      { ...handshake, heads: ids(headsMax) },
      { ...handshake, heads: ids(headsMax + 1) },
    ],
    [
      { ...handshake, frontiers: names(frontiersMax) },
      { ...handshake, frontiers: names(frontiersMax + 1) },
    ],
    [
      { kind: "ranges", key: "", ranges: ranges(rangesMax) },
      { kind: "ranges", key: "", ranges: ranges(rangesMax + 1) },
    ],
    [
      { ...request, ids: ids(idsMax) },
      { ...request, ids: ids(idsMax + 1) },
    ],
    [wholeDeltas(empty(turnDeltasMax)), wholeDeltas(empty(turnDeltasMax + 1))],
  ];
  for (const [allowed, refused] of table) {
    assert.is(fate(allowed), allowed.kind);
    assert.is(fate(refused), "over-limit", allowed.kind);
  }
  assert.is(fate({ ...request, ids: [...ids(2), ...ids(1)] }), "malformed", "an id twice");
  const recent = (count: number) => ids(count).map((id) => id.slice(0, recentBytes));
  assert.is(fate({ ...handshake, recent: recent(recentMax) }), "handshake");
  assert.is(fate({ ...handshake, recent: recent(recentMax + 1) }), "too-large");
});

/** A message of deltas that nothing is left out of. */
function wholeDeltas(entries: readonly Uint8Array[]): SyncMessage {
  return { kind: "deltas", batch: { writers: [], entries, signatures: new Uint8Array() } };
}

test("a delta and a frame end at their bytes", () => {
  const deltas = (bytes: number) => wholeDeltas([new Uint8Array(bytes)]);
  assert.is(fate(deltas(gossipBytesMax)), "deltas");
  assert.is(fate(deltas(gossipBytesMax + 1)), "too-large");
  assert.is(fate(new Uint8Array(frameBytesMax + 1)), "too-large");
});

test("a frame of very many values is refused before they are decoded", () => {
  const frame = new Uint8Array(1_000_000).fill(0x80);
  frame.set([0x82, 2, 0x9a]);
  new DataView(frame.buffer).setUint32(3, frame.length - 7);
  assert.is(fate(frame), "over-limit");
});

test("credit is given for at least one message and not without end", () => {
  assert.is(fate({ kind: "credit", messages: 1 }), "credit");
  assert.is(fate({ kind: "credit", messages: creditMax }), "credit");
  assert.is(fate({ kind: "credit", messages: 0 }), "malformed");
  assert.is(fate({ kind: "credit", messages: creditMax + 1 }), "malformed");
});

test("the version of an opening is judged before the rest of it", () => {
  assert.is(fate(encode([0, 2, "a handshake of another shape"])), "unknown-version");
  assert.is(fate(encode([1, 2])), "unknown-version");
  assert.is(fate(encode([0, 1])), "malformed");
});

/** As one who deflates whatever there is. */
function deflatedAnyway(frame: Uint8Array): Uint8Array {
  const deflated = encode([28, frame.length, deflateSync(frame)]);
  assert.equal(inflated(deflated), frame, "it would be a frame");
  return deflated;
}

test("only messages of deltas, state queries and state answers are taken deflated, and none that is said first", () => {
  const long = Uint8Array.from({ length: 2_000 }, (_, index) => (index * index) % 251);
  const deltas = encode([2, [], [], long]);
  const [query, answer] = [24, 25].map((code) => encode([code, long]));
  const detail = (heard: { readonly kind: string }) =>
    "detail" in heard ? String(heard.detail) : heard.kind;
  const isRefused = (heard: { readonly kind: string }) => /deflated/.test(detail(heard));
  assert.not(isRefused(decodeSyncMessage(deflatedAnyway(deltas))));
  for (const frame of [query, answer]) {
    assert.ok(frame !== undefined);
    assert.not(isRefused(decodeStateMessage(deflatedAnyway(frame))));
    assert.ok(isRefused(decodeSyncMessage(deflatedAnyway(frame))));
    assert.ok(isRefused(decodeFirstAnswer(deflatedAnyway(frame))));
    assert.ok(isRefused(decodeStateMessage(deflatedAnyway(frame), { isFirst: true })));
  }
  for (const code of [0, 1, 3, 4, 5, 6, 18, 19])
    assert.ok(isRefused(decodeSyncMessage(deflatedAnyway(encode([code, 1, long])))), `${code}`);
  for (const code of [20, 21, 22, 23, 26, 27, 28])
    assert.ok(isRefused(decodeStateMessage(deflatedAnyway(encode([code, 1, long])))), `${code}`);
  assert.ok(isRefused(decodeSyncMessage(deflatedAnyway(deltas), { isFirst: true })));
});

test("what is said first is not inflated to see what it is", () => {
  // A deflated block of no kind would be met.
  const frame = encode([28, 5_000, new Uint8Array(1_000).fill(7)]);
  for (const heard of [
    decodeSyncMessage(frame, { isFirst: true }),
    decodeFirstAnswer(frame),
    decodeStateMessage(frame, { isFirst: true }),
  ])
    assert.match(heard.kind === "fault" ? heard.detail : heard.kind, /deflated where nothing may be/);
});

test("what is no message of ours is refused", () => {
  for (const value of [null, 4, "done", [], [7], [-1], ["done"], [4, 0], [5], [5, 5], [2, [1]], { 0: 4 }]) {
    assert.is(fate(encode(value)), "malformed", JSON.stringify(value));
  }
});

test.run();
