// Delta debugging gives a part that still does it, and from which nothing can be taken.

import * as fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { ddmin } from "../../../sim/shrink/ddmin.ts";
import { holds } from "../../laws.ts";

const lists = fc.uniqueArray(fc.nat(), { maxLength: 40 });

test("what is needed is what is left, in its order", () => {
  holds(
    fc.property(lists, fc.func(fc.boolean()), (list, isNeeded) => {
      const needed = list.filter((each) => isNeeded(each));
      const part = ddmin(list, (some) => needed.every((each) => some.includes(each)));
      assert.equal(part, needed);
    }),
  );
});

test("of a part that does it by its sum nothing can be taken", () => {
  holds(
    fc.property(lists, fc.nat(), (list, least) => {
      const does = (part: readonly number[]) => part.reduce((sum, each) => sum + each, 0) >= least;
      fc.pre(does(list));
      const part = ddmin(list, does);
      assert.ok(does(part));
      for (const each of part) assert.not(does(part.filter((other) => other !== each)));
    }),
  );
});

test.run();
