// When a node syncs and with whom: on subscribing, on news, by the clock, and never too much at a time.

import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Effect } from "../../../core/effect.ts";
import { type ContextId, type PeerId, topicOf } from "../../../core/ids.ts";
import { createHandshake } from "../../../core/sync/handshake.ts";
import { Turn } from "../../../core/turn.ts";
import { identityOf, operations, put, Scribe } from "../authors.ts";
import { deltasMessage } from "../batches.ts";
import { LoneNode, type LoneNodeOptions, observed, only } from "../lone-node.ts";

const ann = identityOf("ann");

interface Opened {
  readonly atMs: number;
  readonly peer: PeerId;
  readonly stream: number;
}

/** Lets time pass in small steps and answers every session with "the same, nothing to send". */
function passAnswering(node: LoneNode, contextId: ContextId, ms: number): readonly Opened[] {
  const all: Opened[] = [];
  const untilMs = node.monotonicMs + ms;
  const see = (effects: readonly Effect[]) =>
    only(effects, "open-stream").map(({ peer, stream }) => ({ atMs: node.monotonicMs, peer, stream }));
  while (node.monotonicMs < untilMs) {
    const open = [...see(node.pass(10))];
    for (let next = open.shift(); next !== undefined; next = open.shift()) {
      all.push(next);
      const turn = new Turn({ monotonicMs: 0, wallMs: node.wallMs }, node.disk);
      open.push(
        ...see(node.say(next.stream, createHandshake(node.replica(contextId), turn, { chosen: "none" }))),
      );
      open.push(...see(node.say(next.stream, { kind: "done" })));
    }
  }
  return all;
}

/** A node in a context with these peers, whose first sessions are over. */
function among(peers: readonly string[], options: LoneNodeOptions = {}) {
  const node = new LoneNode("node", options);
  const contextId = node.create();
  for (const peer of peers) node.meet(peer, contextId);
  passAnswering(node, contextId, 1_000);
  return { node, contextId };
}

/** One peer that subscribes to everything. */
function meetInAll(node: LoneNode, contexts: readonly ContextId[]): void {
  const peer = "zoe" as PeerId;
  node.give({ kind: "peer-connected", peer });
  for (const contextId of contexts) node.give({ kind: "peer-subscribed", peer, topic: topicOf(contextId) });
}

function countOf(opened: readonly Opened[]): ReadonlyMap<PeerId, number> {
  const counts = new Map<PeerId, number>();
  for (const { peer } of opened) counts.set(peer, (counts.get(peer) ?? 0) + 1);
  return counts;
}

test("a client that wants a sync gets a session with every peer of the context, and an answer at once", () => {
  const { node, contextId } = among(["abe", "zoe"]);
  const asked = (id: ContextId) =>
    only(
      node.give({ kind: "request", request: "now", call: { kind: "sync-now", contextId: id, peer: null } }),
      "reply",
    );
  assert.equal(asked(contextId)[0]?.outcome, { kind: "syncing", peers: 2 });
  const opened = passAnswering(node, contextId, 150);
  assert.equal(opened.map(({ peer }) => peer).sort(), ["abe", "zoe"]);
  const unknown = asked("?".repeat(32) as ContextId)[0]?.outcome;
  assert.is(unknown?.kind === "refused" && unknown.code, "context-not-found");
});

test("a peer that subscribes brings a session: the lower name starts at once, the other gives it a moment", () => {
  for (const [peer, fromMs, toMs] of [
    ["zoe", 0, 20],
    ["abe", 200, 400],
  ] as const) {
    const node = new LoneNode("node");
    const contextId = node.create();
    node.meet(peer, contextId);
    const startMs = node.monotonicMs;
    while (only(node.pass(1), "open-stream").length === 0);
    const waitedMs = node.monotonicMs - startMs;
    assert.ok(waitedMs >= fromMs && waitedMs <= toMs + 1, `${waitedMs} ms for ${peer}`);
  }
});

