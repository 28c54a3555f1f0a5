// A history is handed on by those who never had its bodies, and what follows from it is the same everywhere.

import * as fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { CausalDelta } from "../../../../core/dag/delta.ts";
import { hlcCounterMax, hlcMsMax, stampLeadMaxMs } from "../../../../core/limits.ts";
import type { Replica } from "../../../../core/replica.ts";
import { holds } from "../../../laws.ts";
import { operations, put, Scribe, trustingCodec, unsigned } from "../../authors.ts";
import { LoneNode, only } from "../../lone-node.ts";
import { Link } from "../link.ts";
import { forgetful, nodeOf, talk } from "./replicas.ts";

/** Clocks that go back, stand, lead a little and lead too far. */
const clocks = fc.array(
  fc.record({
    ms: fc.oneof(fc.nat(2_000), fc.constant(1_000 + stampLeadMaxMs), fc.nat(hlcMsMax)),
    counter: fc.nat(hlcCounterMax),
    /** How many places back its second parent is. */
    back: fc.integer({ min: 1, max: 9 }),
    by: fc.constantFrom("ann", "bob", "eve"),
  }),
  { minLength: 2, maxLength: 150 },
);

function written(
  scribe: Scribe,
  history: readonly { ms: number; counter: number; back: number; by: string }[],
) {
  const deltas: CausalDelta[] = [];
  for (const [index, { ms, counter, back, by }] of history.entries()) {
    const last = deltas.at(-1) ?? scribe.genesis;
    const before = deltas.at(-1 - back) ?? last;
    const content = operations(put(`k${index % 7}`, index));
    const parents = Array.from(new Set([last, before]));
    deltas.push(scribe.write(parents, { by: unsigned(by), hlc: { ms, counter }, content }));
  }
  return deltas;
}

function timesIn({ deltas: { graph } }: Replica): ReadonlyMap<string, unknown> {
  const all = Array.from({ length: graph.count }, (_, position) => graph.at(position));
  return new Map(all.map(({ id, at, generation }) => [id, { at, generation }]));
}

test("from hand to hand, over restarts, the same deltas have the same times", () => {
  holds(
    fc.property(clocks, (history) => {
      const scribe = new Scribe(unsigned("ann"), { codec: trustingCodec });
      const { contextId } = scribe;
      const deltas = written(scribe, history);
      const first = nodeOf("first", { scribe }, deltas, forgetful);
      const expected = timesIn(first.replica(contextId));
      let before = first;
      for (const name of ["second", "third"]) {
        const next = nodeOf(name, { scribe }, [], forgetful);
        // Who gives has nothing left of it but what is on its disk.
        const again = new LoneNode("again", { codec: trustingCodec, config: forgetful, disk: before.disk });
        const link = new Link([again, next]);
        talk(link, { scribe }, 1_000);
        for (const effects of link.effects) assert.equal(only(effects, "fault"), []);
        assert.equal(timesIn(next.replica(contextId)), expected);
        assert.is(next.replica(contextId).stateRoot(), first.replica(contextId).stateRoot());
        before = next;
      }
      const heads = new Set(before.replica(contextId).heads());
      const bodies = deltas.filter(({ id }) => before.replica(contextId).deltas.hasBody(id));
      assert.ok(
        bodies.every(({ id }) => heads.has(id)),
        "deltas were sent with their bodies",
      );
    }),
  );
});

test.run();
