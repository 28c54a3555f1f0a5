// What one peer may have cold sessions cost, however it asks for them.

import * as fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { PeerId } from "../../../core/ids.ts";
import { ColdBudget, type ColdBudgetMemory } from "../../../core/sync/cold-budget.ts";

const eve = "eve" as PeerId;

test("what a peer is given in any time is a burst, one history more, and a part of that time", () => {
  const asks = fc.array(
    fc.record({ afterMs: fc.nat(2_000), deltas: fc.nat(1_000_000), isSwept: fc.boolean() }),
    {
      maxLength: 200,
    },
  );
  fc.assert(
    fc.property(asks, (all) => {
      const budget = new ColdBudget(new Map());
      let [nowMs, paid] = [0, 0];
      for (const { afterMs, deltas, isSwept } of all) {
        nowMs += afterMs;
        if (isSwept) budget.sweep(nowMs);
        if (budget.pay(eve, deltas, nowMs)) paid += deltas;
        assert.ok(paid <= 2_000_000 + 1_000_000 + 200 * nowMs, `${paid} in ${nowMs} ms`);
      }
    }),
  );
});

test("short histories are hardly limited, and who has to wait is let in again; others never wait", () => {
  const memory: ColdBudgetMemory = new Map();
  const budget = new ColdBudget(memory);
  for (let context = 0; context < 3_000; context += 1) assert.ok(budget.pay(eve, 20, 0));
  const other = "bob" as PeerId;
  while (budget.pay(eve, 1_000_000, 0));
  assert.not(budget.pay(eve, 1, 0));
  assert.ok(budget.pay(other, 1_000_000, 0));
  assert.ok(budget.pay(eve, 1_000_000, 10_000));
  budget.sweep(1_000_000);
  assert.is(memory.size, 0, "the full purses are kept");
});

test.run();
