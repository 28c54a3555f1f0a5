// Invariant 4: from the same two replicas every way to sync ends in the same state, on the same heads.

import * as fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Config } from "../../../../core/config.ts";
import type { CausalDelta } from "../../../../core/dag/delta.ts";
import type { Observation } from "../../../../core/effect.ts";
import type { DeltaId } from "../../../../core/ids.ts";
import { syncProtocols } from "../../../../core/wire/sync-message.ts";
import { holds } from "../../../laws.ts";
import { type LoneNode, observed, only } from "../../lone-node.ts";
import { writtenHistories } from "../../node/written-history.ts";
import { Link } from "../link.ts";
import {
  forgetful,
  keeping,
  nodeOf,
  type Parted,
  partedBy,
  type Shape,
  shapes,
  talk,
  wholeOf,
} from "./replicas.ts";

/** As the numbers show, and every protocol forced on nodes that have all bodies. */
const ways: Readonly<Record<string, Partial<Config>>> = {
  "delta sync": keeping,
  "state sync": forgetful,
  // Little is kept in memory, so that most states are made beside the ones they replace.
  "state sync beside": { ...forgetful, snapshotPageBytes: 256 },
  ...Object.fromEntries(
    syncProtocols
      .slice(1)
      .map((protocol, index) => [protocol, { ...keeping, syncProtocolForced: index + 1 }]),
  ),
};

function assertSame(parted: Parted, link: Link, whole: LoneNode): void {
  const expected = whole.replica(parted.scribe.contextId);
  for (const node of link.nodes) {
    const replica = node.replica(parted.scribe.contextId);
    assert.equal(replica.heads(), expected.heads());
    assert.is(replica.stateRoot(), expected.stateRoot());
    assert.is(replica.deltas.graph.count, expected.deltas.graph.count);
    assert.is(replica.deltas.pending.count, 0);
    assert.is(node.core.sync.states.count, 0, "a transfer did not end");
    assert.is(node.core.sync.sessions.table.count, 0, "a session did not end");
  }
  for (const effects of link.effects) {
    assert.equal(only(effects, "fault"), []);
    assert.is(observed(effects, "divergence-alarm"), 0);
  }
}

const isAdoption = ({ observation }: { readonly observation: Observation }): boolean =>
  observation.name === "state-adopted";

const seen = new Map<string, number>();

function count(link: Link): void {
  for (const name of ["sync-hash-comparison", "sync-level-wise", "sync-snapshot", "state-replaced"])
    for (const effects of link.effects) seen.set(name, (seen.get(name) ?? 0) + observed(effects, name));
}

test("whatever two replicas differ in, every way ends in the state and on the heads of one that has all", () => {
  holds(
    fc.property(shapes, (shape) => {
      const parted = partedBy(shape);
      const whole = wholeOf(parted);
      for (const [way, config] of Object.entries(ways)) {
        const link = new Link([
          nodeOf("a", parted, parted.deltas[0], config),
          nodeOf("b", parted, parted.deltas[1], config),
        ]);
        talk(link, parted);
        assertSame(parted, link, whole);
        if (way.startsWith("delta")) assert.is(link.ofStates.length, 0);
        else count(link);
      }
    }),
    { share: 0.15 },
  );
});

const base: Shape = {
  common: Array.from({ length: 2_000 }, (_, index) => index),
  own: [[], []],
  isSorted: false,
};

test("each way is taken where it is meant to be", () => {
  const wide = Array.from({ length: 300 }, (_, index) => index * 6);
  const cases = [
    ["sync-hash-comparison", { ...base, own: [[7], []] }],
    ["sync-level-wise", { ...base, own: [wide.map((number) => number + 2_000), []] }],
    ["sync-snapshot", { ...base, common: [], own: [wide, []] }],
  ] as const;
  for (const [name, shape] of cases) {
    const parted = partedBy(shape);
    const link = new Link([
      nodeOf("a", parted, parted.deltas[0], forgetful),
      nodeOf("b", parted, parted.deltas[1], forgetful),
    ]);
    talk(link, parted);
    assertSame(parted, link, wholeOf(parted));
    assert.is(observed(link.effects[1], name), 1, name);
    assert.is(observed(link.effects[1], "state-adopted") > 0, true);
  }
  for (const name of ["sync-hash-comparison", "sync-snapshot", "state-replaced"])
    assert.ok((seen.get(name) ?? 0) > 0, `${name} was never drawn`);
});

/** Two that each know some of a history with all that lies below. */
const partners = fc
  .tuple(writtenHistories(40), fc.array(fc.tuple(fc.nat(), fc.nat(2)), { maxLength: 12 }))
  .map(([written, draws]) => {
    const known = [new Set<DeltaId>(), new Set<DeltaId>()] as const;
    const byId = new Map(written.deltas.map((delta) => [delta.id, delta]));
    const learn = (set: Set<DeltaId>, id: DeltaId): void => {
      if (set.has(id)) return;
      set.add(id);
      for (const parent of byId.get(id)?.parents ?? []) learn(set, parent);
    };
    for (const [draw, who] of draws) {
      const { id } = written.deltas[draw % written.deltas.length] as CausalDelta;
      for (const side of [0, 1] as const) if (who === side || who === 2) learn(known[side], id);
    }
    return { written, known };
  });

test("over any history, with all bodies or hardly any on either side, both end where all of it leads", () => {
  let adopted = 0;
  holds(
    fc.property(partners, fc.boolean(), fc.boolean(), ({ written, known }, first, second) => {
      const scribe = { contextId: written.genesis.contextId, genesis: written.genesis } as Parted["scribe"];
      const own = ([0, 1] as const).map((side) => written.deltas.filter(({ id }) => known[side].has(id)));
      const [mine = [], theirs = []] = own;
      const parted: Parted = { scribe, deltas: [mine, theirs] };
      const link = new Link([
        nodeOf("a", parted, mine, first ? forgetful : keeping),
        nodeOf("b", parted, theirs, second ? forgetful : keeping),
      ]);
      talk(link, parted);
      assertSame(parted, link, wholeOf(parted));
      for (const effects of link.effects) adopted += only(effects, "observe").filter(isAdoption).length;
    }),
    { share: 0.3 },
  );
  assert.ok(adopted > 0, "no state was ever given");
});

test.run();
