// How long a session may take: as long as something moves, however slow the link, and no longer.

import * as fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { bringOn, createPace } from "../../../core/sync/pace.ts";
import { holds } from "../../laws.ts";

const patienceMs = 30_000;
const leastBytesPerMs = 4;

test("what moves at the least rate, in messages no further apart than its patience, never ends", () => {
  holds(
    fc.property(fc.array(fc.integer({ min: 1, max: patienceMs - 1 }), { maxLength: 300 }), (gapsMs) => {
      const pace = createPace(5, patienceMs);
      let nowMs = 5;
      for (const gapMs of gapsMs) {
        nowMs += gapMs;
        assert.ok(pace.dueMs > nowMs, `over at ${pace.dueMs}, before ${nowMs}`);
        bringOn(pace, gapMs * leastBytesPerMs, nowMs);
      }
    }),
  );
});

test("whoever says less is over once patience, some short messages and what moved are used up", () => {
  holds(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 1, max: 40_000 }), fc.nat(2_000)), {
        minLength: 1,
        maxLength: 500,
      }),
      (messages) => {
        const pace = createPace(0, patienceMs);
        let [nowMs, bytes] = [0, 0];
        for (const [gapMs, length] of messages) {
          assert.ok(pace.dueMs <= nowMs + patienceMs, "more patience than there is");
          nowMs += gapMs;
          if (nowMs >= pace.dueMs) return;
          bytes += length;
          bringOn(pace, length, nowMs);
          assert.ok(nowMs <= patienceMs + 64 * 2_000 + bytes / leastBytesPerMs, `still open at ${nowMs}`);
        }
      },
    ),
  );
});

test.run();
