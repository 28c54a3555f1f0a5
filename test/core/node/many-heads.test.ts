// Many concurrent writes: a write rests on at most 64 of them, and whoever writes here tidies up the rest.

import { test } from "uvu";
import * as assert from "uvu/assert";
import type { CausalDelta } from "../../../core/dag/delta.ts";
import { compareHlc } from "../../../core/hlc.ts";
import { parentsMax } from "../../../core/limits.ts";
import { opened, operations, put, Scribe, trustingCodec, unsigned } from "../authors.ts";
import { LoneNode, observed, only } from "../lone-node.ts";

const ann = unsigned("ann");

/** A node with so many heads of one context, each later than the one before. */
function withHeads(count: number, { isWriter = false } = {}) {
  const scribe = new Scribe(ann, { codec: trustingCodec });
  const node = new LoneNode("node", { codec: trustingCodec });
  node.call({ kind: "join-context", contextId: scribe.contextId, genesis: scribe.genesis.sealed });
  if (isWriter) node.execute(scribe.contextId, "set", { key: "mine", value: 1 });
  const heads: CausalDelta[] = [];
  for (let index = 0; index < count; index += 1) {
    const hlc = { ms: 2_000 + index, counter: 0 };
    const head = scribe.write([scribe.genesis], {
      by: ann,
      hlc,
      content: operations(put(`k${index}`, index)),
    });
    heads.push(head);
    node.gossip("peer", scribe.contextId, head.sealed);
  }
  return { node, heads, contextId: scribe.contextId };
}

test("a write on more heads than it may have parents rests on those with the latest stamps", () => {
  const { node, heads, contextId } = withHeads(100);
  const call = { kind: "execute", contextId, method: "set", args: { key: "k", value: 1 } } as const;
  const [published] = only(node.give({ kind: "request", request: 1, call }), "publish");
  const delta = opened(published?.message ?? new Uint8Array(), trustingCodec);
  const latest = heads.toSorted((a, b) => compareHlc(b.hlc, a.hlc)).slice(0, parentsMax);
  assert.equal(delta.parents, latest.map(({ id }) => id).sort());
  assert.is(node.replica(contextId).heads().length, 100 - parentsMax + 1);
});

test("a member that writes joins many heads into few, some seconds later", () => {
  const { node, contextId } = withHeads(200, { isWriter: true });
  const before = node.replica(contextId).stateRoot();
  const effects = node.pass(120_000);
  assert.ok(observed(effects, "merge-authored") >= 2);
  assert.ok(node.replica(contextId).heads().length <= parentsMax);
  assert.is(node.replica(contextId).stateRoot(), before, "a merge changes nothing");
});

test("a member that only listens merges nothing", () => {
  const { node, contextId } = withHeads(100);
  assert.is(observed(node.pass(120_000), "merge-authored"), 0);
  assert.is(node.replica(contextId).heads().length, 100);
});

test("heads that one write can stand on are left alone, with room for one more", () => {
  // Its own write is one of them.
  const { node } = withHeads(parentsMax - 2, { isWriter: true });
  assert.is(observed(node.pass(120_000), "merge-authored"), 0);
});

test.run();
