// The order in which changes of members are gone through, held against the plainest way to say it.

import * as fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { AuthorId, DeltaId } from "../../../core/ids.ts";
import { type Rank, type Ranked, settledOrder } from "../../../core/members/settled-order.ts";
import { holds } from "../../laws.ts";

/** Changes that lie below some of those before them, and below what these lie above; few ranks, so that many are equal. */
const drawn = fc.array(
  fc.record({
    on: fc.uniqueArray(fc.nat(30), { maxLength: 3 }),
    rank: fc.tuple(fc.nat(2), fc.constantFrom("a", "b"), fc.nat(1), fc.constantFrom("ann", "bob")),
    name: fc.nat(),
  }),
  { minLength: 1, maxLength: 30 },
);

function changesOf(list: typeof drawn extends fc.Arbitrary<infer One> ? One : never): readonly Ranked[] {
  const changes: Ranked[] = [];
  for (const [index, { on, rank, name }] of list.entries()) {
    const lower = on.flatMap((back) => changes[index - 1 - back] ?? []);
    const below = new Set(lower.flatMap((change) => [change.index, ...change.event.below]));
    const generation = 1 + Math.max(0, ...lower.map(({ event }) => event.generation));
    const event = {
      id: `${name}-${index}` as DeltaId,
      generation,
      below: Array.from(below).sort((a, b) => a - b),
    };
    const [since, by, place, author] = rank;
    changes.push({ index, event, rank: [since, by as DeltaId, place, author as AuthorId] });
  }
  return changes;
}

/** Again and again the one whose turn it is of those above nothing that is left. */
function plainOrder(changes: readonly Ranked[]): readonly number[] {
  const mostOf = (change: Ranked) =>
    changes
      .filter(({ index, event }) => index === change.index || event.below.includes(change.index))
      .map(({ rank }) => rank)
      .reduce((a, b) => (isBefore(b, a) ? b : a));
  const precedes = (a: Ranked, b: Ranked): boolean => {
    for (const of of [mostOf, ({ rank }: Ranked) => rank])
      if (isBefore(of(a), of(b)) || isBefore(of(b), of(a))) return isBefore(of(a), of(b));
    if (a.event.generation !== b.event.generation) return a.event.generation < b.event.generation;
    return a.event.id < b.event.id;
  };
  const left = new Set(changes);
  const order: number[] = [];
  while (left.size > 0) {
    const lefts = Array.from(left, ({ index }) => index);
    const free = Array.from(left).filter(({ event }) => !event.below.some((lower) => lefts.includes(lower)));
    const first = free.reduce((a, b) => (precedes(b, a) ? b : a));
    left.delete(first);
    order.push(first.index);
  }
  return order;
}

function isBefore(a: Rank, b: Rank): boolean {
  const at = a.findIndex((part, index) => part !== b[index]);
  return at >= 0 && (a[at] as number | string) < (b[at] as number | string);
}

test("changes are gone through in causal order, and else by the most senior who stands behind or above", () => {
  let moved = 0;
  holds(
    fc.property(drawn, (list) => {
      const changes = changesOf(list);
      const order = settledOrder(changes);
      assert.equal(order, plainOrder(changes));
      moved += Number(order.some((index, turn) => index !== turn));
    }),
  );
  assert.ok(moved > 10, "nearly all were in the order of their indexes");
});

test("of hundreds of changes each is looked below a few times, however many there are", () => {
  for (const count of [100, 400]) {
    let looks = 0;
    const changes = Array.from({ length: count }, (_, index): Ranked => {
      const below = Array.from({ length: index >> 1 }, (_, lower) => lower);
      const id = `${index}` as DeltaId;
      const event = {
        ...{ id, generation: 1 + below.length },
        get below() {
          looks += 1;
          return below;
        },
      };
      return { index, event, rank: [count - index, id, 0, "ann" as AuthorId] };
    });
    assert.is(settledOrder(changes).length, count);
    assert.ok(looks <= 5 * count, `${looks} looks below ${count} changes`);
  }
});

test("what is not in a cut leaves gaps in its indexes, and changes nothing", () => {
  const at = (index: number, below: readonly number[], since: number): Ranked => ({
    index,
    event: { id: `${index}` as DeltaId, generation: 1 + below.length, below },
    rank: [since, "x" as DeltaId, 0, "ann" as AuthorId],
  });
  assert.equal(settledOrder([at(2, [], 5), at(7, [], 1), at(9, [2], 0)]), [2, 9, 7]);
});

test.run();
