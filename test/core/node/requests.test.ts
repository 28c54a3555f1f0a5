// What clients ask of a node, each answered once, and how a node starts and ends.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { InvariantError } from "../../../core/assert.ts";
import type { Outcome, RefusalCode } from "../../../core/effect.ts";
import { byteString, type ContextId, topicOf } from "../../../core/ids.ts";
import type { ClientCall } from "../../../core/input.ts";
import { storeKeys } from "../../../core/store-keys.ts";
import { UnreadableStoreError } from "../../../core/stored-node.ts";
import { SimDisk } from "../../../sim/world/disk.ts";
import { hashOf, identityOf, operations, put, Scribe } from "../authors.ts";
import { LoneNode, only } from "../lone-node.ts";

const ann = identityOf("ann");
const nowhere = byteString<ContextId>(hashOf("nowhere"));
const execute = { kind: "execute", method: "get", args: { key: "k" } } as const;

function codeOf(outcome: Outcome): RefusalCode | Outcome["kind"] {
  return outcome.kind === "refused" ? outcome.code : outcome.kind;
}

test("every request is answered once, under its own name, whatever it asks", () => {
  const node = new LoneNode("node");
  const contextId = node.create();
  const calls: readonly ClientCall[] = [
    { kind: "create-context", application: "kv-store" },
    { kind: "create-context", application: "chess" },
    { kind: "join-context", contextId: nowhere },
    { ...execute, contextId },
    { ...execute, contextId, method: "set", args: { key: "k", value: 1 } },
    { ...execute, contextId, method: "nothing" },
    { ...execute, contextId: nowhere },
  ];
  calls.forEach((call, index) => {
    const replies = only(node.give({ kind: "request", request: `r${index}`, call }), "reply");
    assert.equal(
      replies.map(({ request }) => request),
      [`r${index}`],
    );
  });
});

test("what cannot be answered says why by a code", () => {
  const node = new LoneNode("node");
  const contextId = node.create();
  const scribe = new Scribe(ann);
  const write = scribe.write([scribe.genesis], {
    by: ann,
    hlc: { ms: 1, counter: 0 },
    content: operations(put("k", 1)),
  });
  const table: readonly (readonly [RefusalCode, ClientCall])[] = [
    ["context-not-found", { ...execute, contextId: nowhere }],
    ["application-not-installed", { kind: "create-context", application: "chess" }],
    ["unknown-method", { ...execute, contextId, method: "castle" }],
    ["bad-arguments", { ...execute, contextId, args: {} }],
    ["bad-arguments", { kind: "join-context", contextId: nowhere, genesis: scribe.genesis.sealed }],
    ["bad-arguments", { kind: "join-context", contextId: nowhere, genesis: Uint8Array.of(1, 2, 3) }],
    // No delta but the genesis itself, be it of that context or named as it.
    ["bad-arguments", { kind: "join-context", contextId: scribe.contextId, genesis: write.sealed }],
    [
      "bad-arguments",
      { kind: "join-context", contextId: write.id as string as ContextId, genesis: write.sealed },
    ],
  ];
  for (const [code, call] of table) {
    const effects = node.give({ kind: "request", request: 1, call });
    assert.equal(
      effects.map(({ kind }) => kind),
      ["reply"],
    );
    const [reply] = only(effects, "reply");
    assert.is(reply === undefined ? null : codeOf(reply.outcome), code);
  }
  assert.is(node.core.replicas().size, 1);
});

test("a context joined without its genesis says so until the genesis arrives", () => {
  const scribe = new Scribe(ann);
  const node = new LoneNode("node");
  const effects = node.give({
    kind: "request",
    request: 1,
    call: { kind: "join-context", contextId: scribe.contextId },
  });
  assert.equal(
    only(effects, "subscribe").map(({ topic }) => topic),
    [topicOf(scribe.contextId)],
  );
  assert.is(codeOf(node.execute(scribe.contextId, "get", { key: "k" })), "uninitialized");
  node.gossip("peer", scribe.contextId, scribe.genesis.sealed);
  assert.is(codeOf(node.execute(scribe.contextId, "get", { key: "k" })), "executed");
});

