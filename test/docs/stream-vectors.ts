// One of each message on streams, for the test vectors of the wire format.

import { nodeCrypto } from "../../adapters/crypto/node-crypto.ts";
import { blobIdOf, encodeManifest, packBits } from "../../core/blobs/blob.ts";
import {
  byteString,
  type ContextId,
  type DeltaId,
  type EntityId,
  type FrontierName,
  type Hash,
  toHex,
} from "../../core/ids.ts";
import { type BlobMessage, encodeBlobMessage } from "../../core/wire/blob-message.ts";
import { packDeltas } from "../../core/wire/delta-batch.ts";
import { headOfSealed } from "../../core/wire/delta-codec.ts";
import type { PastDelta } from "../../core/wire/delta-head.ts";
import { pageOf } from "../../core/wire/history-page.ts";
import { encodeStateMessage, type StateMessage } from "../../core/wire/state-message.ts";
import { encodeSyncMessage, type SyncMessage } from "../../core/wire/sync-message.ts";

const context = filled<ContextId>(32, 3);
const [first, second] = [filled<DeltaId>(32, 4), filled<DeltaId>(32, 6)];
const hash = filled<Hash>(32, 7);

export interface Sealed {
  readonly id: DeltaId;
  readonly sealed: Uint8Array;
}

const syncMessages = (deltas: readonly Sealed[]): readonly SyncMessage[] => [
  {
    kind: "handshake",
    contextId: context,
    heads: [first, second],
    headCount: 2,
    headsDigest: "" as Hash,
    protocols: ["none", "delta-known", "delta-warm", "delta-cold"],
    chosen: null,
    frontiers: [filled<FrontierName>(16, 8)],
    recent: [filled(8, 9)],
    stateRoot: hash,
    appliedCount: 1_000,
    horizon: 900,
    entityCount: 50,
    wallMs: 1_767_225_600_000,
    invitation: new Uint8Array([1, 2, 3]),
  },
  { kind: "delta-request", contextId: context, ids: [first] },
  {
    kind: "deltas",
    batch: packDeltas([...deltas, { id: first, sealed: new Uint8Array([1, 2, 3]) }], context),
  },
  { kind: "credit", messages: 1 },
  { kind: "done" },
  { kind: "refusal", reason: "busy" },
  {
    kind: "ranges",
    key: filled(8, 10),
    ranges: [
      { until: { generation: 5, prefix: 1 }, content: { kind: "fingerprint", fingerprint: filled(8, 11) } },
      { until: { generation: 9, prefix: 0 }, content: { kind: "skip" } },
      {
        until: { generation: 12, prefix: 0 },
        content: { kind: "list", shortIds: new Uint8Array(16).fill(12) },
      },
      {
        until: { generation: 0xffff_ffff, prefix: 0 },
        content: { kind: "wanted", bits: new Uint8Array([5]) },
      },
    ],
  },
  { kind: "below", ids: [first] },
  { kind: "state-needed" },
];

const stateMessages = (deltas: readonly Sealed[]): readonly StateMessage[] => [
  { kind: "state-request", contextId: context, known: [first], key: filled(8, 13), tellsHashes: true },
  {
    kind: "state-offer",
    genesis: new Uint8Array([1, 2, 3]),
    heads: [first],
    root: hash,
    children: [
      { rest: "0a", hash, count: 17 },
      { rest: "0b1", hash, count: 16 },
    ],
    nodes: [{ prefix: "0a", digests: "\u0001\u0002\u0003".repeat(16) }],
    entityCount: 34,
    historyCount: 2,
  },
  { kind: "history-request", from: 0 },
  {
    kind: "history",
    heads: pageOf(deltas.map(pastOf).filter(({ head }) => head.parents.length > 0)),
    changes: [new Uint8Array([1, 2, 3])],
  },
  {
    kind: "state-query",
    queries: [
      { form: "children", prefix: "0a" },
      { form: "leaves", prefix: "0b", digests: "\u0003\u0004\u0005" },
      { form: "digests", prefix: "0c" },
      { form: "sums", prefix: "0d", count: 5 },
      { form: "picks", prefix: "0d", locator: [6, 0x010203] },
    ],
  },
  {
    kind: "state-answer",
    answers: [
      { kind: "children", others: [{ rest: "1", hash, count: 3 }] },
      {
        kind: "leaves",
        same: [1],
        entities: [new Uint8Array([4, 5])],
        named: [{ id: "0b1" as EntityId, hash }],
      },
      { kind: "digests", rest: "1", digests: "\u0001\u0002\u0003".repeat(16) },
      { kind: "sums", sums: [1, 2, 3, 4, 0x0a0b0c] },
    ],
  },
  { kind: "state-done" },
  { kind: "state-refusal", reason: "busy" },
];

/** So long that it travels deflated. */
const longAnswer: StateMessage = {
  kind: "state-answer",
  answers: [
    {
      kind: "leaves",
      same: [],
      entities: Array.from({ length: 40 }, (_, index) => new Uint8Array(40).fill(index, 30)),
      named: [],
    },
  ],
};

const manifest = encodeManifest({ size: 1_048_577, chunks: [hash, filled<Hash>(32, 14)] });
const blob = blobIdOf(manifest, nodeCrypto);

const blobMessages: readonly BlobMessage[] = [
  { kind: "blob-request", contextId: context, blob },
  { kind: "blob-offer", manifest, held: packBits([true, false]) },
  { kind: "chunk-request", index: 1 },
  { kind: "chunk", index: 1, offset: 0, bytes: new Uint8Array([15]) },
  { kind: "chunk-absent", index: 1 },
  { kind: "blob-refusal", reason: "busy" },
];

/**
 * The frame of each message, by its kind. That of deltas carries these, and one that nobody could take apart; that of
 * history their heads, the genesis left out.
 */
export function streamVectors(deltas: readonly Sealed[]): Readonly<Record<string, string>> {
  return Object.fromEntries([
    ...syncMessages(deltas).map((message) => [message.kind, hexOf(encodeSyncMessage(message))]),
    ...stateMessages(deltas).map((message) => [message.kind, hexOf(encodeStateMessage(message))]),
    ["state-answer, deflated", hexOf(encodeStateMessage(longAnswer))],
    ...blobMessages.map((message) => [message.kind, hexOf(encodeBlobMessage(message))]),
  ]);
}

function pastOf({ id, sealed }: Sealed): PastDelta {
  return { id, head: headOfSealed(sealed, nodeCrypto) };
}

function filled<Id extends string = string>(length: number, byte: number): Id {
  return byteString<Id>(new Uint8Array(length).fill(byte));
}

function hexOf(bytes: Uint8Array): string {
  return toHex(byteString(bytes));
}
