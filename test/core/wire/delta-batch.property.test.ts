// What a session leaves out of deltas comes back to the byte, and small batches stay small.

import * as fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { nodeCrypto } from "../../../adapters/crypto/node-crypto.ts";
import type { ContextId, DeltaId } from "../../../core/ids.ts";
import { encode } from "../../../core/wire/cbor.ts";
import { type DeltaBatch, packDeltas, unpackDeltas } from "../../../core/wire/delta-batch.ts";
import { headOfSealed } from "../../../core/wire/delta-codec.ts";
import { decodeSyncMessage, encodeSyncMessage } from "../../../core/wire/sync-message.ts";
import { holds } from "../../laws.ts";
import { chainOf, identityOf, operations, put, Scribe, type Written } from "../authors.ts";
import { carried } from "./messages.ts";

type Packed = Exclude<DeltaBatch["entries"][number], Uint8Array>;

function written(index: number): Written {
  const value = `value ${index} of thirty-two characters`.slice(0, 32);
  return {
    by: identityOf("ann"),
    hlc: { ms: 2_000 + index, counter: 0 },
    content: operations(put(`k${index}`, value)),
  };
}

/** As the other side receives it. */
function sent(batch: DeltaBatch): DeltaBatch {
  const message = decodeSyncMessage(encodeSyncMessage({ kind: "deltas", batch }));
  if (message.kind !== "deltas") throw new Error(JSON.stringify(message));
  return message.batch;
}

function unpacked(
  batch: DeltaBatch,
  contextId: ContextId,
  frontier: readonly DeltaId[] = [],
): readonly Uint8Array[] | string {
  const result = unpackDeltas(batch, { contextId, crypto: nodeCrypto, frontier });
  return result.kind === "fault" ? result.code : result.deltas;
}

test("deltas of any content, on others of the batch or not, arrive as they were sealed", () => {
  holds(
    fc.property(carried, ({ deltas, contextId }) => {
      assert.equal(
        unpacked(sent(packDeltas(deltas, contextId)), contextId),
        deltas.map(({ sealed }) => sealed),
      );
    }),
  );
});

test("parents of a frontier that both sides know are told by their places in it, and mean nothing without it", () => {
  let told = 0;
  holds(
    fc.property(carried, fc.nat(), ({ deltas, contextId }, draw) => {
      const apart = deltas.filter(({ id }) => id !== "");
      const outside = apart.flatMap(({ sealed }) => headOfSealed(sealed, nodeCrypto).parents);
      const frontier = Array.from(new Set(outside))
        .sort()
        .slice(0, draw % 4);
      const batch = sent(packDeltas(deltas, contextId, frontier));
      assert.equal(
        unpacked(batch, contextId, frontier),
        deltas.map(({ sealed }) => sealed),
      );
      const places = batch.entries.flatMap((entry) => (entry instanceof Uint8Array ? [] : entry.parents));
      const isTold = places.some((parent) => typeof parent === "number" && parent < 0);
      if (isTold) assert.is(unpacked(batch, contextId), "malformed");
      told += Number(isTold);
    }),
  );
  assert.ok(told > 0, "no parent was of the frontier");
});

test("deltas of another context go whole", () => {
  const [scribe, other] = [new Scribe(identityOf("ann")), new Scribe(identityOf("bob"))];
  const [delta] = chainOf(other, 1, () => written(0));
  const batch = packDeltas([delta as NonNullable<typeof delta>], scribe.contextId);
  assert.equal(batch.entries, [delta?.sealed]);
});

test("a write takes little more than its signature and its value", () => {
  const scribe = new Scribe(identityOf("ann"));
  const deltas = chainOf(scribe, 256, written);
  const bytes = encodeSyncMessage({ kind: "deltas", batch: packDeltas(deltas, scribe.contextId) }).length;
  assert.ok(bytes / 256 < 64 + 32 + 16, `${bytes / 256} bytes a delta`);
});

test("what refers to nothing is malformed", () => {
  const scribe = new Scribe(identityOf("ann"));
  const deltas = chainOf(scribe, 2, written);
  const batch = packDeltas(deltas, scribe.contextId);
  const [first, second] = batch.entries as readonly [Packed, Packed];
  const fate = (change: Partial<DeltaBatch>) => unpacked({ ...batch, ...change }, scribe.contextId);
  assert.equal(
    fate({}),
    deltas.map(({ sealed }) => sealed),
  );
  assert.is(fate({ writers: [] }), "malformed");
  assert.is(fate({ entries: [{ ...first, shared: 1 }, second] }), "malformed", "shares with nothing");
  assert.is(
    fate({ entries: [first, { ...second, parents: [2] }] }),
    "malformed",
    "a parent before the first",
  );
  assert.is(fate({ entries: [{ ...first, ms: -1 }, second] }), "malformed", "before all time");
});

test("one delta has one way to be said", () => {
  const rest = new Uint8Array();
  const fate = (entry: unknown) => {
    const message = decodeSyncMessage(encode([2, [], [entry], new Uint8Array(64)]));
    return message.kind === "fault" ? message.code : message.kind;
  };
  assert.is(fate([0, 1, 5, 3, rest]), "deltas");
  assert.is(fate([0, [1, 2], [5, 1], 3, rest, 2, encode([])]), "deltas");
  assert.is(fate([0, [1], 5, 3, rest]), "non-canonical", "a list of one");
  assert.is(fate([0, 1, [5, 0], 3, rest]), "non-canonical", "a counter of 0");
  assert.is(fate([0, 1, 5, 3, rest, 1, encode([])]), "non-canonical", "operations without events");
  assert.is(fate([0, 0, 5, 3, rest]), "malformed", "its own parent");
  assert.is(fate([0, -128, 5, 3, rest]), "deltas");
  assert.is(fate([0, -129, 5, 3, rest]), "malformed", "beyond any frontier");
  assert.is(fate([0, 1, 5, 256, rest]), "malformed", "more shared than may be");
});

test("each packed delta has one signature", () => {
  const scribe = new Scribe(identityOf("ann"));
  const batch = packDeltas(chainOf(scribe, 2, written), scribe.contextId);
  for (const signatures of [batch.signatures.subarray(1), new Uint8Array(192)]) {
    const message = decodeSyncMessage(encodeSyncMessage({ kind: "deltas", batch: { ...batch, signatures } }));
    assert.is(message.kind === "fault" ? message.code : "", "malformed");
  }
});

test.run();
