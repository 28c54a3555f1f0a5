// Which protocol a session runs, row by row.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { type Gap, ownProtocols, selectProtocol, takesState } from "../../../core/sync/selection.ts";

const gap = (agrees: boolean, holdsTheirs: boolean, sharesFrontier: boolean): Gap => ({
  agrees,
  holdsTheirs,
  sharesFrontier,
  ours: { appliedCount: 100, horizon: 50, entityCount: 1_000 },
  theirs: { appliedCount: 60, horizon: 0, entityCount: 1_000 },
});

/** The other applied so many deltas to so many entities, where this side has no bodies of the first 50 of 100. */
const below = (appliedCount: number, entityCount: number): Gap => ({
  ...gap(false, true, true),
  theirs: { appliedCount, horizon: 0, entityCount },
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

test("a gap that reaches below a horizon is closed by a state, on whichever side it shows", () => {
  const rows = [
    [below(49, 10), "snapshot"],
    [below(49, 124), "snapshot"],
    [below(49, 125), "level-wise"],
    [below(49, 999), "hash-comparison"],
    [below(50, 10), "delta-known"],
  ] as const;
  for (const [of, protocol] of rows) {
    assert.is(selectProtocol(of, ownProtocols), protocol);
    const turned = { ...of, ours: of.theirs, theirs: of.ours, holdsTheirs: false };
    const expected = protocol === "delta-known" ? "delta-warm" : protocol;
    assert.is(selectProtocol(turned, ownProtocols), expected);
  }
});

test("a side whose heads are all here lacks nothing that is not here, whatever it says of its horizon", () => {
  const of = { ...gap(false, true, false), theirs: { appliedCount: 60, horizon: 1_000, entityCount: 1_000 } };
  assert.is(selectProtocol(of, ownProtocols), "delta-known");
});

test("exactly one side takes the state, and it is one that lacks something", () => {
  const [fewer, more] = [below(49, 10).theirs, below(49, 10).ours];
  for (const role of ["initiator", "responder"] as const) {
    assert.is(takesState(role, fewer, more), true);
    assert.is(takesState(role, more, fewer), false);
    assert.is(takesState(role, more, more), role === "initiator");
  }
});

test("what is forced is selected where it can be run", () => {
  const rows = [
    [gap(true, true, true), "snapshot", "none"],
    [gap(false, true, true), "snapshot", "snapshot"],
    [gap(false, true, true), "delta-cold", "delta-cold"],
    [gap(false, false, true), "delta-known", "delta-warm"],
    [below(49, 10), "delta-warm", "delta-warm"],
  ] as const;
  for (const [of, forced, protocol] of rows) assert.is(selectProtocol(of, ownProtocols, forced), protocol);
  assert.is(selectProtocol(gap(false, true, true), ["delta-cold"], "snapshot"), "delta-cold");
});

test("what the other cannot run is not selected, and without anything left there is none", () => {
  const without = (...names: readonly string[]) => ownProtocols.filter((each) => !names.includes(each));
  assert.is(selectProtocol(gap(false, true, true), without("delta-known")), "delta-warm");
  assert.is(selectProtocol(gap(false, false, true), without("delta-warm")), "delta-cold");
  assert.is(selectProtocol(gap(false, false, false), without("delta-cold")), null);
  assert.is(selectProtocol(gap(true, true, true), []), null);
});

test.run();
