// Shared values on whole nodes: whoever writes and rotates concurrently, by right or not, every replica judges as the
// definition says, whatever order things arrive in. Invariants 3 and 13.

import * as fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { holds } from "../../laws.ts";
import type { LoneNode } from "../lone-node.ts";
import { emptyState, joinInto } from "../state/world.ts";
import { byGossip, bySession, deliveries, joined } from "./deliveries.ts";
import { type SharedHistory, sharedHistories } from "./shared-history.ts";

const someHistories = sharedHistories(24);

/** The root of a state into which only what was done by right was ever joined. */
function expectedRoot({ valid }: SharedHistory) {
  const state = emptyState();
  joinInto(state, valid);
  return state.root();
}

function assertJudged(node: LoneNode, written: SharedHistory): void {
  const { contextId } = written.genesis;
  const replica = node.replica(contextId);
  assert.is(replica.deltas.graph.count, written.deltas.length);
  const outcome = node.execute(contextId, "look");
  assert.equal(outcome.kind === "executed" && outcome.output, written.expected);
  assert.is(replica.stateRoot(), expectedRoot(written));
}

test("in any order, twice and over restarts, what was done by right counts and nothing else leaves a trace", () => {
  holds(
    fc.property(someHistories, deliveries, deliveries, (written, one, other) => {
      for (const node of [byGossip(written, one), bySession(written, one), byGossip(written, other)])
        assertJudged(node, written);
    }),
    { share: 0.6 },
  );
});

test("what arrives one after the other in causal order is judged likewise, and a restart judges the same", () => {
  holds(
    fc.property(someHistories, fc.nat(), (written, draw) => {
      const { contextId } = written.genesis;
      let node = joined(written);
      written.deltas.forEach(({ sealed }, index) => {
        if (index === draw % written.deltas.length) node = joined(written, node.disk);
        node.gossip("peer", contextId, sealed);
      });
      assertJudged(node, written);
      assertJudged(joined(written, node.disk), written);
    }),
  );
});

test.run();
