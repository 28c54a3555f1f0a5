// Causal closure of a batch that takes a state over and writes on it at once: what it adds stands on history that it brings.

import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Commit } from "../../../core/effect.ts";
import type { DeltaId } from "../../../core/ids.ts";
import { storeKeys } from "../../../core/store-keys.ts";
import { Turn } from "../../../core/turn.ts";
import { type Found, Oracles } from "../../../sim/oracles/oracles.ts";
import type { SimNode } from "../../../sim/world/sim-node.ts";
import { codec } from "../../core/authors.ts";
import { LoneNode, only } from "../../core/lone-node.ts";

function turnOf({ monotonicMs, wallMs, disk }: LoneNode): Turn {
  return new Turn({ monotonicMs, wallMs }, disk);
}

/** A node and what it has not committed yet: a state of another's, and a write of its own on that. */
function adoptAndWrite(): { readonly node: LoneNode; readonly commit: Commit } {
  const [ann, node] = [new LoneNode("ann"), new LoneNode("bob")];
  const contextId = ann.create();
  const genesis = ann.disk.get(storeKeys.delta(contextId as string as DeltaId)) as Uint8Array;
  node.call({ kind: "join-context", contextId, genesis });
  for (let index = 0; index < 5; index += 1)
    ann.execute(contextId, "set", { key: `k${index}`, value: index });
  const { deltas, state } = ann.replica(contextId);
  const ids = Array.from({ length: 5 }, (_, index) => deltas.graph.at(index + 1).id);
  const history = Array.from(deltas.past(ids, 0, turnOf(ann)));
  const entities = Array.from(state.leaves({}), (leaf) => state.entityOf(leaf));
  const turn = turnOf(node);
  const cut = { history, entities, bodies: new Map(), heads: deltas.graph.heads(), isWhole: true };
  const replica = node.replica(contextId);
  replica.adopt(cut, { received: null, kept: null }, turn);
  replica.calls.execute({ method: "set", args: { key: "own", value: 1 } }, turn);
  const [commit] = only(turn.finish(), "commit");
  assert.ok(commit !== undefined && commit.writes.length > 0);
  return { node, commit };
}

function foundIn(node: LoneNode, commit: Commit): readonly string[] {
  const found: Found[] = [];
  const about = { nameOf: () => undefined, neverAstray: new Set<never>() };
  const oracles = new Oracles(codec, { ...about, report: (each) => found.push(each) });
  oracles.committed({ disk: node.disk, id: "bob" } as SimNode, commit);
  return found.map(({ oracle }) => oracle);
}

test("a write on a state that came in the same batch stands on what is there", () => {
  const { node, commit } = adoptAndWrite();
  assert.equal(foundIn(node, commit), []);
});

test("without the history that came with the state it does not", () => {
  const { node, commit } = adoptAndWrite();
  const writes = commit.writes.filter(([key]) => key[0] !== "b" && key[0] !== "i");
  assert.equal(foundIn(node, { ...commit, writes }), ["causal-closure"]);
});

test.run();
