// In whatever order deltas arrive, each is applied once, after its parents, and what is missing is known.

import * as fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { CausalDelta } from "../../../core/dag/delta.ts";
import { createGraphMemory, Graph } from "../../../core/dag/graph.ts";
import { createDeltaStoreMemory, DeltaStore } from "../../../core/delta-store/delta-store.ts";
import { createApplied, readIndex, writeIndex } from "../../../core/delta-store/index-blocks.ts";
import { compareHlc, deriveStamp, type Hlc } from "../../../core/hlc.ts";
import type { DeltaId } from "../../../core/ids.ts";
import { hlcCounterMax, hlcMsMax, turnBytesMax, turnDeltasMax } from "../../../core/limits.ts";
import { copyMemory } from "../../../core/memory.ts";
import { createTimersMemory, Timers } from "../../../core/timers.ts";
import { SimDisk } from "../../../sim/world/disk.ts";
import { holds } from "../../laws.ts";
import { trustingCrypto } from "../authors.ts";
import { type History, histories, idOf } from "../dag/histories.ts";
import { assertIndexed, bareDelta, bareDeltas, contextId, turnOn } from "./waiting.ts";

const unbounded = { deltasMax: 1_000_000, bytesMax: 1_000_000_000 };

class Watched {
  readonly memory = createDeltaStoreMemory();
  readonly applied: DeltaId[] = [];
  readonly stamps = new Map<DeltaId, Hlc>();
  readonly store: DeltaStore;

  constructor(bounds = unbounded) {
    this.store = new DeltaStore(this.memory, {
      contextId,
      crypto: trustingCrypto,
      timers: new Timers(createTimersMemory()),
      bounds,
      rules: {
        permits: () => null,
        timeliness: () => ({ kind: "timely" }),
        apply: (delta, stamp) => this.#apply(delta, stamp.at),
        keeps: () => [0],
        adopted: () => {},
      },
    });
  }

  #apply(delta: CausalDelta, at: Hlc): void {
    for (const parent of delta.parents) assert.ok(this.stamps.has(parent), "applied before its parent");
    assert.not(this.stamps.has(delta.id), "applied twice");
    this.applied.push(delta.id);
    this.stamps.set(delta.id, at);
  }
}

const arrivals = histories(40).chain((history) =>
  fc.record({
    history: fc.constant(history),
    // Some arrive twice, some not at all until the end.
    order: fc.array(fc.nat(history.length - 1), { maxLength: history.length * 2 }),
  }),
);

test("any order of arrival applies everything, once and after its parents", () => {
  holds(
    fc.property(arrivals, ({ history, order }) => {
      const { store, applied, memory } = new Watched();
      const deltas = bareDeltas(history);
      const given = new Set<DeltaId>();
      for (const position of [...order, ...Array.from(history.keys()).reverse()]) {
        const delta = deltas[position] as CausalDelta;
        const outcome = store.add(delta, turnOn(new SimDisk()));
        assert.is(outcome.kind === "duplicate", given.has(delta.id));
        given.add(delta.id);
        assert.is(outcome.kind === "pending", !store.graph.has(delta.id) && outcome.kind !== "duplicate");
        if (outcome.kind === "pending")
          assert.equal(
            outcome.missing,
            delta.parents.filter((parent) => !given.has(parent)),
          );
        const waited = new Set(
          Array.from(memory.pending.waiting.values()).flatMap((each) => each.delta.parents),
        );
        const missing = Array.from(waited).filter((id) => !given.has(id));
        assert.equal([...store.missing()].sort(), missing.sort());
        assertIndexed(memory.pending, (id) => store.graph.has(id));
      }
      assert.is(applied.length, history.length);
      assert.is(store.pending.count, 0);
      assert.equal(store.missing(), []);
    }),
    { share: 0.7 },
  );
});

test("the order of arrival changes neither heads nor stamps", () => {
  holds(
    fc.property(arrivals, ({ history, order }) => {
      const deltas = bareDeltas(history);
      const [straight, mixed] = [new Watched(), new Watched()];
      for (const delta of deltas) straight.store.add(delta, turnOn(new SimDisk()));
      for (const position of [...order, ...Array.from(history.keys()).reverse()])
        mixed.store.add(deltas[position] as CausalDelta, turnOn(new SimDisk()));
      assert.equal(mixed.store.graph.heads(), straight.store.graph.heads());
      assert.equal(new Map([...mixed.stamps].sort()), new Map([...straight.stamps].sort()));
      for (const [id, at] of mixed.stamps) {
        const delta = deltas.find((each) => each.id === id) as CausalDelta;
        const parents = delta.parents.map((parent) => mixed.stamps.get(parent) as Hlc);
        assert.is(compareHlc(deriveStamp(parents, delta.hlc).at, at), 0);
      }
    }),
    { share: 0.5 },
  );
});

