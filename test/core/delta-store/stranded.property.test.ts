// What a repair could read of a history is never lost: it waits in the store for what it builds on, through every
// crash, is applied when that comes, and stays where it cannot be.

import * as fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { CausalDelta } from "../../../core/dag/delta.ts";
import { createStrandedMemory, StrandedDeltas } from "../../../core/delta-store/stranded.ts";
import type { ContextId } from "../../../core/ids.ts";
import { createTimersMemory, Timers } from "../../../core/timers.ts";
import { holds } from "../../laws.ts";
import { identityOf, operations, put, Scribe, trustingCodec, unsigned } from "../authors.ts";
import { LoneNode, only } from "../lone-node.ts";
import { KeyedDisk } from "../state/states.ts";
import { turnOn } from "./waiting.ts";

const ann = unsigned("ann");
const bob = unsigned("bob");
const scribe = new Scribe(ann, { codec: trustingCodec });

/** Each on one or two of those before it. */
function historyOf(shape: readonly (readonly [number, number])[]): readonly CausalDelta[] {
  const deltas = [scribe.genesis];
  for (const [index, picks] of shape.entries()) {
    const parents = new Set(
      picks.map((pick) => deltas[deltas.length - 1 - (pick % Math.min(3, deltas.length))]),
    );
    const by = index % 3 === 0 ? bob : ann;
    const written = {
      by,
      hlc: { ms: 2_000 + index, counter: 0 },
      content: operations(put(`${index % 5}`, index)),
    };
    deltas.push(scribe.write([...parents] as CausalDelta[], written));
  }
  return deltas;
}

/** All on the second. */
function fanOf(count: number): readonly CausalDelta[] {
  const write = (parent: CausalDelta, index: number) =>
    scribe.write([parent], {
      by: ann,
      hlc: { ms: 2_000 + index, counter: 0 },
      content: operations(put(`${index % 5}`, index)),
    });
  const first = write(scribe.genesis, 0);
  return [scribe.genesis, first, ...Array.from({ length: count }, (_, index) => write(first, index + 1))];
}

function nodeOn(disk: KeyedDisk, config = {}): LoneNode {
  return new LoneNode("ann", { disk, codec: trustingCodec, identity: ann, config });
}

/** A new store into which a repair puts these, in this order. */
function repairedFrom(deltas: readonly CausalDelta[], contextId: ContextId): KeyedDisk {
  const disk = new KeyedDisk();
  const node = nodeOn(disk);
  node.call({ kind: "join-context", contextId });
  for (const { sealed } of deltas) node.call({ kind: "restore", contextId, delta: sealed });
  node.pass(0);
  sync(disk);
  return disk;
}

function sync(disk: KeyedDisk): void {
  disk.beginSync();
  disk.endSync();
}

const strandedKeys = (disk: KeyedDisk) => disk.keys().filter((key) => key.startsWith("w"));

const shapes = fc.array(fc.tuple(fc.nat(2), fc.nat(2)), { minLength: 1, maxLength: 40 });
const cases = fc.record({
  shape: shapes,
  lost: fc.array(fc.boolean(), { minLength: 41, maxLength: 41 }),
  order: fc.array(fc.nat(), { minLength: 41, maxLength: 41 }),
  /** Before each delta that a peer brings: how many commits a crash takes; null where there is none. */
  crashes: fc.array(fc.option(fc.nat(3)), { maxLength: 41 }),
});

