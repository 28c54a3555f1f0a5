// How long a session may take: as long as something moves, however slow the link, and no longer.

import * as fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { bringOn, createPace, createStatePace } from "../../../core/sync/pace.ts";
import { holds } from "../../laws.ts";

const patienceMs = 30_000;
const leastBytesPerMs = 4;

test("what moves at the least rate, in messages no further apart than its patience, never ends", () => {
  holds(
    fc.property(fc.array(fc.integer({ min: 1, max: patienceMs - 1 }), { maxLength: 300 }), (gapsMs) => {
      const pace = createPace(5, { syncTimeoutMs: patienceMs });
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
        const pace = createPace(0, { syncTimeoutMs: patienceMs });
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

test("a state in pages however small comes through links however far, and a drip in pages as large as usual does not", () => {
  holds(
    fc.property(fc.integer({ min: 256, max: 65_536 }), fc.integer({ min: 1, max: 4_000 }), (page, gapMs) => {
      const pace = createStatePace(0, { syncTimeoutMs: 8_000, snapshotPageBytes: page });
      for (let pages = 1; pages < 1_000; pages += 1) {
        assert.ok(pace.dueMs > pages * gapMs, `over after ${pages} pages`);
        bringOn(pace, page, pages * gapMs);
      }
      const usual = createStatePace(0, { syncTimeoutMs: 8_000, snapshotPageBytes: 65_536 });
      for (let messages = 1; messages < 1_000; messages += 1) bringOn(usual, 10, messages * 2_100);
      assert.ok(usual.dueMs < 1_000 * 2_100);
    }),
    { share: 0.2 },
  );
});

test.run();
