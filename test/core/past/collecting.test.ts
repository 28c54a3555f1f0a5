// What comes late to a past that closes, told one by one.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { parentsMax } from "../../../core/limits.ts";
import type { MembershipChange } from "../../../core/members/membership.ts";
import { kindCodes, type PastDelta } from "../../../core/wire/delta-head.ts";
import { operations, put, unsigned } from "../authors.ts";
import { retentionMs } from "./steps.ts";
import { type Player, Troupe } from "./troupe.ts";

/** Everyone by name. */
function troupeOf() {
  const troupe = new Troupe();
  const [ann, bob, cid, dee, eve] = troupe.players as unknown as [Player, Player, Player, Player, Player];
  return { troupe, ann, bob, cid, dee, eve };
}

const lineOf = ({ replica }: Player) => replica.closing.checkpoints.closed.line;
const isAstray = ({ replica }: Player) => replica.closing.checkpoints.closed.isAstray;
const heldBy = ({ replica }: Player) => replica.deltas.pending.held().length;
const keysOf = ({ replica }: Player) => replica.state.storedCount;

function change(player: Player, what: MembershipChange): void {
  player.inTurn((turn) => player.replica.governance.change(what, turn));
}

/** Time passes, and someone writes so much that a checkpoint is due. */
function laterOn(player: Player): void {
  player.pass(3 * retentionMs);
  for (const key of ["x", "y"]) player.call("set", key);
}

test("a deletion goes from everyone once all who write have answered, and not before", () => {
  const { troupe, ann, bob, cid } = troupeOf();
  ann.call("set", "k");
  ann.call("remove", "k");
  laterOn(ann);
  troupe.gather([ann, bob]);
  assert.is(lineOf(ann), null);
  assert.is(keysOf(ann), 3);
  troupe.gather([ann, bob, cid]);
  for (const player of [ann, bob, cid]) {
    assert.is.not(lineOf(player), null);
    assert.is(keysOf(player), 2);
  }
});

test("exclusion excuses nobody: what a member wrote while it was away is kept, and what it slept through stays deleted", () => {
  const { troupe, ann, bob, cid, dee } = troupeOf();
  ann.call("set", "k");
  troupe.gather([ann, bob, cid, dee]);
  ann.call("remove", "k");
  cid.call("set", "own");
  change(ann, { kind: "exclude", member: cid.author });
  laterOn(ann);
  troupe.gather([ann, bob, dee]);
  assert.is(lineOf(ann), null);
  troupe.gather([ann, bob, cid, dee]);
  for (const player of [ann, bob, cid, dee]) {
    assert.is.not(lineOf(player), null);
    assert.is(player.read("k"), null);
    assert.is.not(player.read("own"), null);
    assert.equal(player.replica.heads(), ann.replica.heads());
    assert.is(player.replica.stateRoot(), ann.replica.stateRoot());
  }
});

test("a reader that slept through a deletion and its collection takes over the state without it", () => {
  for (const isBeside of [false, true]) sleepThroughCollection(isBeside);
});

/** `isBeside`: the state that is taken over is made beside the one that shows. */
function sleepThroughCollection(isBeside: boolean): void {
  const { troupe, ann, bob, cid, dee } = troupeOf();
  ann.call("set", "k");
  troupe.gather([ann, bob, cid, dee]);
  assert.is.not(dee.read("k"), null);
  ann.call("remove", "k");
  laterOn(ann);
  troupe.gather([ann, bob, cid]);
  assert.is(keysOf(ann), 2);
  assert.is(troupe.take(dee, ann, isBeside), "whole");
  while (dee.isTakingOver) {
    assert.is.not(dee.read("k"), null);
    dee.goOnTakingOver();
  }
  assert.is(dee.madeBeside, Number(isBeside));
  assert.is(dee.read("k"), null);
  assert.equal(dee.replica.heads(), ann.replica.heads());
  assert.is(dee.replica.stateRoot(), ann.replica.stateRoot());
}

test("a state that is made beside what shows is given up where the past closes meanwhile", () => {
  const { troupe, ann, bob, cid, dee } = troupeOf();
  ann.call("set", "k");
  troupe.gather([ann, bob, cid, dee]);
  troupe.hear(dee, ann);
  ann.call("set", "m");
  assert.is(troupe.take(dee, ann, true), "taken");
  dee.goOnTakingOver();
  ann.call("remove", "k");
  laterOn(ann);
  troupe.gather([ann, bob, cid, dee]);
  assert.is(keysOf(dee), keysOf(ann));
  while (dee.isTakingOver) dee.goOnTakingOver();
  assert.is(dee.givenUp, 1);
  while (!dee.replica.states.isAlone) dee.goOnTakingOver();
  assert.is(dee.read("k"), null);
  assert.is(dee.replica.stateRoot(), ann.replica.stateRoot());
});