test("whatever was lost of a history, and whatever crashes while peers bring it: all of it is there in the end", () => {
  holds(
    fc.property(cases, ({ shape, lost, order, crashes }) => {
      const { contextId } = scribe;
      const history = historyOf(shape);
      const readable = history
        .map((delta, index) => ({ delta, index, rank: order[index] ?? 0 }))
        .filter(({ index }) => !lost[index])
        .sort((a, b) => a.rank - b.rank);
      const disk = repairedFrom(
        readable.map(({ delta }) => delta),
        contextId,
      );
      let node = nodeOn(disk);
      const { stranded, graph } = node.replica(contextId).deltas;
      assert.is(stranded.count + graph.count, readable.length, "each waits or is applied");
      const brought = history.filter((_, index) => lost[index]);
      for (const [index, { sealed }] of brought.entries()) {
        node.gossip("bob", contextId, sealed);
        const crash = crashes[index] ?? null;
        if (crash === null) node.pass(10);
        else {
          disk.crash(Math.min(crash, disk.unsyncedCount));
          node = nodeOn(disk);
        }
      }
      for (const { sealed } of brought) node.gossip("bob", contextId, sealed);
      node.pass(10);
      assert.is(node.replica(contextId).deltas.graph.count, history.length);
      assert.equal(strandedKeys(disk), []);
      const straight = nodeOn(new KeyedDisk());
      straight.call({ kind: "join-context", contextId, genesis: scribe.genesis.sealed });
      for (const { sealed } of history) straight.gossip("bob", contextId, sealed);
      straight.pass(10);
      assert.is(node.replica(contextId).stateRoot(), straight.replica(contextId).stateRoot());
    }),
    { share: 0.5 },
  );
});

const many = 3_000;
const large: Readonly<Record<string, readonly CausalDelta[]>> = {
  "a chain": historyOf(Array.from({ length: many }, () => [0, 0] as const)),
  "many beside each other": fanOf(many),
};
for (const [shape, history] of Object.entries(large))
  test(`${shape}, more than may wait of what peers gave, waits after a repair, and comes in by bounded turns`, () => {
    const disk = repairedFrom(history.slice(2), scribe.contextId);
    const node = nodeOn(disk, { pendingDeltasMax: 10, pendingAgeMaxMs: 10 });
    node.pass(60_000);
    assert.is(node.replica(scribe.contextId).deltas.stranded.count, history.length - 2);
    for (const { sealed } of history.slice(0, 2)) node.gossip("bob", scribe.contextId, sealed);
    node.goOnFromCopy();
    const effects = node.pass(10);
    const applied = only(effects, "observe").filter(
      ({ observation }) => observation.name === "stranded-applied",
    );
    assert.is(applied.length, history.length - 2);
    assert.ok(only(effects, "commit").length > 1, "in more than one turn");
    assert.is(node.replica(scribe.contextId).deltas.graph.count, history.length);
  });

test("what is not taken, and what builds on it, stays and is told with the reason, over a start too", () => {
  const closed = new Scribe(ann, { codec: trustingCodec, others: null });
  const write = (by = ann, on = closed.genesis, ms = 2_000) =>
    closed.write([on], { by, hlc: { ms, counter: 0 }, content: operations(put("a", ms)) });
  const foreign = write(bob);
  const disk = repairedFrom([closed.genesis, foreign, write(ann, foreign, 3_000), write()], closed.contextId);
  for (const node of [nodeOn(disk), nodeOn(disk)]) {
    node.pass(10);
    const { stranded, graph } = node.replica(closed.contextId).deltas;
    assert.is(graph.count, 2);
    assert.is(stranded.count, 2);
    assert.equal([...stranded.refused.keys()], [foreign.id]);
  }
});

test("a delta that its author did not sign, or of another context, is not kept", () => {
  const honest = new Scribe(identityOf("ann"));
  const node = new LoneNode("ann");
  node.call({ kind: "join-context", contextId: honest.contextId });
  const forged = honest.genesis.sealed.slice();
  forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 1;
  for (const delta of [forged, scribe.genesis.sealed]) {
    const outcome = node.call({ kind: "restore", contextId: honest.contextId, delta });
    assert.is(outcome.kind, "refused");
  }
  assert.is(node.replica(honest.contextId).deltas.stranded.count, 0);
});

test("what was taken, and dropped before it was applied, is offered again, and what is still held is not", () => {
  const timers = new Timers(createTimersMemory());
  const { contextId, genesis } = scribe;
  const stranded = new StrandedDeltas(createStrandedMemory(), { contextId, timers, isApplied: () => false });
  const turn = turnOn(new KeyedDisk());
  stranded.keep(genesis, turn);
  let offered = 0;
  const receive = () => {
    offered += 1;
    return { kind: "pending", missing: [] } as const;
  };
  const offer = () => stranded.offer({ codec: trustingCodec, receive }, turn);
  offer();
  stranded.offerAgain(() => true, turn);
  offer();
  assert.is(offered, 1);
  stranded.offerAgain(() => false, turn);
  offer();
  assert.is(offered, 2);
});

test.run();
