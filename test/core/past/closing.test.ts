// What nodes do so that the past can be closed: checkpoints, answers, exclusions, and rest when all of it is done.

import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Config } from "../../../core/config.ts";
import type { CausalDelta, DeltaContent } from "../../../core/dag/delta.ts";
import type { Effect } from "../../../core/effect.ts";
import type { ContextId, DeltaId, Hash } from "../../../core/ids.ts";
import { storeKeys } from "../../../core/store-keys.ts";
import { createHandshake } from "../../../core/sync/handshake.ts";
import { headOfSealed } from "../../../core/wire/delta-codec.ts";
import { codec, identityOf, opened, operations, put, Scribe } from "../authors.ts";
import { deltasMessage } from "../batches.ts";
import { turnOn } from "../delta-store/waiting.ts";
import { LoneNode, observed, only } from "../lone-node.ts";

const [ann, bob] = ["ann", "bob"].map(identityOf) as [
  ReturnType<typeof identityOf>,
  ReturnType<typeof identityOf>,
];
const minuteMs = 60_000;

/** Ann's context, with bob a member. */
function scribeOfTwo(): Scribe {
  return new Scribe(ann, { members: [{ author: bob.author, role: "member" }], others: null });
}

function nodeOf(name: string, scribe: Scribe, config: Partial<Config> = {}, seed = 1): LoneNode {
  const words = [seed, 2, 3, 4] as const;
  const node = new LoneNode(name, { words: [...words], config: { checkpointEveryDeltas: 5, ...config } });
  node.call({ kind: "join-context", contextId: scribe.contextId, genesis: scribe.genesis.sealed });
  return node;
}

function write(node: LoneNode, contextId: ContextId, keys: readonly string[]): readonly Effect[] {
  return keys.flatMap((key) => {
    const call = { kind: "execute", contextId, method: "set", args: { key, value: key } } as const;
    const effects = node.give({ kind: "request", request: 1, call });
    assert.is(only(effects, "reply")[0]?.outcome.kind, "executed");
    return effects;
  });
}

/** Gives a node what another has and it lacks, in a session that the other opens. */
function bring(to: LoneNode, from: LoneNode, contextId: ContextId): readonly Effect[] {
  const { graph } = from.replica(contextId).deltas;
  const lacked = graph.since(to.replica(contextId).heads());
  if (lacked.length === 0) return [];
  const deltas = lacked.map((id) => opened(from.disk.get(storeKeys.delta(id)) as Uint8Array));
  const handshake = createHandshake(from.replica(contextId), turnOn(from.disk));
  return [
    ...to.give({ kind: "stream-opened", stream: -1, peer: from.identity.peer }),
    ...to.say(-1, handshake),
    ...to.say(-1, deltasMessage(deltas, contextId)),
    ...to.give({ kind: "stream-closed", stream: -1 }),
  ];
}

/** Says a sealed delta on the topic. */
function give(to: LoneNode, sealed: Uint8Array | undefined): readonly Effect[] {
  const [contextId] = to.core.replicas().keys();
  assert.ok(sealed !== undefined && contextId !== undefined);
  const { governance } = to.replica(contextId as ContextId);
  return to.gossip("peer", contextId as ContextId, governance.topic.seal(sealed as Uint8Array, []));
}

/** Both go on for a while, each hearing of the other once a second; all they did. */
function together(nodes: readonly [LoneNode, LoneNode], contextId: ContextId, ms: number): readonly Effect[] {
  const [one, other] = nodes;
  const all: Effect[] = [];
  for (let passed = 0; passed < ms; passed += 1_000) {
    all.push(...one.pass(1_000), ...other.pass(1_000));
    all.push(...bring(one, other, contextId), ...bring(other, one, contextId));
  }
  return all;
}

const sealedOf = (node: LoneNode, contextId: ContextId) => node.replica(contextId).closing.sealed;

test("one of those who write makes a checkpoint, the other answers, it is sealed for both, and all is quiet", () => {
  const scribe = scribeOfTwo();
  const { contextId } = scribe;
  const nodes = [nodeOf("ann", scribe), nodeOf("bob", scribe)] as const;
  write(nodes[0], contextId, ["a", "b", "c", "d", "e"]);
  const effects = together(nodes, contextId, 2 * minuteMs);
  // Both may have found it due before they heard of the other's.
  const authored = observed(effects, "checkpoint-authored");
  assert.ok(authored === 1 || authored === 2);
  const sealed = sealedOf(nodes[0], contextId);
  assert.is.not(sealed, null);
  assert.is(sealedOf(nodes[1], contextId), sealed);
  assert.is(observed(effects, "checkpoint-false"), 0);
  assert.is(nodes[0].replica(contextId).stateRoot(), nodes[1].replica(contextId).stateRoot());
  const { count } = nodes[0].replica(contextId).deltas.graph;
  assert.ok(count <= 10, `${count} deltas`);
  together(nodes, contextId, 5 * minuteMs);
  assert.is(nodes[0].replica(contextId).deltas.graph.count, count, "an idle context is at rest");
});

