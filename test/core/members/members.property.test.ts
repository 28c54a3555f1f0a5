// Who is a member: the same on every replica, in whatever order it learned of things. Invariants 3 and 13.

import * as fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { CausalDelta } from "../../../core/dag/delta.ts";
import type { AuthorId, DeltaId } from "../../../core/ids.ts";
import { byteString } from "../../../core/ids.ts";
import { createMembersMemory } from "../../../core/members/members.ts";
import type { Role } from "../../../core/members/membership.ts";
import { Rosters } from "../../../core/members/roster.ts";
import { headOfSealed } from "../../../core/wire/delta-codec.ts";
import { holds } from "../../laws.ts";
import { identityOf, operations, put, Scribe, trustingCodec, trustingCrypto } from "../authors.ts";
import { attempted, attempts, Council, councilScribe } from "./councils.ts";
import { olderInvitation } from "./invitations.ts";

test("any order of arrival, with repetitions, gives the same graph, members and key", () => {
  const shuffles = fc.array(fc.nat(), { minLength: 60, maxLength: 60 });
  holds(
    fc.property(attempts, shuffles, fc.boolean(), (list, draws, areAdmins) => {
      const scribe = councilScribe({ areAdmins });
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
    fc.property(attempts, fc.boolean(), (list, areAdmins) => {
      const scribe = councilScribe({ areAdmins });
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

test("a history that comes with a state is taken if each of it might be written where it was, and only then", () => {
  let refused = 0;
  holds(
    fc.property(attempts, (list) => {
      const scribe = councilScribe();
      const deltas = attempted(scribe, list).slice(1);
      const whole = after(scribe, deltas);
      const kept = deltas.filter(({ id }) => whole.store.graph.has(id));
      assert.is(refusalOfPast(scribe, kept), null);
      const forbidden = deltas.find((delta) => !whole.store.graph.has(delta.id));
      if (forbidden === undefined) return;
      refused += 1;
      assert.is(refusalOfPast(scribe, [...kept, forbidden])?.code, "false-state");
    }),
  );
  assert.ok(refused > 0, "nothing was refused");
});

test("a history is judged by how deep its changes lie in all of it, and not among changes alone", () => {
  // A node that lost its disk goes on from the genesis: of its two words about bob the one less deep decides.
  for (let ms = 3_000; ms < 3_012; ms += 1) {
    const scribe = new Scribe(ann, { members: [{ author: bob.author, role: "member" }], others: null });
    const writes = [scribe.genesis];
    for (const key of ["a", "b", "c"]) {
      const hlc = { ms: 2_000, counter: writes.length };
      writes.push(scribe.write(writes.slice(-1), { by: ann, hlc, content: operations(put(key, 1)) }));
    }
    const about = (role: Role, on: readonly CausalDelta[]) =>
      change(scribe, on, ann, { kind: "role", member: bob.author, role }, ms);
    const deep = about("reader", writes.slice(-1));
    const shallow = about("member", [scribe.genesis]);
    const written = scribe.write([deep, shallow], {
      by: bob,
      hlc: { ms: 4_000, counter: 0 },
      content: operations(put("d", 1)),
    });
    const deltas = [...writes.slice(1), deep, shallow, written];
    assert.ok(after(scribe, deltas).store.graph.has(written.id));
    assert.is(refusalOfPast(scribe, deltas), null);
  }
});

/** What one who has the genesis alone says of these. */
function refusalOfPast(scribe: Scribe, deltas: readonly CausalDelta[]) {
  const { members } = after(scribe, []);
  const history = deltas.map(({ id, sealed }) => ({ id, head: headOfSealed(sealed, trustingCrypto) }));
  const changes = deltas.filter(({ content }) => content.kind === "membership");
  const refusal = members.refusalOfPast(history, new Map(changes.map((delta) => [delta.id, delta])));
  assert.is(members.events.length, 1, "judging leaves nothing behind");
  return refusal;
}

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

test("with a junior admin who is removed goes what it brought about meanwhile, through whomever", () => {
  const scribe = new Scribe(ann, twoAdmins);
  const [dee, eve] = ["dee", "eve"].map(identityOf) as [typeof ann, typeof ann];
  const removal = change(scribe, [scribe.genesis], ann, { kind: "remove", member: bob.author }, 2_000);
  const helper = change(
    scribe,
    [scribe.genesis],
    bob,
    { kind: "role", member: dee.author, role: "admin" },
    3_000,
  );
  const further = change(scribe, [helper], dee, { kind: "role", member: eve.author, role: "admin" }, 4_000);
  const coup = change(scribe, [further], eve, { kind: "remove", member: ann.author }, 5_000);
  for (const order of [
    [removal, helper, further, coup],
    [helper, further, coup, removal],
  ]) {
    assert.equal(after(scribe, order).members.all(), [{ author: ann.author, role: "admin" }]);
  }
});

test("what an admin says while it is made less than one is void", () => {
  const scribe = new Scribe(ann, twoAdmins);
  const demotion = change(
    scribe,
    [scribe.genesis],
    ann,
    { kind: "role", member: bob.author, role: "reader" },
    2_000,
  );
  const coup = change(scribe, [scribe.genesis], bob, { kind: "remove", member: ann.author }, 3_000);
  const { members } = after(scribe, [demotion, coup]);
  assert.is(members.roleNow(ann.author), "admin");
  assert.is(members.roleNow(bob.author), "reader");
});

test("by an invitation of an older program one comes in, of two neither, and nobody by that of an admin who was removed meanwhile", () => {
  const scribe = new Scribe(ann, twoAdmins);
  const [dee, eve] = ["dee", "eve"].map(identityOf) as [typeof ann, typeof ann];
  const invitedBy = (inviter: typeof ann, fill: number) => {
    const nonce = byteString(new Uint8Array(16).fill(fill));
    const draft = {
      contextId: scribe.contextId,
      role: "member",
      invitee: null,
      expiresMs: 9_000,
      nonce,
    } as const;
    return { kind: "join", invitation: olderInvitation(draft, inviter) } as const;
  };
  const one = invitedBy(ann, 1);
  const joins = [dee, eve].map((who, index) => change(scribe, [scribe.genesis], who, one, 2_000 + index));
  for (const join of joins) assert.is(after(scribe, [join]).members.all().length, 3, "ann, bob and one");
  for (const both of [joins, joins.toReversed()])
    assert.is(after(scribe, both).members.all().length, 2, "ann and bob");
  const removal = change(scribe, [scribe.genesis], ann, { kind: "remove", member: bob.author }, 3_000);
  const puppet = change(scribe, [scribe.genesis], eve, invitedBy(bob, 2), 4_000);
  assert.is(after(scribe, [removal, puppet]).members.roleNow(eve.author), null);
  const [first] = joins as [CausalDelta, CausalDelta];
  const again = change(scribe, [first], eve, one, 4_000);
  assert.not(after(scribe, [first, again]).store.graph.has(again.id), "whoever knows that it was used");
  const late = change(scribe, [scribe.genesis], dee, invitedBy(ann, 3), 9_001);
  assert.not(after(scribe, [late]).store.graph.has(late.id));
});

test("changes that race leave an admin", () => {
  const scribe = new Scribe(ann, twoAdmins);
  const leaves = [ann, bob].map((who, index) =>
    change(scribe, [scribe.genesis], who, { kind: "leave" }, 2_000 + index),
  );
  assert.is(after(scribe, leaves).members.all().length, 1);
});

test("three thousand changes in a row are settled, and settled anew after a start", () => {
  const scribe = new Scribe(ann, { codec: trustingCodec, members: [], others: null });
  const deltas = [scribe.genesis];
  for (let index = 0; index < 3_000; index += 1) {
    const about = { kind: "role", member: cid.author, role: index % 2 === 0 ? "reader" : "member" };
    deltas.push(change(scribe, [deltas.at(-1) ?? scribe.genesis], ann, about, 2_000 + index));
  }
  const { members } = after(scribe, deltas.slice(1));
  assert.is(members.roleNow(cid.author), "member");
  const memory = createMembersMemory();
  memory.events.push(...members.events);
  assert.is(
    new Rosters(memory.events).of(memory.events.map((_, index) => index)).get(cid.author)?.role,
    "member",
  );
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
  assert.ok(members.secretsNow().includes("s".repeat(16)));
  assert.not(removed.secretsFrom(0).flat().includes("s".repeat(16)));
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

test("of two admins that exclude each other the senior stays, and the other returns", () => {
  const scribe = new Scribe(ann, twoAdmins);
  const byAnn = change(scribe, [scribe.genesis], ann, { kind: "exclude", member: bob.author }, 2_000);
  const byBob = change(scribe, [scribe.genesis], bob, { kind: "exclude", member: ann.author }, 2_000);
  const council = after(scribe, [byAnn, byBob]);
  assert.is(council.members.roleNow(ann.author), "admin");
  assert.is(council.members.roleNow(bob.author), "reader");
  assert.ok(council.receive(change(scribe, [byAnn, byBob], bob, { kind: "return", role: "admin" }, 3_000)));
  assert.ok(council.members.all().every(({ role }) => role === "admin"));
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
