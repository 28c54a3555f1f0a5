// The heads of deltas, kept apart from their bodies: whatever comes between, they are those of the deltas as they were made.

import * as fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { nodeCrypto } from "../../../adapters/crypto/node-crypto.ts";
import type { ContextId, DeltaId } from "../../../core/ids.ts";
import { storeKeys } from "../../../core/store-keys.ts";
import { Turn } from "../../../core/turn.ts";
import { headOfSealed } from "../../../core/wire/delta-codec.ts";
import type { DeltaHead } from "../../../core/wire/delta-head.ts";
import { holds } from "../../laws.ts";
import { LoneNode } from "../lone-node.ts";

const config = { compactAboveDeltas: 50, compactKeepDeltas: 20, compactMs: 1_000 };

const step = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("write" as const), count: fc.integer({ min: 1, max: 70 }) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("crash" as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("stop" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("compact" as const) }) },
);

function idsOf(node: LoneNode, contextId: ContextId): readonly DeltaId[] {
  const { graph } = node.replica(contextId).deltas;
  return Array.from({ length: graph.count }, (_, position) => graph.at(position).id);
}

function headsIn(node: LoneNode, contextId: ContextId): ReadonlyMap<DeltaId, DeltaHead> {
  const { deltas } = node.replica(contextId);
  const turn = new Turn({ monotonicMs: node.monotonicMs, wallMs: node.wallMs }, node.disk);
  return new Map(Array.from(deltas.past(idsOf(node, contextId), 0, turn), ({ id, head }) => [id, head]));
}

/** Reads what was written since, before any of it may be dropped. */
function note(known: Map<DeltaId, DeltaHead>, node: LoneNode, contextId: ContextId): void {
  for (const id of idsOf(node, contextId)) {
    const sealed = known.has(id) ? undefined : node.disk.get(storeKeys.delta(id));
    if (sealed !== undefined) known.set(id, headOfSealed(sealed, nodeCrypto));
  }
}

test("heads are those of the deltas, over crashes, stops and compactions; without any body once they are settled", () => {
  holds(
    fc.property(fc.array(step, { minLength: 1, maxLength: 12 }), (steps) => {
      let node = new LoneNode("ann", { config });
      const contextId = node.create();
      const known = new Map<DeltaId, DeltaHead>();
      for (const each of steps) {
        if (each.kind === "write")
          for (let index = 0; index < each.count; index += 1)
            node.execute(contextId, "set", { key: `k${index % 9}`, value: known.size });
        note(known, node, contextId);
        if (each.kind === "compact") node.pass(70_000);
        if (each.kind === "stop") node.give({ kind: "stop" });
        if (each.kind === "stop" || each.kind === "crash")
          node = new LoneNode("ann", { config, disk: node.disk });
        assert.equal(headsIn(node, contextId), known);
      }
      node.execute(contextId, "set", { key: "last", value: "of all" });
      note(known, node, contextId);
      node.give({ kind: "stop" });
      node = new LoneNode("ann", { config, disk: node.disk });
      const bodies = Array.from(known.keys(), storeKeys.delta);
      node.disk.append({ kind: "commit", writes: bodies.map((key) => [key, null]) });
      assert.equal(headsIn(node, contextId), known);
    }),
    { share: 0.2 },
  );
});

test.run();
