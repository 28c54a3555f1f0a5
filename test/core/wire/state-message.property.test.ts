// Messages about states: what is said is heard, and whatever bytes arrive, decoding ends with a value or a fault.

import * as fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { DeltaId, EntityId, Hash } from "../../../core/ids.ts";
import { hlcCounterMax, hlcMsMax } from "../../../core/limits.ts";
import { encode } from "../../../core/wire/cbor.ts";
import {
  historyBytesMax,
  type PackedHead,
  packHeads,
  pageBytes,
  pageOf,
} from "../../../core/wire/history-page.ts";
import {
  decodeStateMessage,
  encodeStateMessage,
  opensStateSession,
  type StateMessage,
  stateKeyBytes,
} from "../../../core/wire/state-message.ts";
import { digestBytes } from "../../../core/wire/state-query.ts";
import { decodeSyncMessage, encodeSyncMessage } from "../../../core/wire/sync-message.ts";
import { holds } from "../../laws.ts";
import { incarnation, unsigned } from "../authors.ts";
import { plain as bare } from "../plain.ts";
import { anySyncMessage, ids, plain } from "./messages.ts";

const counts = fc.oneof(fc.nat(), fc.maxSafeNat());
const digits = (minLength: number) =>
  fc.array(fc.constantFrom(..."0123456789abcdef"), { minLength, maxLength: 30 }).map((each) => each.join(""));
const places = (max: number) =>
  fc.uniqueArray(fc.nat(max - 1), { maxLength: 20 }).map((each) => each.sort((a, b) => a - b));
const bytesAs = (min: number, max: number) =>
  fc
    .uint8Array({ minLength: min * digestBytes, maxLength: max * digestBytes })
    .map((bytes) => String.fromCharCode(...bytes.subarray(0, bytes.length - (bytes.length % digestBytes))));
const child = plain({ rest: digits(1), hash: ids<Hash>(), count: fc.integer({ min: 1, max: 1_000_000 }) });
const sums = fc.array(fc.nat(0xff_ffff), { minLength: 1, maxLength: 64 });
const uniqueIds = fc.uniqueArray(ids(), { maxLength: 5 });

/** Each on some of those before it, or on others that are not in the page. */
const heads: fc.Arbitrary<readonly PackedHead[]> = fc.array(
  plain({
    kindCode: fc.nat(255),
    author: fc.constantFrom(...["ann", "bob"].map((name) => unsigned(name).author)),
    incarnation: fc.constant(incarnation),
    hlc: plain({ ms: fc.nat(hlcMsMax), counter: fc.nat(hlcCounterMax) }),
    bodyDigest: ids<Hash>(),
    parents: fc.array(fc.oneof(ids<DeltaId>(), fc.integer({ min: 1, max: 9 })), {
      minLength: 1,
      maxLength: 5,
    }),
  }),
  { maxLength: 12 },
);