test("a reader makes no checkpoint, answers none, and is not waited for", () => {
  const scribe = new Scribe(ann, { members: [{ author: bob.author, role: "reader" }], others: null });
  const { contextId } = scribe;
  const nodes = [nodeOf("ann", scribe), nodeOf("bob", scribe)] as const;
  write(nodes[0], contextId, ["a", "b", "c", "d", "e"]);
  bring(nodes[1], nodes[0], contextId);
  assert.is(observed(nodes[1].pass(5 * minuteMs), "checkpoint-authored"), 0);
  nodes[0].pass(minuteMs);
  bring(nodes[1], nodes[0], contextId);
  assert.is.not(sealedOf(nodes[0], contextId), null);
  assert.is(sealedOf(nodes[1], contextId), sealedOf(nodes[0], contextId));
});

/** A history in which bob named a root that is not that of his cut, or one that is, and ann stands above it. */
function claimed(scribe: Scribe, stateRoot: Hash) {
  const write = (on: CausalDelta, by: typeof ann, content: DeltaContent, ms: number) =>
    scribe.write([on], { by, hlc: { ms, counter: 0 }, content });
  const before = write(scribe.genesis, ann, operations(put("k", 1)), 2_000);
  const checkpoint = write(before, bob, { kind: "checkpoint", stateRoot }, 3_000);
  const above = write(checkpoint, ann, operations(put("k", 2)), 4_000);
  return { before, checkpoint, above };
}

test("a checkpoint with a false root is told, and never sealed here, not after a start either", () => {
  const scribe = scribeOfTwo();
  const { contextId } = scribe;
  const node = nodeOf("eve", scribe);
  const { before, checkpoint, above } = claimed(scribe, "x".repeat(32) as Hash);
  give(node, before.sealed);
  const root = node.replica(contextId).stateRoot();
  assert.is(observed(give(node, checkpoint.sealed), "checkpoint-false"), 1);
  give(node, above.sealed);
  assert.is(sealedOf(node, contextId), null);
  const again = new LoneNode("eve", { disk: node.disk });
  assert.ok(again.replica(contextId).deltas.graph.has(above.id));
  assert.is(sealedOf(again, contextId), null);

  const honest = nodeOf("eve", scribe);
  const true_ = claimed(scribe, root);
  for (const { sealed } of [true_.before, true_.checkpoint, true_.above])
    assert.is(observed(give(honest, sealed), "checkpoint-false"), 0);
  assert.is(sealedOf(honest, contextId), true_.checkpoint.id);
  const restarted = new LoneNode("eve", { disk: honest.disk });
  assert.is(sealedOf(restarted, contextId), true_.checkpoint.id);
});

test("the false one does not put the next one off, and that one closes over it", () => {
  const scribe = scribeOfTwo();
  const { contextId } = scribe;
  const node = nodeOf("ann", scribe, { checkpointEveryDeltas: 3 });
  const { before, checkpoint } = claimed(scribe, "x".repeat(32) as Hash);
  for (const { sealed } of [before, checkpoint]) give(node, sealed);
  write(node, contextId, ["a", "b"]);
  const effects = node.pass(minuteMs);
  assert.is(observed(effects, "checkpoint-authored"), 1);
  assert.is(sealedOf(node, contextId), null);
  const [made] = node.replica(contextId).heads() as readonly [DeltaId];
  const parent = { id: made } as CausalDelta;
  const answer = scribe.write([parent], {
    by: bob,
    hlc: { ms: 5_000, counter: 0 },
    content: { kind: "merge" },
  });
  give(node, answer.sealed);
  assert.is(sealedOf(node, contextId), made);
});

test("a member that keeps a checkpoint waiting is excluded, returns by itself, and its writes are kept", () => {
  const scribe = scribeOfTwo();
  const { contextId } = scribe;
  const awake = nodeOf("ann", scribe, { memberSilentMaxMs: 10 * minuteMs });
  const asleep = nodeOf("bob", scribe);
  write(awake, contextId, ["a", "b", "c", "d", "e"]);
  assert.is(observed(awake.pass(9 * minuteMs), "member-excluded"), 0);
  assert.is(sealedOf(awake, contextId), null);
  assert.is(observed(awake.pass(3 * minuteMs), "member-excluded"), 1);
  const sealed = sealedOf(awake, contextId);
  assert.is.not(sealed, null, "the past is closed without it");
  assert.is(observed(awake.pass(60 * minuteMs), "member-excluded"), 0);

  write(asleep, contextId, ["unheard"]);
  const learned = bring(asleep, awake, contextId);
  assert.is(observed([...learned, ...asleep.pass(1_000)], "member-returned"), 1);
  write(asleep, contextId, ["back"]);
  together([awake, asleep], contextId, minuteMs);
  const [one, other] = [awake, asleep].map((node) => node.replica(contextId));
  assert.equal(one?.heads(), other?.heads());
  assert.is(one?.stateRoot(), other?.stateRoot());
  assert.is(one?.governance.members.roleNow(bob.author), "member");
  for (const key of ["a", "unheard", "back"]) {
    const read = awake.execute(contextId, "get", { key });
    assert.is(read.kind === "executed" ? read.output : null, key);
  }
});

