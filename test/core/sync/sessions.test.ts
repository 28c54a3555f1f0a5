// What a session lets the other side say, and how it ends: mistakes are blamed, a benign no is not, silence is ended.

import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Effect } from "../../../core/effect.ts";
import {
  byteString,
  type ContextId,
  type DeltaId,
  type FrontierName,
  frontierNameBytes,
  type Hash,
  type PeerId,
} from "../../../core/ids.ts";
import { createHandshake } from "../../../core/sync/handshake.ts";
import { Turn } from "../../../core/turn.ts";
import { decodeCanonical, encode } from "../../../core/wire/cbor.ts";
import { endOfRanges } from "../../../core/wire/ranges.ts";
import type { Handshake, SyncMessage } from "../../../core/wire/sync-message.ts";
import { SimDisk } from "../../../sim/world/disk.ts";
import { hashOf, identityOf, operations, put, Scribe } from "../authors.ts";
import { deltasMessage } from "../batches.ts";
import { turnOn } from "../delta-store/waiting.ts";
import { LoneNode, type LoneNodeOptions, observed, only, said } from "../lone-node.ts";

const ann = identityOf("ann");
const bob = "bob" as PeerId;
const unknown = byteString<DeltaId>(hashOf("unknown"));

/** A node with two writes, connected to bob. */
function setUp(options: LoneNodeOptions = {}) {
  const node = new LoneNode("node", options);
  const contextId = node.create();
  for (const value of [1, 2]) node.execute(contextId, "set", { key: "k", value });
  node.give({ kind: "peer-connected", peer: bob });
  return { node, contextId, handshake: handshakeOf(node, contextId) };
}

function handshakeOf(node: LoneNode, contextId: ContextId): Handshake {
  const handshake = createHandshake(node.replica(contextId), turnOn(new SimDisk()), { chosen: "none" });
  return { ...handshake, wallMs: node.wallMs };
}

/** Has the node start a session with bob; gives its stream. */
function initiated(node: LoneNode, contextId: ContextId): number {
  node.meet(bob, contextId);
  const opened = node.pass(500).findLast((effect) => effect.kind === "open-stream");
  if (opened?.kind !== "open-stream") throw new Error("it started nothing");
  return opened.stream;
}

function accepted(node: LoneNode, stream = -1): number {
  node.give({ kind: "stream-opened", stream, peer: bob });
  return stream;
}

function blamed(effects: readonly Effect[]): readonly string[] {
  return only(effects, "fault").map(({ peer, fault }) => `${peer} ${fault.code}`);
}

function isClosed(effects: readonly Effect[], stream: number): boolean {
  return only(effects, "close-stream").some((effect) => effect.stream === stream);
}

const messages = (
  contextId: ContextId,
  handshake: Handshake,
): Readonly<Record<SyncMessage["kind"], SyncMessage>> => ({
  handshake,
  "delta-request": { kind: "delta-request", contextId, ids: [] },
  ranges: { kind: "ranges", key: "", ranges: [] },
  deltas: deltasMessage([new Scribe(identityOf("ann")).genesis], contextId),
  credit: { kind: "credit", messages: 1 },
  done: { kind: "done" },
  refusal: { kind: "refusal", reason: "busy" },
  below: { kind: "below", ids: [] },
  "state-needed": { kind: "state-needed" },
});

test("a message out of turn ends the session and is blamed, in every state", () => {
  const states = {
    opening: { allowed: ["handshake", "delta-request"], enter: (node: LoneNode) => accepted(node) },
    handshaking: { allowed: ["handshake", "refusal"], enter: initiated },
    reconciling: {
      allowed: ["ranges", "deltas", "done", "refusal"],
      enter: (node: LoneNode, contextId: ContextId) => {
        node.say(accepted(node), { ...handshakeOf(node, contextId), heads: [unknown] });
        return -1;
      },
    },
    transferring: {
      allowed: ["deltas", "credit", "below", "state-needed", "done", "refusal"],
      enter: (node: LoneNode, contextId: ContextId) => {
        node.say(accepted(node), handshakeOf(node, contextId));
        return -1;
      },
    },
  } as const;
  let refused = 0;
  for (const [state, { allowed, enter }] of Object.entries(states)) {
    for (const kind of [
      "handshake",
      "delta-request",
      "ranges",
      "deltas",
      "credit",
      "done",
      "refusal",
    ] as const) {
      const { node, contextId, handshake } = setUp();
      const stream = enter(node, contextId);
      const effects = node.say(stream, messages(contextId, handshake)[kind]);
      const isAllowed = (allowed as readonly string[]).includes(kind);
      // Deltas that are allowed are read, and these are of a context of their own.
      const blame = isAllowed ? (kind === "deltas" ? ["bob wrong-context"] : []) : ["bob out-of-turn"];
      assert.equal(blamed(effects), blame, `${kind} while ${state}`);
      if (isAllowed) continue;
      refused += 1;
      assert.ok(isClosed(effects, stream));
      assert.equal(node.say(stream, { kind: "done" }), [], "what comes after is not heard");
    }
  }
  assert.is(refused, 16);
});

