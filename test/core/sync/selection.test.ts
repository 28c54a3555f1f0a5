// Which protocol a session runs, row by row.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { type Gap, ownProtocols, selectProtocol } from "../../../core/sync/selection.ts";

const gap = (agrees: boolean, holdsTheirs: boolean, sharesFrontier: boolean): Gap => ({
  agrees,
  holdsTheirs,
  sharesFrontier,
});

test("the cheapest that applies is selected", () => {
  const rows = [
    [gap(true, true, true), "none"],
    [gap(false, true, true), "delta-known"],
    [gap(false, true, false), "delta-known"],
    [gap(false, false, true), "delta-warm"],
    [gap(false, false, false), "delta-cold"],
  ] as const;
  for (const [of, protocol] of rows) assert.is(selectProtocol(of, ownProtocols), protocol);
});

test("what the other cannot run is not selected, and without anything left there is none", () => {
  const without = (...names: readonly string[]) => ownProtocols.filter((each) => !names.includes(each));
  assert.is(selectProtocol(gap(false, true, true), without("delta-known")), "delta-warm");
  assert.is(selectProtocol(gap(false, false, true), without("delta-warm")), "delta-cold");
  assert.is(selectProtocol(gap(false, false, false), without("delta-cold")), null);
  assert.is(selectProtocol(gap(true, true, true), []), null);
});

test.run();