test("who writes before its node has come back comes back first", () => {
  const scribe = scribeOfTwo();
  const { contextId } = scribe;
  const node = nodeOf("bob", scribe);
  const content = { kind: "membership", change: { kind: "exclude", member: bob.author } } as const;
  const exclusion = scribe.write([scribe.genesis], { by: ann, hlc: { ms: 2_000, counter: 0 }, content });
  give(node, exclusion.sealed);
  assert.is(observed(write(node, contextId, ["at once"]), "member-returned"), 1);
});

test("who is waited for answers over a restart, and what was sealed and what was open is known after one", () => {
  const scribe = scribeOfTwo();
  const { contextId } = scribe;
  const nodes = [nodeOf("ann", scribe), nodeOf("bob", scribe)] as const;
  write(nodes[0], contextId, ["a", "b", "c", "d", "e"]);
  nodes[0].pass(minuteMs);
  bring(nodes[1], nodes[0], contextId);
  for (const node of nodes) node.give({ kind: "stop" });
  const [first, second] = nodes.map(({ identity, disk }) => new LoneNode(identity.peer, { disk })) as [
    LoneNode,
    LoneNode,
  ];
  for (const node of [first, second]) assert.equal(node.replica(contextId).closing.waitsFor, [bob.author]);
  assert.is(observed(second.pass(minuteMs), "checkpoint-answered"), 1);
  bring(first, second, contextId);
  const sealed = sealedOf(first, contextId);
  assert.is.not(sealed, null);
  for (const node of [first, second]) {
    node.give({ kind: "stop" });
    assert.is(sealedOf(new LoneNode(node.identity.peer, { disk: node.disk }), contextId), sealed);
  }
});

test("with the shortest of times, too, an idle context comes to rest, and nobody excludes itself", () => {
  const scribe = new Scribe(ann, { members: [{ author: bob.author, role: "admin" }], others: null });
  const { contextId } = scribe;
  const config = { checkpointEveryDeltas: 1, memberSilentMaxMs: 1 };
  for (let seed = 1; seed <= 6; seed += 1) {
    const nodes = [nodeOf("ann", scribe, config, seed), nodeOf("bob", scribe, config, seed + 10)] as const;
    for (const node of nodes) write(node, contextId, ["a", "b"]);
    together(nodes, contextId, 5 * minuteMs);
    const { count } = nodes[0].replica(contextId).deltas.graph;
    together(nodes, contextId, 2 * minuteMs);
    const { deltas, governance, closing } = nodes[0].replica(contextId);
    assert.is(deltas.graph.count, count);
    assert.equal(closing.waitsFor, []);
    for (const { author, change } of governance.members.events)
      assert.not(change.kind === "exclude" && change.member === author);
  }
});

test("who learns of its exclusion by taking over a state comes back, too", () => {
  const scribe = scribeOfTwo();
  const { contextId } = scribe;
  const node = nodeOf("bob", scribe);
  const content = { kind: "membership", change: { kind: "exclude", member: bob.author } } as const;
  const exclusion = scribe.write([scribe.genesis], { by: ann, hlc: { ms: 2_000, counter: 0 }, content });
  const { id } = exclusion;
  const past = { id, head: headOfSealed(exclusion.sealed, codec.crypto) };
  const turn = turnOn(node.disk);
  const cut = {
    entities: [],
    history: [past],
    bodies: new Map([[id, exclusion]]),
    heads: [id],
    isWhole: false,
  };
  node.replica(contextId).adopt(cut, { received: null, kept: null }, turn);
  for (const commit of only(turn.finish(), "commit")) node.disk.append(commit);
  assert.is(node.replica(contextId).governance.ownRole, "reader");
  assert.is(observed(node.pass(minuteMs), "member-returned"), 1);
  assert.is(node.replica(contextId).governance.ownRole, "member");
});

test("without a time for it nobody is excluded, however long a checkpoint waits", () => {
  const scribe = scribeOfTwo();
  const node = nodeOf("ann", scribe);
  write(node, scribe.contextId, ["a", "b", "c", "d", "e"]);
  const effects = node.pass(24 * 60 * minuteMs);
  assert.is(observed(effects, "member-excluded"), 0);
  assert.is(observed(effects, "checkpoint-authored"), 1);
});

test("a context keeps deletions for ever, unless whoever makes it says otherwise", () => {
  for (const [set, kept] of [
    [{}, null],
    [{ tombstoneRetentionMs: 0 }, null],
    [{ tombstoneRetentionMs: 5_000 }, 5_000],
  ] as const) {
    const node = new LoneNode("ann", { config: set });
    const outcome = node.call({ kind: "create-context", application: "kv-store", members: [] });
    assert.is(outcome.kind, "context");
    if (outcome.kind === "context") assert.is(node.replica(outcome.contextId).closing.retentionMs, kept);
  }
});

test.run();
