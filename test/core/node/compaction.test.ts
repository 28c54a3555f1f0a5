// A node drops the bodies of its old deltas, and nothing else: not over a restart, and not while it sends them.

import { test } from "uvu";
import * as assert from "uvu/assert";
import type { ContextId } from "../../../core/ids.ts";
import { storeKeys } from "../../../core/store-keys.ts";
import { initialCredit } from "../../../core/wire/sync-message.ts";
import { LoneNode, observed, only, said } from "../lone-node.ts";

const config = { compactAboveDeltas: 6, compactKeepDeltas: 3, compactMs: 100 };

function standing(node: LoneNode, contextId: ContextId) {
  const { deltas, ...replica } = {
    deltas: node.replica(contextId).deltas,
    heads: node.replica(contextId).heads(),
  };
  const ids = Array.from({ length: deltas.graph.count }, (_, position) => deltas.graph.at(position).id);
  const withBody = ids.filter((id) => deltas.hasBody(id));
  for (const id of ids)
    assert.is(
      node.disk.get(storeKeys.delta(id)) !== undefined,
      deltas.hasBody(id),
      "the disk says otherwise",
    );
  return { ...replica, ids, withBody, root: node.replica(contextId).stateRoot() };
}

test("old bodies go, down to those to keep, the genesis and the heads; ids, state and heads stay", () => {
  const node = new LoneNode("ann", { config });
  const contextId = node.create();
  for (let index = 0; index < 30; index += 1)
    node.execute(contextId, "set", { key: `k${index}`, value: index });
  const before = standing(node, contextId);
  assert.is(before.withBody.length, 31);
  const effects = node.pass(100);
  assert.is(observed(effects, "bodies-compacted"), 27);
  const after = standing(node, contextId);
  assert.equal([after.heads, after.ids, after.root], [before.heads, before.ids, before.root]);
  assert.equal(after.withBody, [before.ids[0], ...before.ids.slice(-3)]);
  assert.is(observed(node.pass(10_000), "bodies-compacted"), 0);
});

test("a head stays, however old it is", () => {
  const node = new LoneNode("ann", { config });
  const contextId = node.create();
  const other = new LoneNode("bob", { disk: new LoneNode("bob").disk });
  const genesis = node.disk.get(storeKeys.delta(contextId as never)) as Uint8Array;
  other.call({ kind: "join-context", contextId, genesis });
  const made = other.execute(contextId, "set", { key: "old", value: 1 });
  const id = made.kind === "executed" && made.written !== null ? made.written : assert.unreachable();
  for (let index = 0; index < 30; index += 1) other.execute(contextId, "set", { key: "k", value: index });
  const heads = other.replica(contextId).heads();
  // A chain of others beside one delta that nothing follows.
  const lone = new LoneNode("eve", {});
  lone.call({ kind: "join-context", contextId, genesis });
  const beside = lone.execute(contextId, "set", { key: "beside", value: 1 });
  const besideId =
    beside.kind === "executed" && beside.written !== null ? beside.written : assert.unreachable();
  node.gossip("eve", contextId, lone.disk.get(storeKeys.delta(besideId as never)) as Uint8Array);
  const chain = Array.from(
    { length: 32 },
    (_, position) => other.replica(contextId).deltas.graph.at(position).id,
  );
  for (const each of chain)
    node.gossip("bob", contextId, other.disk.get(storeKeys.delta(each)) as Uint8Array);
  node.pass(100);
  const { withBody, heads: now } = standing(node, contextId);
  assert.equal(now, [...heads, besideId].sort());
  assert.ok(withBody.includes(besideId as never) && !withBody.includes(id as never));
});

test("a restart at every step finds what was there, and goes on where it was", () => {
  const first = new LoneNode("ann", { config });
  const contextId = first.create();
  let node = first;
  for (let step = 0; step < 60; step += 1) {
    if (step % 3 === 2) node.pass(130);
    else node.execute(contextId, "set", { key: `k${step % 7}`, value: step });
    const before = standing(node, contextId);
    const again = new LoneNode("ann", { config, disk: node.disk });
    assert.equal(standing(again, contextId), before);
    for (let key = 0; key < 7; key += 1) {
      const get = (each: LoneNode) => each.execute(contextId, "get", { key: `k${key}` });
      assert.equal(get(again), get(node));
    }
    node = again;
  }
  assert.ok(standing(node, contextId).withBody.length < 12);
});

test("who asks for what has no body is told, and sent the rest only when it wants it all the same", () => {
  for (const [answer, kinds] of [
    [{ kind: "credit", messages: 1 }, ["deltas", "done"]],
    [{ kind: "state-needed" }, ["done"]],
  ] as const) {
    const node = new LoneNode("ann", { config });
    const contextId = node.create();
    for (let index = 0; index < 12; index += 1) node.execute(contextId, "set", { key: "k", value: index });
    node.pass(100);
    const { graph } = node.replica(contextId).deltas;
    const ids = Array.from({ length: 12 }, (_, index) => graph.at(index + 1).id);
    node.give({ kind: "stream-opened", stream: -1, peer: "bob" as never });
    const first = said(node.say(-1, { kind: "delta-request", contextId, ids }), -1);
    // Whoever has the newest of those without bodies has the others.
    assert.equal(first, [{ kind: "below", ids: [graph.at(9).id] }]);
    const rest = said(node.say(-1, answer), -1);
    assert.equal(
      rest.map(({ kind }) => kind),
      kinds,
    );
  }
});

test("bodies that go while they are being sent end the sending, and the peer is told", () => {
  const node = new LoneNode("ann", { config });
  const contextId = node.create();
  const value = "x".repeat(70_000);
  const count = initialCredit + 8;
  for (let index = 0; index < count; index += 1) node.execute(contextId, "set", { key: `k${index}`, value });
  const { graph } = node.replica(contextId).deltas;
  const ids = Array.from({ length: count }, (_, index) => graph.at(index + 1).id);
  node.give({ kind: "stream-opened", stream: -1, peer: "bob" as never });
  const begun = said(node.say(-1, { kind: "delta-request", contextId, ids }), -1);
  assert.equal(
    begun.map(({ kind }) => kind),
    Array.from({ length: initialCredit }, () => "deltas"),
  );
  assert.ok(observed(node.pass(100), "bodies-compacted") > 0);
  const rest = node.say(-1, { kind: "credit", messages: 1 });
  assert.equal(
    said(rest, -1).map(({ kind }) => kind),
    ["below", "done"],
  );
  assert.equal(only(rest, "fault"), []);
});

test.run();