test("what is given by who has not collected yet brings nothing back", () => {
  const { troupe, ann, bob, cid, dee } = troupeOf();
  for (const key of ["k", "l"]) ann.call("set", key);
  troupe.gather([ann, bob, cid, dee]);
  ann.call("remove", "k");
  laterOn(ann);
  troupe.gather([ann, bob, cid]);
  const before = bob.replica.stateRoot();
  assert.is.not(dee.read("k"), null);
  assert.is(troupe.take(bob, dee), "taken");
  assert.is(bob.replica.stateRoot(), before);
  // Nor does it take anything away, though all of it was asked for.
  const { state } = dee.replica;
  const entities = Array.from(state.leaves({}), (leaf) => state.entityOf(leaf));
  assert.ok(bob.takeOver({ ...troupe.cutOf(bob, dee), entities, isWhole: true }, false));
  assert.is(bob.replica.stateRoot(), before);
  // Nor is a deletion alone brought back, read from her disk: it was collected here.
  troupe.hear(dee, ann, 3);
  dee.inTurn((turn) => dee.replica.settle(turn));
  dee.restart();
  assert.is(troupe.take(bob, dee), "taken");
  assert.is(bob.replica.stateRoot(), before);
  assert.is(bob.read("k"), null);
});

test("on more heads than a write may stand on nobody answers: what a member wrote while it was away is kept", () => {
  const { troupe, ann, bob, cid } = troupeOf();
  const { genesis } = troupe.scribe;
  cid.call("set", "own");
  laterOn(ann);
  troupe.gather([ann, bob]);
  const heads = Array.from({ length: parentsMax + 6 }, (_, index) => {
    // Later than what cid wrote, and before the checkpoint.
    const hlc = { ms: 2_001 + index, counter: 0 };
    const content = operations(put(`k${index}`, index));
    return troupe.scribe.write([genesis], { by: unsigned("bob"), hlc, content });
  });
  cid.inTurn((turn) => {
    for (const head of heads) cid.replica.receive(head, turn);
  });
  troupe.gather([ann, bob, cid]);
  for (const player of [ann, bob, cid]) {
    assert.is.not(lineOf(player), null);
    assert.is.not(player.read("own"), null);
    assert.not(isAstray(player));
    assert.equal(player.replica.heads(), cid.replica.heads());
  }
});

/** Dee writes until she is made a reader, which she does not hear of. */
function troupeWithdrawn() {
  const all = troupeOf();
  const { troupe, ann, bob, cid, dee } = all;
  change(ann, { kind: "role", member: dee.author, role: "member" });
  troupe.gather([ann, bob, cid, dee]);
  dee.call("set", "old");
  change(ann, { kind: "role", member: dee.author, role: "reader" });
  laterOn(ann);
  return all;
}

test("while the past closes an old write by one who is not asked is held until one who is has it, and then counts", () => {
  const { troupe, ann, bob, cid, dee } = troupeWithdrawn();
  troupe.hear(bob, dee);
  troupe.gather([ann, cid]);
  troupe.hear(ann, dee);
  assert.is(heldBy(ann), 1);
  assert.is(ann.read("old"), null);
  bob.call("set", "new");
  troupe.gather([ann, bob, cid, dee]);
  for (const player of [ann, bob, cid, dee]) {
    assert.is.not(lineOf(player), null);
    assert.is.not(player.read("old"), null);
    assert.is(heldBy(player), 0);
    assert.not(isAstray(player));
  }
  assert.equal(ann.replica.heads(), dee.replica.heads());
});

test("once it is closed without that, nobody takes it, and who has it is told and writes no more", () => {
  const { troupe, ann, bob, cid, dee } = troupeWithdrawn();
  troupe.gather([ann, cid]);
  troupe.hear(ann, dee);
  troupe.gather([ann, bob, cid]);
  assert.is.not(lineOf(ann), null);
  assert.is(heldBy(ann), 0);
  for (const player of [ann, bob, cid]) {
    troupe.hear(player, dee);
    assert.is(player.read("old"), null);
    assert.not(isAstray(player));
  }
  troupe.hear(dee, ann);
  assert.ok(isAstray(dee));
  assert.match(dee.call("set", "more"), /delete the context on this node and join it again/);
  dee.restart();
  assert.ok(isAstray(dee));
});

test("the word of one who came in later and was not asked counts for nothing: whoever relied on it goes astray", () => {
  const { troupe, ann, bob, cid, dee, eve } = troupeWithdrawn();
  troupe.hear(eve, dee);
  troupe.gather([ann, bob]);
  troupe.hear(eve, ann);
  assert.is.not(eve.read("old"), null);
  const present = troupe.players.map(() => false);
  troupe.do({ by: 0, about: 4, what: "member", key: "k", passedMs: 0, heard: 0, present });
  assert.is(eve.call("set", "new"), "");
  troupe.gather([ann, bob, cid]);
  assert.is.not(lineOf(cid), null);
  assert.not(isAstray(eve));
  troupe.hear(eve, cid);
  assert.equal(lineOf(eve), lineOf(cid));
  assert.ok(isAstray(eve));
});

test("whoever takes over the state of one that went astray is told as well, whatever the order of its history", () => {
  for (const isLast of [false, true]) {
    const { troupe, ann, bob, cid, dee, eve } = troupeWithdrawn();
    troupe.gather([ann, cid]);
    troupe.hear(ann, dee);
    troupe.gather([ann, bob, cid]);
    troupe.hear(dee, ann);
    assert.ok(isAstray(dee));
    const cut = troupe.cutOf(eve, dee);
    const isLate = ({ head }: PastDelta) =>
      head.author === dee.author && head.kindCode === kindCodes.operations;
    const late = cut.history.filter(isLate);
    assert.is(late.length, 1);
    const others = cut.history.filter((each) => !isLate(each));
    assert.ok(eve.takeOver(isLast ? { ...cut, history: [...others, ...late] } : cut, false));
    assert.ok(isAstray(eve));
    assert.is.not(lineOf(eve), null);
  }
});

test.run();
