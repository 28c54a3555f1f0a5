// A deleted context goes from the store whole, whatever crashes come in between, and nothing else goes with it.

import * as fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { CallError } from "../../../core/app/application.ts";
import { textArgument } from "../../../core/app/arguments.ts";
import { defineApp } from "../../../core/app/define-app.ts";
import { map } from "../../../core/app/fields/map.ts";
import { register } from "../../../core/app/fields/register.ts";
import { type ContextId, type DeltaId, toHex } from "../../../core/ids.ts";
import { storeKeys } from "../../../core/store-keys.ts";
import { holds } from "../../laws.ts";
import { LoneNode, observed, only } from "../lone-node.ts";
import { KeyedDisk } from "../state/states.ts";

/** Writes something of every kind that a node keeps of a context. */
const hoard = defineApp({
  name: "hoard",
  state: { shown: map(register<string>()) },
  private: { hidden: map(register<string>()) },
  methods: {
    keep({ shown, hidden }, args, call) {
      const key = textArgument(args, "key");
      shown.set(key, `shown ${key}`);
      hidden.set(key, `hidden ${key}`);
      call.callContext(textArgument(args, "to"), "refuse", {});
    },
    refuse() {
      throw new CallError("never");
    },
  },
  views: { get: ({ shown }, args) => shown.get(textArgument(args, "key")) ?? null },
});

const applications = [hoard];
const config = { compactAboveDeltas: 400, compactKeepDeltas: 100, compactMs: 50, handlerAttemptsMax: 1 };

function nodeOn(disk: KeyedDisk): LoneNode {
  return new LoneNode("ann", { disk, applications, config });
}

function fill(node: LoneNode, contextId: ContextId, count: number): void {
  for (let index = 0; index < count; index += 1)
    node.execute(contextId, "keep", { key: `${index}`, to: toHex(contextId) });
  node.pass(100);
}

/** Gives it deltas of another node, as a repair would, without the first, which they build on. */
function strand(node: LoneNode, contextId: ContextId, count: number): void {
  const bob = new LoneNode("bob", { applications });
  const sealed = (id: string) => bob.disk.get(storeKeys.delta(id as DeltaId)) as Uint8Array;
  const genesis = node.disk.get(storeKeys.delta(contextId as string as DeltaId)) as Uint8Array;
  bob.call({ kind: "join-context", contextId, genesis });
  for (let index = 0; index <= count; index += 1) {
    bob.execute(contextId, "keep", { key: `${index}`, to: toHex(contextId) });
    const [head = ""] = bob.replica(contextId).heads();
    if (index > 0) node.call({ kind: "restore", contextId, delta: sealed(head) });
  }
  assert.is(node.replica(contextId).deltas.stranded.count, count);
}

const full = new KeyedDisk();
const before = nodeOn(full);
const kept = before.create("hoard");
fill(before, kept, 40);
const keysOfKept = new Set(full.keys());
const deleted = before.create("hoard");
fill(before, deleted, 900);
strand(before, deleted, 3);

test("of what is deleted there is something of every kind that a context has", () => {
  const kinds = new Set(full.keys().flatMap((key) => (keysOfKept.has(key) ? [] : [key.slice(0, 1)])));
  assert.equal(Array.from(kinds).sort().join(""), "abcdeiopqtw");
});

test("however often a node crashes meanwhile, all of it goes and nothing else", () => {
  const steps = fc.array(fc.record({ turns: fc.nat(3), lost: fc.nat(9) }), { maxLength: 6 });
  holds(
    fc.property(steps, (crashes) => {
      const disk = full.copy();
      let node = nodeOn(disk);
      assert.is(node.call({ kind: "delete-context", contextId: deleted }).kind, "context");
      disk.beginSync();
      disk.endSync();
      for (const { turns, lost } of crashes) {
        for (let turn = 0; turn < turns; turn += 1) node.give({ kind: "woken" });
        disk.crash(Math.min(lost, disk.unsyncedCount));
        node = nodeOn(disk);
        assert.not(node.core.replicas().has(deleted));
      }
      node.pass(1_000);
      assert.equal(
        disk.keys().filter((key) => !keysOfKept.has(key) && key !== storeKeys.owed(kept)),
        [],
      );
      assert.is(node.call({ kind: "delete-context", contextId: deleted }).kind, "refused");
      const { state } = nodeOn(disk).replica(kept);
      assert.is(state.root(), before.replica(kept).stateRoot());
    }),
    { share: 0.1 },
  );
});

test("a commit of the deletion is bounded", () => {
  const node = nodeOn(full.copy());
  node.call({ kind: "delete-context", contextId: deleted });
  const commits = only(node.pass(0), "commit");
  assert.ok(commits.length > 2);
  for (const { writes } of commits) assert.ok(writes.length < 2_048 + 300, `${writes.length} records`);
});

test("a context that is being deleted cannot come again, one that is gone can, and begins anew", () => {
  const node = nodeOn(full.copy());
  const genesis = full.get(storeKeys.delta(deleted as never)) as Uint8Array;
  node.call({ kind: "delete-context", contextId: deleted });
  const early = node.call({ kind: "join-context", contextId: deleted, genesis });
  assert.ok(early.kind === "refused" && early.code === "being-deleted");
  const missing = node.execute(deleted, "get", { key: "1" });
  assert.ok(missing.kind === "refused" && missing.code === "context-not-found");
  assert.is(observed(node.pass(0), "context-deleted"), 1);
  const effects = node.give({
    kind: "request",
    request: 2,
    call: { kind: "join-context", contextId: deleted, genesis },
  });
  assert.is(only(effects, "subscribe").length, 1);
  assert.is(node.replica(deleted).deltas.graph.count, 1);
  assert.equal(node.execute(deleted, "get", { key: "1" }), { kind: "executed", output: null, written: null });
  fill(node, deleted, 3);
  assert.is(nodeOn(node.disk as KeyedDisk).replica(deleted).deltas.graph.count > 1, true);
});

test("no timer of a deleted context is left, and none of another is gone", () => {
  const node = nodeOn(full.copy());
  const of = (contextId: ContextId) =>
    Array.from(node.core.timers().keys()).filter((name) => name.endsWith(contextId));
  const others = of(kept);
  assert.ok(of(deleted).length > 0);
  node.call({ kind: "delete-context", contextId: deleted });
  assert.equal(of(deleted), []);
  assert.equal(of(kept), others);
});

test.run();
