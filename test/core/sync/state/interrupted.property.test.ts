// A transfer of state that a crash ends at any commit, and one that deltas overtake.

import * as fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { CausalDelta } from "../../../../core/dag/delta.ts";
import { holds } from "../../../laws.ts";
import { operations, put, trustingCodec, unsigned } from "../../authors.ts";
import { LoneNode, observed } from "../../lone-node.ts";
import { Link, type Side } from "../link.ts";
import { forgetful, nodeOf, type Parted, partedBy, shapes, talk, wholeOf } from "./replicas.ts";

const small = { ...forgetful, snapshotPageBytes: 2_000, syncBackoffMaxMs: 0 };

function pairOf(parted: Parted): Link {
  return new Link([
    nodeOf("a", parted, parted.deltas[0], small),
    nodeOf("b", parted, parted.deltas[1], small),
  ]);
}

function assertWhole(link: Link, parted: Parted, expected: LoneNode): void {
  const { contextId } = parted.scribe;
  for (const node of link.nodes) {
    assert.equal(node.replica(contextId).heads(), expected.replica(contextId).heads());
    assert.is(node.replica(contextId).stateRoot(), expected.replica(contextId).stateRoot());
    assert.is(node.replica(contextId).deltas.pending.count, 0);
  }
  for (const effects of link.effects) assert.is(observed(effects, "divergence-alarm"), 0);
}

/** One after another, what may happen next happens: time passes for a side, or something reaches it. */
function step(link: Link, index: number): void {
  const side = (index & 1) as Side;
  if (index % 4 < 2) link.did(side, link.nodes[side].pass(5));
  else link.arrive(side);
}

/** The process of a side ends, with or without the commit it made last; the other's streams close. */
function crash(link: Link, side: Side, isLost: boolean): Link {
  const survivor = link.nodes[1 - side] as LoneNode;
  const { sessions, states } = survivor.core.capture().sync;
  for (const stream of [...sessions.keys(), ...states.receiving.keys(), ...states.serving.keys()])
    survivor.give({ kind: "stream-closed", stream });
  const { disk } = link.nodes[side];
  disk.crash(isLost ? disk.unsyncedCount : 0);
  const again = new LoneNode(side === 0 ? "a" : "b", { disk, codec: trustingCodec, config: small });
  return new Link(side === 0 ? [again, survivor] : [survivor, again]);
}

const stepsMax = 90;

test("whichever side crashes, and at whichever commit, the next session gives both all there is", () => {
  const crashed = { transferring: 0, losing: 0 };
  holds(
    fc.property(shapes, fc.nat(stepsMax), fc.nat(1), fc.boolean(), (shape, steps, draw, isLost) => {
      const parted = partedBy(shape);
      const side = draw as Side;
      const link = pairOf(parted);
      link.meet(parted.scribe.contextId);
      // Where a commit is to be lost, one that can be is waited for.
      const isDue = (index: number) => index > steps && (!isLost || link.nodes[side].disk.unsyncedCount > 0);
      for (let index = 0; !isDue(index) && index < 4 * stepsMax; index += 1) {
        // What was said rests on what is durable.
        link.nodes[side].disk.beginSync();
        link.nodes[side].disk.endSync();
        step(link, index);
      }
      crashed.transferring += Number(link.nodes[side].core.sync.states.count > 0);
      crashed.losing += Number(isLost && link.nodes[side].disk.unsyncedCount > 0);
      const next = crash(link, side, isLost);
      talk(next, parted, 4_000);
      assertWhole(next, parted, wholeOf(parted));
    }),
    { share: 0.3 },
  );
  assert.ok(crashed.transferring > 0, "no crash met a transfer");
  assert.ok(crashed.losing > 0, "no crash took a commit");
});

test("deltas that come while a state does, in any order, are applied when it is here", () => {
  let waited = 0;
  const arrivals = fc.array(fc.tuple(fc.nat(80), fc.nat(3)), { minLength: 1, maxLength: 20 });
  holds(
    fc.property(shapes, arrivals, (shape, drawn) => {
      const parted = partedBy(shape);
      const { scribe } = parted;
      const late: CausalDelta[] = [];
      for (const [index, [, back]] of drawn.entries()) {
        const on = late.at(-1 - back) ?? parted.deltas[0].at(-1) ?? scribe.genesis;
        const hlc = { ms: 9_000 + index, counter: 0 };
        late.push(
          scribe.write([on], { by: unsigned("zoe"), hlc, content: operations(put(`late ${index}`, index)) }),
        );
      }
      const link = pairOf(parted);
      link.meet(scribe.contextId);
      for (let index = 0; index <= 80; index += 1) {
        step(link, index);
        for (const [place, [at]] of drawn.entries())
          if (at === index)
            link.did(
              1,
              link.nodes[1].gossip("someone", scribe.contextId, late[place]?.sealed ?? new Uint8Array()),
            );
        waited = Math.max(waited, link.nodes[1].replica(scribe.contextId).deltas.pending.count);
      }
      talk(link, parted, 4_000);
      const all = { ...parted, deltas: [[...parted.deltas[0], ...late], parted.deltas[1]] } as const;
      assertWhole(link, parted, wholeOf(all));
    }),
    { share: 0.2 },
  );
  assert.ok(waited > 1, "nothing had to wait");
});

test.run();
