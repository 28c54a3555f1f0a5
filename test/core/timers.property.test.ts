// Timers fire when they are due, earliest first, as the last setting says. A heap does what a sorted list would.

import * as fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { heapPop, heapPush } from "../../core/heap.ts";
import { createTimersMemory, Timers } from "../../core/timers.ts";
import { holds } from "../laws.ts";

const commands = fc.array(
  fc.record({
    kind: fc.constantFrom("set" as const, "earlier" as const, "clear" as const, "take" as const),
    name: fc.constantFrom("a", "b", "c", "d"),
    ms: fc.nat(10),
  }),
  { maxLength: 60 },
);

test("timers behave as a list of names and times that is searched for the least each time", () => {
  holds(
    fc.property(commands, (list) => {
      const timers = new Timers(createTimersMemory());
      let model: { readonly name: string; readonly dueMs: number }[] = [];
      for (const { kind, name, ms } of list) {
        const current = model.find((each) => each.name === name);
        if (kind === "set" || (kind === "earlier" && (current === undefined || current.dueMs > ms)))
          model = [...model.filter((each) => each.name !== name), { name, dueMs: ms }];
        if (kind === "clear") model = model.filter((each) => each.name !== name);
        if (kind === "set") timers.set(name, ms);
        if (kind === "earlier") timers.setEarlier(name, ms);
        if (kind === "clear") timers.clear(name);
        if (kind === "take") {
          const taken = timers.takeDue(ms);
          const due = model.find((each) => each.name === taken);
          const earliestMs = Math.min(...model.map(({ dueMs }) => dueMs));
          assert.is(due?.dueMs ?? null, earliestMs <= ms ? earliestMs : null);
          model = model.filter((each) => each !== due);
        }
        const next = model.reduce<number | null>((min, { dueMs }) => Math.min(min ?? dueMs, dueMs), null);
        assert.is(timers.nextDueMs(), next);
        for (const each of ["a", "b", "c", "d"])
          assert.is(
            timers.has(each),
            model.some((timer) => timer.name === each),
          );
      }
    }),
  );
});

test("timers due at one time fire in the order they were set", () => {
  const timers = new Timers(createTimersMemory());
  const names = ["c", "a", "d", "b"];
  for (const name of names) timers.set(name, 5);
  assert.equal(
    names.map(() => timers.takeDue(5)),
    names,
  );
});

test("a heap gives back what was put in, in order", () => {
  const before = (a: readonly [number, number], b: readonly [number, number]) =>
    a[0] < b[0] || (a[0] === b[0] && a[1] < b[1]);
  holds(
    fc.property(fc.array(fc.nat(8), { maxLength: 50 }), (list) => {
      const heap: (readonly [number, number])[] = [];
      list.forEach((value, index) => {
        heapPush(heap, [value, index], before);
      });
      const sorted = list
        .map((value, index) => [value, index] as const)
        .sort((a, b) => a[0] - b[0] || a[1] - b[1]);
      assert.equal(
        list.map(() => heapPop(heap, before)),
        sorted,
      );
      assert.is(heapPop(heap, before), undefined);
    }),
  );
});

test.run();