test("what cannot be decoded ends the session and is blamed", () => {
  const { node } = setUp();
  const stream = accepted(node);
  const effects = node.give({ kind: "stream-frame", stream, frame: Uint8Array.of(0xff) });
  assert.equal(blamed(effects), ["bob malformed"]);
  assert.ok(isClosed(effects, stream));
});

test("an unknown version is answered with a refusal and blamed on nobody", () => {
  const { node } = setUp();
  const stream = accepted(node);
  const effects = node.give({ kind: "stream-frame", stream, frame: encode([0, 99, "whatever"]) });
  assert.equal(said(effects, stream), [{ kind: "refusal", reason: "version" }]);
  assert.equal(blamed(effects), []);
  assert.ok(isClosed(effects, stream));
});

test("a context that is not here is answered with a refusal, to a handshake and to a pull", () => {
  const nowhere = byteString<ContextId>(hashOf("nowhere"));
  for (const kind of ["handshake", "delta-request"] as const) {
    const { node, handshake } = setUp();
    const stream = accepted(node);
    const effects = node.say(stream, messages(nowhere, { ...handshake, contextId: nowhere })[kind]);
    assert.equal(said(effects, stream), [{ kind: "refusal", reason: "context-not-found" }]);
    assert.equal(blamed(effects), []);
    assert.ok(isClosed(effects, stream));
  }
});

test("an answer or a delta of another context is blamed", () => {
  const { node, contextId, handshake } = setUp();
  const stream = initiated(node, contextId);
  const other = byteString<ContextId>(hashOf("other"));
  assert.equal(blamed(node.say(stream, { ...handshake, contextId: other })), ["bob wrong-context"]);
  const scribe = new Scribe(ann);
  node.say(accepted(node), handshake);
  assert.equal(blamed(node.say(-1, deltasMessage([scribe.genesis], contextId))), ["bob wrong-context"]);
});

test("a forged delta ends the session and is blamed; one of a newer version is passed over", () => {
  const scribe = new Scribe(ann);
  const write = scribe.write([scribe.genesis], {
    by: ann,
    hlc: { ms: 2_000, counter: 0 },
    content: operations(put("k", 1)),
  });
  const node = new LoneNode("node");
  const { contextId } = scribe;
  node.call({ kind: "join-context", contextId });
  node.say(accepted(node), handshakeOf(node, contextId));
  const [tag, encoding, signature] = decodeCanonical(write.sealed, 10_000) as [
    number,
    Uint8Array,
    Uint8Array,
  ];
  const fields = decodeCanonical(encoding, 10_000) as unknown[];
  const newer = encode([tag, encode([9, ...fields.slice(1)]), signature]);
  const fine = node.say(-1, deltasMessage([scribe.genesis, { id: write.id, sealed: newer }], contextId));
  assert.equal(said(fine, -1), [{ kind: "credit", messages: 1 }]);
  assert.ok(node.replica(contextId).isInitialized);
  const forged = Uint8Array.from(write.sealed).fill(0, -2);
  const effects = node.say(-1, deltasMessage([{ id: write.id, sealed: forged }], contextId));
  assert.equal(blamed(effects), ["bob bad-signature"]);
  assert.ok(isClosed(effects, -1));
});

test("an answer that chooses what was not to be chosen is blamed", () => {
  const name = byteString<FrontierName>(hashOf("somewhere").subarray(0, frontierNameBytes));
  const answers: readonly Partial<Handshake>[] = [
    { chosen: null },
    { chosen: "none", heads: [unknown] },
    { chosen: "delta-warm", frontiers: [] },
    { chosen: "delta-warm", frontiers: [name] },
  ];
  for (const answer of answers) {
    const { node, contextId, handshake } = setUp();
    const stream = initiated(node, contextId);
    assert.equal(
      blamed(node.say(stream, { ...handshake, ...answer })),
      ["bob malformed"],
      answer.chosen ?? "",
    );
  }
});

