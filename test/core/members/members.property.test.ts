// Who is a member: the same on every replica, in whatever order it learned of things. Invariants 3 and 13.

import * as fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { CausalDelta } from "../../../core/dag/delta.ts";
import type { AuthorId, DeltaId } from "../../../core/ids.ts";
import { holds } from "../../laws.ts";
import { identityOf, Scribe } from "../authors.ts";
import { attempt, attempted, attempts, Council, councilScribe } from "./councils.ts";
import { naiveRoster } from "./naive-roster.ts";

test("any order of arrival, with repetitions, gives the same graph, members and key", () => {
  const shuffles = fc.array(fc.nat(), { minLength: 60, maxLength: 60 });
  holds(
    fc.property(attempts, shuffles, (list, draws) => {
      const scribe = councilScribe();
      const deltas = attempted(scribe, list);
      const inOrder = new Council(scribe);
      for (const delta of deltas) inOrder.receive(delta);
      const otherwise = new Council(scribe);
      const keyed = [...deltas, ...deltas].map(
        (delta, index) => [draws[index % draws.length] ?? 0, delta] as const,
      );
      for (const [, delta] of keyed.sort(([a], [b]) => a - b)) otherwise.receive(delta);
      // What was refused before its parents came is offered again, as sync does.
      for (const delta of deltas) otherwise.receive(delta);
      assert.equal(otherwise.verdict, inOrder.verdict);
    }),
  );
});

test("what a delta might do follows from what lies below it alone", () => {
  holds(
    fc.property(attempts, (list) => {
      const scribe = councilScribe();
      const deltas = attempted(scribe, list);
      const whole = new Council(scribe);
      for (const delta of deltas) whole.receive(delta);
      for (const delta of deltas) {
        const past = new Council(scribe);
        for (const one of pastOf(delta, deltas)) past.receive(one);
        assert.is(past.receive(delta), whole.store.graph.has(delta.id), delta.content.kind);
      }
    }),
    { share: 0.5 },
  );
});

test("members are those that the rules, read off anew for each set of deltas, give", () => {
  holds(
    fc.property(fc.array(attempt, { minLength: 1, maxLength: 9 }), (list) => {
      const scribe = councilScribe();
      const council = new Council(scribe);
      const deltas = attempted(scribe, list);
      for (const delta of deltas) council.receive(delta);
      const past = new Map(
        deltas.filter(({ id }) => council.store.graph.has(id)).map((delta) => [delta.id, delta]),
      );
      const expected = Array.from(naiveRoster(past)).flatMap(([author, { role }]) =>
        role === null ? [] : [{ author, role }],
      );
      assert.equal(
        council.members.all(),
        expected.sort((a, b) => (a.author < b.author ? -1 : 1)),
      );
    }),
    { share: 0.5 },
  );
});

const [ann, bob, cid] = ["ann", "bob", "cid"].map(identityOf) as [
  ReturnType<typeof identityOf>,
  ReturnType<typeof identityOf>,
  ReturnType<typeof identityOf>,
];
const twoAdmins = { members: [{ author: bob.author, role: "admin" as const }], others: null };

function change(
  scribe: Scribe,
  on: readonly CausalDelta[],
  by: typeof ann,
  about: object,
  ms: number,
): CausalDelta {
  const content = { kind: "membership", change: about } as Parameters<Scribe["write"]>[1]["content"];
  return scribe.write(on, { by, hlc: { ms, counter: 0 }, content });
}

function after(scribe: Scribe, deltas: readonly CausalDelta[]): Council {
  const council = new Council(scribe);
  for (const delta of [scribe.genesis, ...deltas]) council.receive(delta);
  return council;
}

test("of two admins who remove each other the senior stays, whoever's clock is ahead", () => {
  for (const [annMs, bobMs] of [
    [2_000, 3_000],
    [3_000, 2_000],
  ] as const) {
    const scribe = new Scribe(ann, twoAdmins);
    const byAnn = change(scribe, [scribe.genesis], ann, { kind: "remove", member: bob.author }, annMs);
    const byBob = change(scribe, [scribe.genesis], bob, { kind: "remove", member: ann.author }, bobMs);
    for (const order of [
      [byAnn, byBob],
      [byBob, byAnn],
    ]) {
      const { members } = after(scribe, order);
      assert.equal(members.all(), [{ author: ann.author, role: "admin" }]);
    }
  }
});

test("what an admin did in the time in which a senior removed it is void, what it did before stays", () => {
  const scribe = new Scribe(ann, twoAdmins);
  const before = change(
    scribe,
    [scribe.genesis],
    bob,
    { kind: "role", member: cid.author, role: "reader" },
    2_000,
  );
  const removal = change(scribe, [before], ann, { kind: "remove", member: bob.author }, 3_000);
  const meanwhile = change(scribe, [before], bob, { kind: "role", member: cid.author, role: "admin" }, 4_000);
  const { members } = after(scribe, [before, removal, meanwhile]);
  assert.is(members.roleNow(bob.author), null);
  assert.is(members.roleNow(cid.author), "reader");
});