/** By kind, so that a new kind of message does not compile until it is drawn here. */
const stateMessages: { readonly [Kind in StateMessage["kind"]]: fc.Arbitrary<StateMessage> } = {
  "state-request": plain({
    kind: fc.constant("state-request" as const),
    contextId: ids<never>(),
    known: uniqueIds,
    key: fc
      .uint8Array({ minLength: stateKeyBytes, maxLength: stateKeyBytes })
      .map((bytes) => String.fromCharCode(...bytes)),
    tellsHashes: fc.boolean(),
  }),
  "state-offer": plain({
    kind: fc.constant("state-offer" as const),
    genesis: fc.uint8Array({ maxLength: 40 }),
    heads: uniqueIds,
    root: ids<Hash>(),
    children: fc.array(child, { maxLength: 16 }),
    nodes: fc.array(plain({ prefix: digits(0), digests: bytesAs(16, 16) }), { maxLength: 17 }),
    entityCount: counts,
    historyCount: counts,
  }),
  "history-request": plain({ kind: fc.constant("history-request" as const), from: counts }),
  history: plain({
    kind: fc.constant("history" as const),
    heads,
    changes: fc.array(fc.uint8Array({ maxLength: 40 })),
  }),
  "state-query": plain({
    kind: fc.constant("state-query" as const),
    queries: fc.array(
      fc.oneof(
        plain({ form: fc.constantFrom("children" as const, "digests" as const), prefix: digits(0) }),
        plain({ form: fc.constant("leaves" as const), prefix: digits(0), digests: bytesAs(0, 20) }),
        plain({
          form: fc.constant("sums" as const),
          prefix: digits(0),
          count: fc.integer({ min: 1, max: 64 }),
        }),
        plain({ form: fc.constant("picks" as const), prefix: digits(0), locator: sums }),
      ),
      { minLength: 1, maxLength: 6 },
    ),
  }),
  "state-answer": plain({
    kind: fc.constant("state-answer" as const),
    answers: fc.array(
      fc.oneof(
        plain({
          kind: fc.constant("children" as const),
          others: fc.array(child, { maxLength: 16 }),
        }),
        plain({
          kind: fc.constant("leaves" as const),
          same: places(256),
          entities: fc.array(fc.uint8Array({ maxLength: 30 }), { maxLength: 5 }),
          named: fc.array(plain({ id: digits(1) as fc.Arbitrary<EntityId>, hash: ids<Hash>() }), {
            maxLength: 4,
          }),
        }),
        plain({ kind: fc.constant("digests" as const), rest: digits(0), digests: bytesAs(16, 16) }),
        plain({ kind: fc.constant("sums" as const), sums }),
      ),
      { maxLength: 5 },
    ),
  }),
  "state-done": fc.constant({ kind: "state-done" } as const),
  "state-refusal": plain({
    kind: fc.constant("state-refusal" as const),
    reason: fc.constantFrom("context-not-found" as const, "busy" as const, "version" as const),
  }),
};
const anyStateMessage = fc.oneof(...Object.values(stateMessages));

test("what is said of a state is heard as it was said", () => {
  holds(
    fc.property(anyStateMessage, (message) => {
      assert.equal(bare(decodeStateMessage(encodeStateMessage(message))), bare(message));
    }),
  );
});

test("no message of one kind of stream is one of the other, and only an opening opens", () => {
  holds(
    fc.property(anyStateMessage, anySyncMessage, (ofState, ofSync) => {
      assert.is(decodeSyncMessage(encodeStateMessage(ofState)).kind, "fault");
      assert.is(decodeStateMessage(encodeSyncMessage(ofSync)).kind, "fault");
      assert.is(opensStateSession(encodeStateMessage(ofState)), ofState.kind === "state-request");
      assert.not(opensStateSession(encodeSyncMessage(ofSync)));
    }),
  );
});

test("bytes that are changed, cut off or invented give a value or a fault", () => {
  holds(
    fc.property(anyStateMessage, fc.nat(), fc.nat(255), fc.nat(), (message, at, byte, length) => {
      const frame = encodeStateMessage(message);
      const changed = Uint8Array.from(frame);
      changed[at % changed.length] = byte;
      for (const bytes of [changed, frame.subarray(0, length % (frame.length + 1))])
        assert.type(decodeStateMessage(bytes).kind, "string");
    }),
  );
});

test("an opening of another version is told apart from a malformed one", () => {
  const found = decodeStateMessage(encode([20, 99, new Uint8Array(32), [], new Uint8Array(8), false]));
  assert.is(found.kind === "fault" && found.code, "unknown-version");
});

test("a page holds as much as it may, and no more", () => {
  const id = (index: number) => `${index}`.padStart(32, "0") as DeltaId;
  const { author } = unsigned("ann");
  const bodyDigest = id(1) as string as Hash;
  const about = { kindCode: 1, author, incarnation, hlc: { ms: 1, counter: 0 }, bodyDigest };
  const elsewhere = Array.from({ length: 64 }, (_, index) => id(90_000 + index));
  const parentsOf = {
    "parents that are not in the page": () => elsewhere,
    "each on the one before": (index: number) => [id(index - 1)],
  };
  for (const [what, parents] of Object.entries(parentsOf)) {
    const long = Array.from({ length: 8_000 }, (_, index) => ({
      id: id(index),
      head: { ...about, parents: parents(index) },
    }));
    const page = pageOf(long);
    assert.ok(page.length < long.length, what);
    const { length } = packHeads(page);
    assert.ok(length >= pageBytes && length <= historyBytesMax, `${what}: ${length} bytes`);
  }
});

test.run();
