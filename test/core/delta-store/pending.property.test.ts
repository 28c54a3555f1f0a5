// What waits is bounded, and the bounds are shared: a flood of one author's deltas costs the others nothing.

import * as fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { createPendingMemory, Pending } from "../../../core/delta-store/pending.ts";
import type { DeltaId } from "../../../core/ids.ts";
import { holds } from "../../laws.ts";
import { idOf } from "../dag/histories.ts";
import { assertIndexed, bareDelta, merge } from "./waiting.ts";

const authors = ["ann", "bob", "eve"] as const;
const parents = [idOf(1_000), idOf(1_001), idOf(1_002)];
const nothingApplied = () => false;

const additions = fc.array(
  fc.record({
    author: fc.constantFrom(...authors),
    bytes: fc.integer({ min: 1, max: 400 }),
    parents: fc.uniqueArray(fc.constantFrom(...parents), { minLength: 1, maxLength: 3 }),
  }),
  { maxLength: 60 },
);

interface Kept {
  readonly id: DeltaId;
  readonly author: string;
  readonly bytes: number;
}

test("over a bound the author with the most of what is short loses its oldest", () => {
  const bounds = { deltasMax: 10, bytesMax: 1_500 };
  holds(
    fc.property(additions, (added) => {
      const memory = createPendingMemory();
      const pending = new Pending(memory, bounds);
      let model: readonly Kept[] = [];
      const bytesOf = (list: readonly Kept[]) => list.reduce((sum, { bytes }) => sum + bytes, 0);
      const isCrowded = () => model.length > bounds.deltasMax;
      const weightOf = (author: string) => {
        const own = model.filter((each) => each.author === author);
        return isCrowded() ? own.length : bytesOf(own);
      };
      added.forEach(({ author, bytes, parents: waitedFor }, position) => {
        const id = idOf(position);
        model = [...model, { id, author, bytes }];
        for (const evicted of pending.add(bareDelta(id, waitedFor, { author, bytes }), waitedFor, position)) {
          assert.ok(isCrowded() || bytesOf(model) > bounds.bytesMax, "dropped one too many");
          const victim = model.find((each) => each.id === evicted);
          assert.is(weightOf(victim?.author ?? ""), Math.max(...authors.map(weightOf)));
          assert.is(model.find((each) => each.author === victim?.author)?.id, evicted);
          model = model.filter((each) => each !== victim);
        }
        assert.ok(!isCrowded() && bytesOf(model) <= bounds.bytesMax, "still over a bound");
        assert.equal(
          [...memory.waiting.keys()],
          model.map((each) => each.id),
        );
        assertIndexed(memory, nothingApplied);
      });
    }),
  );
});

test("whoever keeps to an equal share loses nothing to a flood, be it of many deltas or of large ones", () => {
  for (const [bytes, bounds] of [
    [10, { deltasMax: 100, bytesMax: 1_000_000 }],
    [1_000, { deltasMax: 100_000, bytesMax: 20_000 }],
  ] as const) {
    const pending = new Pending(createPendingMemory(), bounds);
    const quiet = Array.from({ length: 50 }, (_, index) =>
      bareDelta(idOf(index), [idOf(999)], { author: "ann" }),
    );
    for (const delta of quiet) pending.add(delta, delta.parents, 0);
    for (let position = 100; position < 700; position += 1)
      pending.add(bareDelta(idOf(position), [idOf(998)], { author: "eve", bytes }), [idOf(998)], 1);
    for (const delta of quiet) assert.ok(pending.has(delta.id));
  }
});

test("what waited since before a time is dropped, in order of arrival, and nothing else", () => {
  holds(
    fc.property(additions, fc.nat(60), (added, sinceMs) => {
      const memory = createPendingMemory();
      const pending = new Pending(memory, { deltasMax: 1_000, bytesMax: 1_000_000 });
      added.forEach((about, position) => {
        pending.add(bareDelta(idOf(position), about.parents, about), about.parents, position);
      });
      const aged = Array.from({ length: Math.min(sinceMs, added.length) }, (_, position) => idOf(position));
      assert.equal(pending.removeOlderThan(sinceMs), aged);
      assert.is(pending.count, added.length - aged.length);
      assertIndexed(memory, nothingApplied);
    }),
    { share: 0.3 },
  );
});

test("a delta is released with the last of its parents, unless it needs an upgrade", () => {
  const memory = createPendingMemory();
  const pending = new Pending(memory, { deltasMax: 10, bytesMax: 10_000 });
  const [first = idOf(1), second = idOf(2)] = parents;
  const known = bareDelta(idOf(10), [first, second], { content: merge });
  const unknown = bareDelta(idOf(11), [first, second], { content: { kind: "needs-upgrade", code: 9 } });
  const child = bareDelta(idOf(12), [unknown.id]);
  for (const delta of [known, unknown, child]) pending.add(delta, delta.parents, 0);
  assert.equal(pending.release(first), []);
  assert.equal(pending.release(second), [known]);
  assert.ok(pending.has(unknown.id) && pending.has(child.id));
  assertIndexed(memory, (id) => id === first || id === second);
});

test("what waits too long for parents is dropped, what waits for an upgrade is kept", () => {
  const pending = new Pending(createPendingMemory(), { deltasMax: 100, bytesMax: 100_000 });
  const waiting = bareDelta(idOf(1), [idOf(0)]);
  const newer = { ...bareDelta(idOf(2), [idOf(0)]), content: { kind: "needs-upgrade", code: 9 } as const };
  for (const delta of [waiting, newer]) pending.add(delta, delta.parents, 0);
  assert.equal(pending.removeOlderThan(1), [waiting.id]);
  assert.ok(pending.has(newer.id));
});

test.run();