test("bounded pending: never above a bound, and what was pushed out can come again", () => {
  const bounds = { deltasMax: 8, bytesMax: 2_000 };
  const sizes = fc.array(fc.integer({ min: 50, max: 900 }), { minLength: 40, maxLength: 40 });
  holds(
    fc.property(arrivals, sizes, ({ history, order }, bytes) => {
      const { store, memory, applied } = new Watched(bounds);
      const deltas = bareDeltas(history, (position) => ({
        bytes: bytes[position] ?? 100,
        author: `author ${position % 3}`,
      }));
      for (const position of order) {
        store.add(deltas[position] as CausalDelta, turnOn(new SimDisk()));
        assert.ok(store.pending.count <= bounds.deltasMax && store.pending.bytes <= bounds.bytesMax);
        assertIndexed(memory.pending, (id) => store.graph.has(id));
      }
      for (const delta of deltas) store.add(delta, turnOn(new SimDisk()));
      assert.is(applied.length, history.length);
    }),
    { share: 0.7 },
  );
});

test("a parentless delta that is not the context's genesis is rejected", () => {
  const { store } = new Watched();
  const outcome = store.add(bareDelta(idOf(5), []), turnOn(new SimDisk()));
  assert.is(outcome.kind === "rejected" && outcome.fault.code, "no-parents");
  assert.not(store.holds(idOf(5)));
});

test("a turn takes so many deltas, or so many bytes, and the rest stays ready", () => {
  for (const [bytes, perTurn] of [
    [100, turnDeltasMax],
    [1_000_000, Math.ceil(turnBytesMax / 1_000_000)],
  ] as const) {
    const { store, applied } = new Watched();
    const star = Array.from({ length: 601 }, (_, position) => (position === 0 ? [] : [0]));
    const [genesis, ...deltas] = bareDeltas(star, () => ({ bytes }));
    for (const delta of deltas.slice(0, bytes === 100 ? 600 : 20)) store.add(delta, turnOn(new SimDisk()));
    const waiting = store.pending.count;
    store.add(genesis as CausalDelta, turnOn(new SimDisk()));
    assert.is(applied.length, perTurn);
    assert.is(store.readyCount, waiting + 1 - perTurn);
    for (let turns = 1; store.applyReady(turnOn(new SimDisk())); turns += 1)
      assert.is(applied.length, perTurn * (turns + 1));
    assert.is(applied.length, waiting + 1);
  }
});

function questions(history: History, foreign: DeltaId): readonly ((graph: Graph) => unknown)[] {
  const last = history.length - 1;
  return [
    (graph) => graph.heads(),
    (graph) => graph.positionsOf(graph.heads()),
    (graph) => graph.has(foreign),
    (graph) => graph.since([]),
    (graph) => graph.since([idOf(last >> 1), foreign]),
    (graph) => graph.recent(0, 8),
    (graph) => graph.get(idOf(last >> 1)),
    (graph) => history.map((_, position) => graph.at(position)),
  ];
}

test("the index read back is the index that was written, whatever the stamps", () => {
  const ats = fc.record({
    // Stamps may lie above what a clock value can be.
    ms: fc.oneof(fc.nat(), fc.constantFrom(hlcMsMax, hlcMsMax + 1, hlcMsMax + 24 * 3_600_000)),
    counter: fc.constantFrom(0, 1, hlcCounterMax),
  });
  holds(
    fc.property(
      histories(100),
      fc.array(ats, { minLength: 1 }),
      fc.array(fc.nat(), { maxLength: 3 }),
      (history, times, cuts) => {
        const disk = new SimDisk();
        const graph = new Graph(createGraphMemory());
        const flush = (from: number) => {
          const turn = turnOn(disk);
          writeIndex(graph, from, { contextId, turn });
          for (const effect of turn.finish()) if (effect.kind === "commit") disk.append(effect);
        };
        let flushed = 0;
        history.forEach((parents, position) => {
          const { ms, counter } = times[position % times.length] as Hlc;
          graph.append(createApplied(graph, { id: idOf(position), parents, at: { ms, counter } }));
          if (!cuts.some((cut) => cut % history.length === position)) return;
          flush(flushed);
          flushed = graph.count;
        });
        flush(flushed);
        const memory = createGraphMemory();
        readIndex(new Graph(memory), history.length, { contextId, turn: turnOn(disk) });
        // Which question comes first decides when ids are unpacked.
        for (const ask of questions(history, idOf(history.length + 1))) {
          const read = new Graph(copyMemory(memory));
          assert.equal(ask(read), ask(graph));
          for (const each of questions(history, idOf(history.length + 1)))
            assert.equal(each(read), each(graph));
          assert.is(read.count, history.length);
        }
        const [grown, read] = [graph, new Graph(memory)];
        const child = { id: idOf(history.length), parents: [history.length - 1], at: { ms: 1, counter: 0 } };
        for (const each of [grown, read]) each.append(createApplied(each, child));
        for (const ask of questions([...history, child.parents], "" as DeltaId))
          assert.equal(ask(read), ask(grown));
      },
    ),
    { share: 0.5 },
  );
});

test("a count beyond what was written is refused before room is made for it", () => {
  const turn = turnOn(new SimDisk());
  const read = () => readIndex(new Graph(createGraphMemory()), Number.MAX_SAFE_INTEGER, { contextId, turn });
  assert.throws(read, /index block \d+ of a context is missing/);
});

test.run();