test("a peer that subscribes to something else brings none, nor does one that has gone again", () => {
  const node = new LoneNode("node");
  const [one, other] = [node.create(), new Scribe(ann).contextId];
  node.meet("zoe", other);
  assert.equal(only(node.pass(1_000), "open-stream"), []);
  node.meet("yan", one);
  node.give({ kind: "peer-disconnected", peer: "yan" as PeerId });
  assert.equal(only(node.pass(400), "open-stream"), []);
});

test("without any occasion each context syncs by the clock, with everyone in turn", () => {
  const peers = ["a", "b", "c", "d", "e"];
  const { node, contextId } = among(peers, { config: { syncFrequencyMs: 10_000, syncIntervalMs: 0 } });
  passAnswering(node, contextId, 10_000);
  for (let round = 0; round < 4; round += 1) {
    const opened = passAnswering(node, contextId, 50_000);
    assert.is(opened.length, 5);
    assert.equal([...countOf(opened).keys()].sort(), peers, "someone was tried twice before all were");
  }
});

test("whom of those least recently tried it takes is left to chance", () => {
  const orders = new Set(
    [1, 2, 3, 4, 5, 6].map((word) => {
      const { node, contextId } = among(["a", "b", "c", "d"], { words: [word, 1, 1, 1] });
      return passAnswering(node, contextId, 60_000)
        .map(({ peer }) => peer)
        .join("");
    }),
  );
  assert.ok(orders.size > 2);
});

test("periodic sessions with one peer are spaced", () => {
  const { node, contextId } = among(["a"], { config: { syncFrequencyMs: 1_000, syncIntervalMs: 5_000 } });
  const times = passAnswering(node, contextId, 60_000).map(({ atMs }) => atMs);
  assert.ok(times.length >= 9);
  times.forEach((atMs, index) => {
    assert.ok(index === 0 || atMs - (times[index - 1] ?? 0) >= 5_000);
  });
});

test("many contexts keep each its own clock", () => {
  const node = new LoneNode("node", { config: { syncFrequencyMs: 10_000 } });
  const contexts = Array.from({ length: 20 }, () => node.create());
  meetInAll(node, contexts);
  const effects = node.pass(300_000);
  assert.ok(observed(effects, "sync-started") > 0);
  const due = new Set(
    Array.from(node.core.capture().timers.due)
      .filter(([name]) => name.startsWith("periodic-sync:"))
      .map(([, dueMs]) => dueMs % 10_000),
  );
  assert.ok(due.size > 10, "all at the same moment");
});

test("so many sessions are open at a time and no more, over all contexts", () => {
  const node = new LoneNode("node", { config: { syncSessionsMax: 5, syncTimeoutMs: 60_000 } });
  const contexts = Array.from({ length: 10 }, () => node.create());
  meetInAll(node, contexts);
  let most = 0;
  for (let step = 0; step < 1_000; step += 1) {
    node.pass(20);
    most = Math.max(most, node.core.sync.sessions.table.count);
  }
  assert.is(most, 5);
});

test("in one context few sessions run at a time, unless the peers are silent", () => {
  const node = new LoneNode("node", { config: { syncTimeoutMs: 60_000 } });
  const contextId = node.create();
  for (let index = 0; index < 12; index += 1) node.meet(`peer${index}`, contextId);
  node.pass(1_000);
  assert.is(node.core.sync.sessions.table.count, 4);
  node.pass(20_000);
  assert.is(node.core.sync.sessions.table.count, 12);
});

