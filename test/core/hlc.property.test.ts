// No wall clock, however wrong, makes a node's clock go back, and stamps depend on no clock but the author's.

import * as fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  compareHlc,
  compareStamp,
  deriveStamp,
  type Hlc,
  hlcZero,
  succeedHlc,
  tickHlc,
} from "../../core/hlc.ts";
import { hlcCounterMax, hlcMsMax, stampLeadMaxMs } from "../../core/limits.ts";
import { SimDisk } from "../../sim/world/disk.ts";
import { holds } from "../laws.ts";
import { opened } from "./authors.ts";
import { LoneNode, only } from "./lone-node.ts";

const wallClocks = fc.oneof(
  fc.integer({ min: 1_700_000_000_000, max: 1_700_000_000_100 }),
  fc.integer({ min: -10, max: hlcMsMax + 10 }),
  fc.constantFrom(0, hlcMsMax, hlcMsMax + 1, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER),
);
/** Near each other, so that ties and near ties are common, and at both ends. */
const someHlcs: fc.Arbitrary<Hlc> = fc.record(
  {
    ms: fc.oneof(
      fc.integer({ min: 0, max: 4 }),
      fc.integer({ min: stampLeadMaxMs - 2, max: stampLeadMaxMs + 6 }),
      fc.integer({ min: 0, max: hlcMsMax }),
    ),
    counter: fc.oneof(fc.integer({ min: 0, max: 3 }), fc.constantFrom(hlcCounterMax - 1, hlcCounterMax)),
  },
  { noNullPrototype: true },
);
const someParents = fc.array(someHlcs, { minLength: 1, maxLength: 5 });

test("a clock goes up with every tick, whatever the wall clock says", () => {
  holds(
    fc.property(fc.array(wallClocks, { minLength: 1, maxLength: 50 }), (walls) => {
      let last = hlcZero;
      for (const wallMs of walls) {
        const next = tickHlc(last, wallMs);
        assert.ok(compareHlc(next, last) > 0);
        assert.ok(next.ms <= hlcMsMax && next.counter <= hlcCounterMax);
        const isFollowed = wallMs > last.ms && wallMs < hlcMsMax - 2 ** 33;
        if (isFollowed) assert.equal(next, { ms: wallMs, counter: 0 });
        last = next;
      }
    }),
  );
});

test("what a node writes is stamped ever later by its own clock, over restarts too", () => {
  const steps = fc.array(fc.oneof(wallClocks, fc.constant("restart" as const)), {
    minLength: 1,
    maxLength: 12,
  });
  holds(
    fc.property(steps, wallClocks, (plan, firstWallMs) => {
      const disk = new SimDisk();
      let node = new LoneNode("ann", { disk });
      node.wallMs = firstWallMs;
      const contextId = node.create();
      let last: Hlc = hlcZero;
      for (const [index, step] of plan.entries()) {
        if (step === "restart") {
          node = new LoneNode("ann", { disk, words: [index, 1, 1, 1] });
          continue;
        }
        node.wallMs = step;
        const call = { kind: "execute", contextId, method: "set", args: { key: "k", value: index } } as const;
        const effects = node.give({ kind: "request", request: index, call });
        assert.is(only(effects, "reply")[0]?.outcome.kind, "executed");
        const [published] = only(effects, "publish");
        const { hlc } = opened(published?.message ?? new Uint8Array());
        assert.ok(compareHlc(hlc, last) > 0, JSON.stringify([last, hlc]));
        last = hlc;
      }
    }),
    { share: 0.3 },
  );
});

test("the successor is the least value above", () => {
  holds(
    fc.property(someHlcs, someHlcs, (hlc, other) => {
      assert.ok(compareHlc(succeedHlc(hlc), hlc) > 0);
      if (compareHlc(other, hlc) > 0) assert.ok(compareHlc(other, succeedHlc(hlc)) >= 0);
    }),
  );
});

test("a stamp is above those of all parents", () => {
  holds(
    fc.property(someParents, someHlcs, (parents, hlc) => {
      const { at } = deriveStamp(parents, hlc);
      for (const parent of parents) assert.ok(compareHlc(at, parent) > 0);
    }),
  );
});

test("a stamp is the author's clock where that is above the parents, up to 24 hours above", () => {
  holds(
    fc.property(someParents, someHlcs, (parents, hlc) => {
      const stamp = deriveStamp(parents, hlc);
      const latest = parents.reduce((max, parent) => (compareHlc(parent, max) > 0 ? parent : max));
      const ceiling = { ms: latest.ms + stampLeadMaxMs, counter: latest.counter };
      assert.equal(stamp.hlc, hlc);
      if (compareHlc(hlc, latest) <= 0) assert.equal(stamp.at, succeedHlc(latest));
      else if (compareHlc(hlc, ceiling) <= 0) assert.equal(stamp.at, hlc);
      else assert.equal(stamp.at, ceiling);
    }),
  );
});

test("the order of parents changes no stamp, nor does a parent that is not the latest", () => {
  holds(
    fc.property(someParents, someHlcs, fc.nat(), (parents, hlc, drop) => {
      const { at } = deriveStamp(parents, hlc);
      assert.equal(deriveStamp(parents.toReversed(), hlc).at, at);
      const latest = parents.reduce((max, parent) => (compareHlc(parent, max) > 0 ? parent : max));
      const without = parents.filter((parent, index) => parent === latest || index !== drop % parents.length);
      assert.equal(deriveStamp(without, hlc).at, at);
    }),
  );
});

test("without parents the stamp is the clock", () => {
  holds(
    fc.property(someHlcs, (hlc) => assert.equal(deriveStamp([], hlc), { at: hlc, hlc })),
    { share: 0.1 },
  );
});

test("stamps are totally ordered", () => {
  const stamps = fc.record({ at: someHlcs, hlc: someHlcs });
  holds(
    fc.property(stamps, stamps, stamps, (a, b, c) => {
      const [ab, ba, bc, ac] = [
        compareStamp(a, b),
        compareStamp(b, a),
        compareStamp(b, c),
        compareStamp(a, c),
      ];
      assert.is(Math.sign(ab), Math.sign(-ba) + 0);
      if (ab <= 0 && bc <= 0) assert.ok(ac <= 0);
      if (ab === 0) assert.equal(a, b);
    }),
  );
});

test.run();