test("a peer with which there is no protocol in common is told so, and blamed for nothing", () => {
  const { node, handshake } = setUp();
  const effects = node.say(accepted(node), { ...handshake, heads: [unknown], protocols: ["none"] });
  assert.equal(said(effects, -1), [{ kind: "refusal", reason: "protocol" }]);
  assert.equal(blamed(effects), []);
  assert.ok(isClosed(effects, -1));
});

test("ranges without the key they need, or with one they do not, are blamed", () => {
  const ask = (key: string): SyncMessage => ({
    kind: "ranges",
    key,
    ranges: [{ until: endOfRanges, content: { kind: "fingerprint", fingerprint: "\0".repeat(8) } }],
  });
  const begin = () => {
    const { node, handshake } = setUp();
    const effects = node.say(accepted(node), { ...handshake, heads: [unknown] });
    assert.equal(
      said(effects, -1).map(({ kind }) => kind),
      ["handshake", "ranges"],
    );
    return node;
  };
  assert.equal(blamed(begin().say(-1, ask("12345678"))), ["bob malformed"]);
  const { node: initiator, contextId, handshake } = setUp();
  const stream = initiated(initiator, contextId);
  initiator.say(stream, { ...handshake, heads: [unknown], chosen: "delta-cold" });
  assert.equal(blamed(initiator.say(stream, ask(""))), ["bob malformed"]);
});

test("a peer that never comes to an end of its ranges is stopped and blamed", () => {
  const { node, handshake } = setUp();
  node.say(accepted(node), { ...handshake, heads: [unknown] });
  const content = { kind: "fingerprint", fingerprint: "\0".repeat(8) } as const;
  const ask: SyncMessage = { kind: "ranges", key: "", ranges: [{ until: endOfRanges, content }] };
  const blames: string[] = [];
  for (let step = 0; step < 300 && blames.length === 0; step += 1) blames.push(...blamed(node.say(-1, ask)));
  assert.equal(blames, ["bob over-limit"]);
  assert.is(node.core.sync.sessions.table.count, 0);
});

test("so many reconciliations run at a time with one peer, and no more", () => {
  const { node, contextId, handshake } = setUp();
  const stream = initiated(node, contextId);
  const begin = (stream: number) =>
    said(node.say(accepted(node, stream), { ...handshake, heads: [unknown] }), stream)[0];
  assert.equal([begin(-1)?.kind, begin(-2)?.kind], ["handshake", "handshake"]);
  assert.equal(begin(-3), { kind: "refusal", reason: "busy" });
  node.say(stream, { ...handshake, heads: [unknown], chosen: "delta-cold" });
  const effects = node.say(stream, { kind: "ranges", key: "12345678", ranges: [] });
  assert.equal(said(effects, stream), [{ kind: "refusal", reason: "busy" }]);
  assert.ok(isClosed(effects, stream));
  node.give({ kind: "stream-closed", stream: -1 });
  assert.is(begin(-4)?.kind, "handshake");
});

test("a silent peer is ended by the watchdog, and progress renews its time", () => {
  const config = { syncTimeoutMs: 1_000 };
  for (const enter of [initiated, (node: LoneNode) => accepted(node)]) {
    const { node, contextId, handshake } = setUp({ config });
    const stream = enter(node, contextId);
    const startMs = node.monotonicMs;
    node.pass(600);
    node.say(stream, handshake);
    assert.not(isClosed(node.pass(900), stream), "there was progress");
    const effects = node.pass(200);
    assert.ok(isClosed(effects, stream));
    assert.is(observed(effects, "sync-silent"), 1);
    assert.equal(blamed(effects), []);
    assert.ok(node.monotonicMs - startMs < 2_500);
  }
});

test("what may be said again and again does not keep a session open", () => {
  for (const message of [{ kind: "below", ids: [] }, { kind: "state-needed" }] as const) {
    const { node, handshake } = setUp({ config: { syncTimeoutMs: 1_000 } });
    const stream = accepted(node);
    node.say(stream, { ...handshake, chosen: null });
    let rounds = 0;
    for (let effects: readonly Effect[] = []; !isClosed(effects, stream) && rounds < 10; rounds += 1)
      effects = [...node.pass(300), ...node.say(stream, message)];
    assert.ok(rounds < 10, `${message.kind} goes on for ever`);
  }
});

