// The graph answers as a slow walk over the whole history would.

import * as fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { createGraphMemory } from "../../../core/dag/graph.ts";
import type { DeltaId } from "../../../core/ids.ts";
import { holds } from "../../laws.ts";
import { ancestryOf, graphOf, type History, histories, idOf } from "./histories.ts";

const unknown = idOf(-2);
const frontiers = fc.array(fc.nat(), { maxLength: 6 });

function positionsOf(history: History): readonly number[] {
  return Array.from(history.keys());
}

test("what is outside the ancestry of a frontier is what a naive walk leaves over", () => {
  holds(
    fc.property(histories(80), frontiers, fc.boolean(), (history, draws, hasUnknown) => {
      const frontier = draws.map((draw) => draw % history.length);
      const ancestry = ancestryOf(history, frontier);
      const expected = positionsOf(history).filter((position) => !ancestry.has(position));
      const ids = [...frontier.map(idOf), ...(hasUnknown ? [unknown] : [])];
      assert.equal(graphOf(history).since(ids), expected.map(idOf));
    }),
    { share: 3 },
  );
});

test("one lies below another where a naive walk comes to it", () => {
  holds(
    fc.property(histories(60), fc.nat(), fc.nat(), (history, one, other) => {
      const [lower, upper] = [one % history.length, other % history.length];
      const isBelow = lower !== upper && ancestryOf(history, [upper]).has(lower);
      assert.is(graphOf(history).isBelow(lower, upper), isBelow);
    }),
    { share: 3 },
  );
});

test("parents come before their children in what is sent", () => {
  holds(
    fc.property(histories(60), frontiers, (history, draws) => {
      const sent = graphOf(history).since(draws.map((draw) => idOf(draw % history.length)));
      const known = ancestryOf(
        history,
        draws.map((draw) => draw % history.length),
      );
      const before = new Set<DeltaId>(Array.from(known, idOf));
      for (const id of sent) {
        const position = positionsOf(history).find((each) => idOf(each) === id) ?? -1;
        for (const parent of history[position] ?? []) assert.ok(before.has(idOf(parent)));
        before.add(id);
      }
    }),
  );
});

test("nothing is outside the ancestry of the heads, and everything outside that of nothing", () => {
  holds(
    fc.property(histories(60), (history) => {
      const graph = graphOf(history);
      assert.equal(graph.since(graph.heads()), []);
      assert.equal(graph.since([]), positionsOf(history).map(idOf));
    }),
    { share: 0.3 },
  );
});

test("heads are those without children, sorted", () => {
  holds(
    fc.property(histories(60), (history) => {
      const parents = new Set(history.flat());
      const expected = positionsOf(history)
        .filter((position) => !parents.has(position))
        .map(idOf);
      const graph = graphOf(history);
      assert.equal(graph.heads(), expected.sort());
      assert.is(graph.headCount, expected.length);
    }),
  );
});

test("a generation is one more than the largest of the parents'", () => {
  holds(
    fc.property(histories(60), (history) => {
      const graph = graphOf(history);
      const longest: number[] = [];
      history.forEach((parents, position) => {
        longest.push(parents.reduce((max, parent) => Math.max(max, (longest[parent] ?? 0) + 1), 0));
        assert.is(graph.at(position).generation, longest[position]);
      });
    }),
    { share: 0.3 },
  );
});

test("ids asked for are given in causal order, without those that are not there", () => {
  holds(
    fc.property(histories(40), fc.array(fc.nat(), { maxLength: 10 }), (history, draws) => {
      const positions = draws.map((draw) => draw % history.length);
      const found = graphOf(history).inCausalOrder([...positions.map(idOf), unknown]);
      assert.equal(found, positions.toSorted((a, b) => a - b).map(idOf));
    }),
    { share: 0.3 },
  );
});

test("recent ids are dense near the newest, ever sparser before, and end where they are told to", () => {
  const numbers = fc.integer({ min: 1, max: 3_000 });
  holds(
    fc.property(numbers, fc.nat(3_000), fc.integer({ min: 1, max: 24 }), (length, draw, max) => {
      const from = draw % length;
      const line = Array.from({ length }, (_, position) => (position === 0 ? [] : [position - 1]));
      const recent = graphOf(line).recent(from, max);
      const backs = recent.map(
        (id) => length - positionsOf(line).findIndex((position) => idOf(position) === id),
      );
      assert.ok(recent.length <= max && backs.every((back) => length - back >= from));
      assert.is(backs[0], 1);
      backs.forEach((back, index) => {
        const next = backs[index + 1];
        if (next !== undefined) assert.ok(next > back && next - back <= Math.max(1, back / 2));
      });
      const oldest = backs.at(-1) ?? 0;
      if (recent.length < max) assert.ok(oldest + Math.max(1, Math.floor(oldest / 2)) > length - from);
    }),
    { share: 0.05 },
  );
});

test("a small gap in a long history costs little", () => {
  const memory = createGraphMemory();
  const length = 20_000;
  const line = Array.from({ length }, (_, position) => (position === 0 ? [] : [position - 1]));
  const graph = graphOf(line, memory);
  let looked = 0;
  const parents = new Proxy(memory.parents, {
    get: (target, name, receiver) => {
      looked += Number(/^\d+$/.test(String(name)));
      return Reflect.get(target, name, receiver);
    },
  });
  const counting = graphOf([], { ...memory, parents });
  assert.equal(counting.since([idOf(length - 11)]).length, 10);
  assert.ok(looked < 100, `${looked} looked at`);
  assert.is(graph.count, length);
});

test.run();