test("a pull that fails or does not suffice leads to a session, and that to one with another peer", () => {
  const scribe = new Scribe(ann);
  const hlc = { ms: 2_000, counter: 0 };
  const parent = scribe.write([scribe.genesis], { by: ann, hlc, content: operations(put("k", 1)) });
  const child = scribe.write([parent], { by: ann, hlc, content: operations(put("k", 2)) });
  for (const ending of ["closed", "done"] as const) {
    const node = new LoneNode("node");
    const { contextId } = scribe;
    node.call({ kind: "join-context", contextId, genesis: scribe.genesis.sealed });
    for (const peer of ["a", "b"]) node.meet(peer, contextId);
    passAnswering(node, contextId, 1_000);
    const [pull] = only(node.gossip("a", contextId, child.sealed), "open-stream");
    assert.is(pull?.peer, "a");
    if (ending === "closed") node.give({ kind: "stream-closed", stream: pull?.stream ?? 0 });
    else node.say(pull?.stream ?? 0, { kind: "done" });
    const peers = passAnswering(node, contextId, 2_000).map(({ peer }) => peer);
    assert.is(peers[0], ending === "closed" ? "b" : "a");
    assert.ok(peers.includes("b" as PeerId), "nobody else was asked");
  }
});

test("what a pull brings is applied, and the waiting child with it", () => {
  const scribe = new Scribe(ann);
  const hlc = { ms: 2_000, counter: 0 };
  const parent = scribe.write([scribe.genesis], { by: ann, hlc, content: operations(put("k", 1)) });
  const child = scribe.write([parent], { by: ann, hlc, content: operations(put("k", 2)) });
  const node = new LoneNode("node");
  node.call({ kind: "join-context", contextId: scribe.contextId, genesis: scribe.genesis.sealed });
  node.give({ kind: "peer-connected", peer: "a" as PeerId });
  const [pull] = only(node.gossip("a", scribe.contextId, child.sealed), "open-stream");
  node.say(pull?.stream ?? 0, deltasMessage([parent], scribe.contextId));
  assert.equal(node.replica(scribe.contextId).heads(), [child.id]);
});

test("of five hundred contexts in need of sessions each has its turn before any has a second one", () => {
  const node = new LoneNode("node", { config: { syncFrequencyMs: 86_400_000 } });
  const contexts = Array.from({ length: 500 }, () => node.create());
  for (const peer of ["xia", "yan", "zoe"]) {
    node.give({ kind: "peer-connected", peer: peer as PeerId });
    for (const contextId of contexts)
      node.give({ kind: "peer-subscribed", peer: peer as PeerId, topic: topicOf(contextId) });
  }
  const started = new Map<ContextId, number>();
  const early = new Set<ContextId>();
  const open: number[] = [];
  for (const effect of node.pass(500)) {
    if (effect.kind === "open-stream") open.push(effect.stream);
    if (effect.kind === "observe" && effect.observation.contextId !== undefined)
      early.add(effect.observation.contextId);
  }
  assert.is(open.length, 24);
  const isEveryone = () => contexts.every((each) => early.has(each) || started.has(each));
  for (let step = 0; step < 4_000 && !isEveryone(); step += 1) {
    // All are in line. One session ends at a time, and makes room for one.
    const stream = open.shift();
    const ended = stream === undefined ? [] : node.say(stream, { kind: "refusal", reason: "protocol" });
    for (const effect of [...ended, ...node.pass(1)]) {
      if (effect.kind === "open-stream") open.push(effect.stream);
      if (effect.kind !== "observe" || effect.observation.name !== "sync-started") continue;
      const { contextId } = effect.observation;
      if (contextId !== undefined) started.set(contextId, (started.get(contextId) ?? 0) + 1);
    }
  }
  assert.ok(isEveryone(), "some never had a turn");
  assert.is(Math.max(...started.values()), 1, "one had two turns before another had one");
});

test("a peer that leaves sessions silent is given no more of them, and its share of the room is bounded", () => {
  const node = new LoneNode("node", { config: { syncTimeoutMs: 60_000 } });
  const contexts = Array.from({ length: 40 }, () => node.create());
  meetInAll(node, contexts);
  node.pass(20_000);
  assert.is(node.core.sync.sessions.table.count, 8);
});

test.run();