test("a context of an application that is not there replicates, but does not execute", () => {
  const scribe = new Scribe(ann);
  const node = new LoneNode("node", { applications: [] });
  node.call({ kind: "join-context", contextId: scribe.contextId, genesis: scribe.genesis.sealed });
  assert.is(codeOf(node.execute(scribe.contextId, "get", { key: "k" })), "application-not-installed");
  const write = scribe.write([scribe.genesis], {
    by: ann,
    hlc: { ms: 1, counter: 0 },
    content: operations(put("k", 1)),
  });
  node.gossip("peer", scribe.contextId, write.sealed);
  assert.equal(node.replica(scribe.contextId).heads(), [write.id]);
});

test("joining twice changes nothing, and a genesis may be brought later", () => {
  const scribe = new Scribe(ann);
  const node = new LoneNode("node");
  const join = { kind: "join-context", contextId: scribe.contextId } as const;
  assert.is(codeOf(node.call(join)), "context");
  assert.is(codeOf(node.call({ ...join, genesis: scribe.genesis.sealed })), "context");
  const again = node.give({ kind: "request", request: 1, call: join });
  assert.equal(
    again.map(({ kind }) => kind),
    ["reply"],
  );
  assert.ok(node.replica(scribe.contextId).isInitialized);
});

test("contexts, joined or made, are there after a restart, written or not", () => {
  const node = new LoneNode("node");
  const made = [node.create(), node.create()];
  node.call({ kind: "join-context", contextId: nowhere });
  const again = new LoneNode("node", { disk: node.disk });
  assert.equal([...again.core.replicas().keys()], [...made, nowhere]);
  assert.equal(
    made.map((id) => again.replica(id).isInitialized),
    [true, true],
  );
});

test("a write is committed before it is spoken of, in one batch", () => {
  const node = new LoneNode("node");
  const contextId = node.create();
  const call = { ...execute, contextId, method: "set", args: { key: "k", value: 1 } };
  const kinds = node.give({ kind: "request", request: 1, call }).map(({ kind }) => kind);
  assert.is(kinds[0], "commit");
  assert.is(kinds.filter((kind) => kind === "commit").length, 1);
  for (const kind of ["publish", "reply", "emit"] as const) assert.ok(kinds.includes(kind));
});

test("each start draws another incarnation and commits it before anything else", () => {
  const disk = new SimDisk();
  const first = new LoneNode("node", { disk, words: [1, 1, 1, 1] });
  const stored = disk.get(storeKeys.node);
  const second = new LoneNode("node", { disk, words: [2, 2, 2, 2] });
  assert.is.not(first.core.capture().author.incarnation, second.core.capture().author.incarnation);
  assert.is.not(String(disk.get(storeKeys.node)), String(stored));
});

test("a stopped node says goodbye and handles nothing more; a started one is not started again", () => {
  const node = new LoneNode("node");
  const contextId = node.create();
  assert.throws(
    () => node.give({ kind: "start" }),
    (error: Error) => error instanceof InvariantError,
  );
  const effects = node.give({ kind: "stop" });
  assert.equal(
    only(effects, "unsubscribe").map(({ topic }) => topic),
    [topicOf(contextId)],
  );
  assert.equal(only(effects, "wake-at"), []);
  assert.throws(
    () => node.give({ kind: "woken" }),
    (error: Error) => error instanceof InvariantError,
  );
});

test("a damaged store is told apart from a bug", () => {
  const damages: readonly ((disk: SimDisk, contextId: ContextId) => readonly [string, Uint8Array | null])[] =
    [
      () => [storeKeys.node, Uint8Array.of(0xff)],
      () => [storeKeys.node, null],
      () => [storeKeys.node, Uint8Array.of(0x83, 9, 0x40, 0x80)],
      () => [storeKeys.clock, Uint8Array.of(0x82, 0x20, 0)],
      (_, contextId) => [storeKeys.context(contextId), Uint8Array.of(0)],
      (_, contextId) => [storeKeys.context(contextId), null],
      (_, contextId) => [storeKeys.indexBlock(contextId, 0), Uint8Array.of(1, 2, 3)],
    ];
  for (const damage of damages) {
    const node = new LoneNode("node");
    const contextId = node.create();
    node.execute(contextId, "set", { key: "k", value: 1 });
    node.disk.append({ kind: "commit", writes: [damage(node.disk, contextId)] });
    assert.throws(
      () => new LoneNode("node", { disk: node.disk }),
      (error: Error) => error instanceof UnreadableStoreError,
    );
  }
});

test.run();