test("a benign no is no failure: busy is asked again soon, the others are left for the next occasion", () => {
  for (const reason of ["busy", "context-not-found", "version"] as const) {
    const { node, contextId } = setUp();
    const effects = node.say(initiated(node, contextId), { kind: "refusal", reason });
    assert.equal(blamed(effects), []);
    assert.is(observed(effects, "sync-refused"), 1);
    assert.is(observed(effects, "sync-failed"), 0);
    const track = node.core.capture().sync.tracking.get(contextId)?.get(bob);
    assert.is(track?.failures.attempts, 0);
    assert.is(observed(node.pass(700), "sync-started"), reason === "busy" ? 1 : 0, reason);
  }
});

test("a failed session backs off from a second, doubling to its bound; a new connection is a new chance", () => {
  const { node, contextId } = setUp({
    config: { syncBackoffMaxMs: 8_000, syncFrequencyMs: 50, syncIntervalMs: 0 },
  });
  let stream = initiated(node, contextId);
  const gaps: number[] = [];
  for (let failure = 0; failure < 6; failure += 1) {
    node.give({ kind: "stream-closed", stream });
    const failedMs = node.monotonicMs;
    while (node.monotonicMs - failedMs < 20_000) {
      const [opened] = only(node.pass(10), "open-stream");
      if (opened === undefined) continue;
      stream = opened.stream;
      break;
    }
    gaps.push(node.monotonicMs - failedMs);
  }
  [1_000, 2_000, 4_000, 8_000, 8_000, 8_000].forEach((backoffMs, index) => {
    const gap = gaps[index] ?? 0;
    assert.ok(gap >= backoffMs / 2 && gap <= backoffMs + 150, `${gap} after failure ${index + 1}`);
  });
  node.give({ kind: "stream-closed", stream });
  node.give({ kind: "peer-disconnected", peer: bob });
  node.meet(bob, contextId);
  assert.ok(only(node.pass(500), "open-stream").length >= 1);
});

test("so many sessions are accepted at a time and no more, whatever else is opened and left silent", () => {
  const { node, handshake } = setUp({ config: { syncSessionsMax: 3 } });
  const greet = (stream: number) => said(node.say(accepted(node, stream), handshake), stream)[0];
  for (const stream of [-91, -92, -93]) accepted(node, stream);
  for (const stream of [-1, -2, -3]) assert.is(greet(stream)?.kind, "handshake");
  assert.equal(greet(-4), { kind: "refusal", reason: "busy" });
  assert.not(node.core.capture().sync.sessions.has(-4));
  node.give({ kind: "stream-closed", stream: -2 });
  assert.is(greet(-5)?.kind, "handshake");
});

test("so many streams of a peer are kept unread, and those of others besides", () => {
  const { node } = setUp({ config: { syncSessionsMax: 1 } });
  const open = (peer: PeerId, stream: number) => node.give({ kind: "stream-opened", stream, peer });
  for (let stream = -8; stream < 0; stream += 1) assert.equal(said(open(bob, stream), stream), []);
  const effects = open(bob, -9);
  assert.equal(said(effects, -9), [{ kind: "refusal", reason: "busy" }]);
  assert.ok(isClosed(effects, -9));
  assert.equal(said(open("ann" as PeerId, -10), -10), []);
});

test("equal heads end at once, and equal heads with another root raise the alarm", () => {
  for (const isLying of [false, true]) {
    const { node, handshake } = setUp();
    const stream = accepted(node);
    const stateRoot = isLying ? byteString<Hash>(hashOf("lie")) : handshake.stateRoot;
    const effects = node.say(stream, { ...handshake, stateRoot });
    assert.equal(
      said(effects, stream).map(({ kind }) => kind),
      ["handshake", "done"],
    );
    const ended = node.say(stream, { kind: "done" });
    assert.is(observed(ended, "divergence-alarm"), Number(isLying));
    assert.ok(isClosed(ended, stream));
  }
});

test("a clock that is far from ours is counted, and nothing else comes of it", () => {
  const { node, handshake } = setUp();
  const effects = node.say(accepted(node), { ...handshake, wallMs: node.wallMs + 5_001 });
  assert.is(observed(effects, "clock-skewed"), 1);
  assert.equal(blamed(effects), []);
  const near = node.say(accepted(node, -2), { ...handshake, wallMs: node.wallMs - 5_000 });
  assert.is(observed(near, "clock-skewed"), 0);
});

test("a node whose clock is beyond what can be said still syncs", () => {
  const { node, contextId } = setUp();
  node.wallMs = Number.MAX_SAFE_INTEGER;
  const turn = new Turn({ monotonicMs: 0, wallMs: node.wallMs }, node.disk);
  const handshake = createHandshake(node.replica(contextId), turn);
  assert.equal(blamed(node.say(accepted(node), handshake)), []);
});

test.run();