test("a junior admin removes a senior who does nothing about it", () => {
  const scribe = new Scribe(ann, twoAdmins);
  const removal = change(scribe, [scribe.genesis], bob, { kind: "remove", member: ann.author }, 2_000);
  const { members } = after(scribe, [removal]);
  assert.equal(members.all(), [{ author: bob.author, role: "admin" }]);
  assert.ok(members.isRemoved(ann.author));
});

test("whoever knows the old secrets does not know the key after a removal", () => {
  const scribe = new Scribe(ann, twoAdmins);
  const removal = change(scribe, [scribe.genesis], ann, { kind: "remove", member: bob.author }, 2_000);
  const rotation = change(scribe, [removal], ann, { kind: "rotate", secret: "s".repeat(16) }, 3_000);
  const removed = after(scribe, [removal]).members;
  assert.ok(removed.needsRotation);
  const { members } = after(scribe, [removal, rotation]);
  assert.not(members.needsRotation);
  const [key] = Array.from(members.secrets());
  assert.ok(key?.includes("s".repeat(16)));
  assert.not(Array.from(removed.secrets()).flat().includes("s".repeat(16)));
});

test("the last admin can neither leave, nor be removed, nor step down", () => {
  const scribe = new Scribe(ann, { members: [], others: null });
  const changes = [
    { kind: "leave" },
    { kind: "remove", member: ann.author },
    { kind: "role", member: ann.author, role: "reader" },
  ];
  for (const [index, about] of changes.entries()) {
    const delta = change(scribe, [scribe.genesis], ann, about, 2_000 + index);
    assert.not(after(scribe, [delta]).store.graph.has(delta.id));
  }
});

test("who was excluded reads on, returns to its role by itself, and what it wrote meanwhile stays", () => {
  const scribe = new Scribe(ann, twoAdmins);
  const exclusion = change(scribe, [scribe.genesis], ann, { kind: "exclude", member: bob.author }, 2_000);
  const asleep = change(
    scribe,
    [scribe.genesis],
    bob,
    { kind: "role", member: cid.author, role: "member" },
    3_000,
  );
  const excluded = after(scribe, [exclusion, asleep]);
  assert.is(excluded.members.roleNow(bob.author), "reader");
  assert.is(excluded.members.roleNow(cid.author), "member");
  assert.is(excluded.members.excludedFrom(bob.author), "admin");
  const early = change(scribe, [exclusion], bob, { kind: "remove", member: ann.author }, 4_000);
  const greedy = change(scribe, [exclusion], cid, { kind: "return", role: "admin" }, 4_000);
  for (const refused of [early, greedy]) assert.not(excluded.receive(refused));
  const comeback = change(scribe, [exclusion, asleep], bob, { kind: "return", role: "admin" }, 5_000);
  assert.ok(excluded.receive(comeback));
  assert.is(excluded.members.roleNow(bob.author), "admin");
  assert.is(excluded.members.excludedFrom(bob.author), null);
});

test("two admins that exclude each other both return", () => {
  const scribe = new Scribe(ann, twoAdmins);
  const byAnn = change(scribe, [scribe.genesis], ann, { kind: "exclude", member: bob.author }, 2_000);
  const byBob = change(scribe, [scribe.genesis], bob, { kind: "exclude", member: ann.author }, 2_000);
  const council = after(scribe, [byAnn, byBob]);
  assert.equal(new Set(council.members.all().map(({ role }) => role)), new Set(["reader"]));
  for (const who of [ann, bob])
    assert.ok(council.receive(change(scribe, [byAnn, byBob], who, { kind: "return", role: "admin" }, 3_000)));
  assert.equal(new Set(council.members.all().map(({ role }) => role)), new Set(["admin"]));
});

test("a removal decides over a return that is concurrent with it", () => {
  const scribe = new Scribe(ann, twoAdmins);
  const exclusion = change(scribe, [scribe.genesis], ann, { kind: "exclude", member: bob.author }, 2_000);
  const removal = change(scribe, [exclusion], ann, { kind: "remove", member: bob.author }, 3_000);
  const comeback = change(scribe, [exclusion], bob, { kind: "return", role: "admin" }, 4_000);
  const { members } = after(scribe, [exclusion, removal, comeback]);
  assert.equal(members.all(), [{ author: ann.author, role: "admin" }]);
});

test("in an open context anyone may write but those who were removed", () => {
  const scribe = new Scribe(ann);
  const removal = change(scribe, [scribe.genesis], ann, { kind: "remove", member: bob.author }, 2_000);
  const { members } = after(scribe, [removal]);
  assert.is(members.roleNow(cid.author), "member");
  assert.is(members.roleNow("x".repeat(32) as AuthorId), "member");
  assert.is(members.roleNow(bob.author), null);
});

function pastOf(delta: CausalDelta, deltas: readonly CausalDelta[]): readonly CausalDelta[] {
  const below = new Set<DeltaId>();
  const open = [...delta.parents];
  const byId = new Map(deltas.map((each) => [each.id, each]));
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (below.has(next)) continue;
    below.add(next);
    open.push(...(byId.get(next)?.parents ?? []));
  }
  return deltas.filter(({ id }) => below.has(id));
}

test.run();
