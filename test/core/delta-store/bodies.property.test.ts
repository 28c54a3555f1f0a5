// Which bodies are kept: runs of positions say the same as a set of them, over any restart.

import * as fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { Bodies, createBodiesMemory } from "../../../core/delta-store/bodies.ts";
import type { ContextId } from "../../../core/ids.ts";
import { Turn } from "../../../core/turn.ts";
import { SimDisk } from "../../../sim/world/disk.ts";
import { holds } from "../../laws.ts";

const contextId = "c".repeat(32) as ContextId;
const count = 60;
const now = { monotonicMs: 0, wallMs: 0 };

function commit(turn: Turn, disk: SimDisk): void {
  for (const effect of turn.finish()) if (effect.kind === "commit") disk.append(effect);
}

test("what was dropped has no body, what was not has one, and a restart knows the same", () => {
  holds(
    fc.property(fc.array(fc.uniqueArray(fc.nat(count - 1), { maxLength: 20 })), (drops) => {
      const disk = new SimDisk();
      let bodies = new Bodies(createBodiesMemory());
      const without = new Set<number>();
      for (const drop of drops) {
        const dropped = drop.filter((position) => !without.has(position)).sort((a, b) => a - b);
        bodies.drop(dropped);
        for (const position of dropped) without.add(position);
        const turn = new Turn(now, disk);
        bodies.flush(contextId, turn);
        commit(turn, disk);
        bodies = new Bodies(createBodiesMemory());
        bodies.load(contextId, count, new Turn(now, disk));
        const all = Array.from({ length: count }, (_, position) => position);
        const expected = all.filter((position) => !without.has(position));
        assert.is(bodies.withoutCount, without.size);
        assert.equal(
          all.filter((position) => bodies.has(position)),
          expected,
        );
        for (const until of [0, 7, count])
          assert.equal(bodies.oldest(until, 9), expected.filter((position) => position < until).slice(0, 9));
      }
    }),
  );
});

test.run();
