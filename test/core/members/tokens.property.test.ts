// Laws of tokens: who only sees what is made of one joins by it on no cut, and one that two use seats neither.

import * as fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { CausalDelta } from "../../../core/dag/delta.ts";
import { isFault } from "../../../core/fault.ts";
import { byteString, bytesOf } from "../../../core/ids.ts";
import type { Invitation, MembershipChange, Role } from "../../../core/members/membership.ts";
import type { Identity } from "../../../core/ports.ts";
import { decodeCanonical, encode } from "../../../core/wire/cbor.ts";
import { sealDelta } from "../../../core/wire/delta-codec.ts";
import { signedMessage } from "../../../core/wire/signed.ts";
import { holds } from "../../laws.ts";
import { codec, identityOf, incarnation, Scribe } from "../authors.ts";
import { Council } from "./councils.ts";
import { acceptedInvitation } from "./invitations.ts";

type People = [Identity, Identity, Identity, Identity, Identity];
const [ann, bob, dee, eve, zoe] = ["ann", "bob", "dee", "eve", "zoe"].map(identityOf) as People;

/** Ann and bob are admins; eve a member, or nobody. */
function scribeWith(isIn: boolean): Scribe {
  const members = [
    { author: bob.author, role: "admin" as const },
    ...(isIn ? [{ author: eve.author, role: "reader" as const }] : []),
  ];
  return new Scribe(ann, { members, others: null });
}

function tokenOf(scribe: Scribe, fill: number, role: Role, inviter = ann) {
  const nonce = byteString(new Uint8Array(16).fill(fill));
  const draft = { contextId: scribe.contextId, role, invitee: null, expiresMs: 1e12, nonce };
  return (joiner: Identity) => acceptedInvitation(draft, { inviter, joiner });
}

function change(
  scribe: Scribe,
  on: readonly CausalDelta[],
  by: Identity,
  about: MembershipChange,
  ms: number,
) {
  return scribe.write(on, { by, hlc: { ms, counter: 0 }, content: { kind: "membership", change: about } });
}

function after(scribe: Scribe, deltas: readonly CausalDelta[]): Council {
  const council = new Council(scribe);
  for (const delta of [scribe.genesis, ...deltas]) council.receive(delta);
  return council;
}

function joinBy(invitation: Invitation): MembershipChange {
  return { kind: "join", invitation };
}

test("who sees all that is told joins by no part of it, put together however, on no cut", () => {
  const forged = fc.record({
    isIn: fc.boolean(),
    cut: fc.nat(3),
    length: fc.constantFrom(2, 3, 4, 4, 4),
    pieces: fc.array(fc.nat(100), { minLength: 4, maxLength: 4 }),
    /** Something of the right kind is put in a place, else anything. */
    fits: fc.array(fc.oneof({ weight: 9, arbitrary: fc.constant(true) }, fc.constant(false)), {
      minLength: 4,
      maxLength: 4,
    }),
  });
  let opened = 0;
  holds(
    fc.property(forged, ({ isIn, cut, length, pieces, fits }) => {
      const scribe = scribeWith(isIn);
      const seen = [tokenOf(scribe, 1, "admin")(dee), tokenOf(scribe, 2, "member")(identityOf("cid"))];
      const history = [scribe.genesis];
      for (const [index, invitation] of seen.entries()) {
        const by = index === 0 ? dee : identityOf("cid");
        history.push(change(scribe, history.slice(-1), by, joinBy(invitation), 2_000 + index));
      }
      const [one, other] = seen.map(({ sealed }) => decodeCanonical(sealed, 512) as Uint8Array[]);
      const [body = new Uint8Array()] = one ?? [];
      const claim = signedMessage("reconverge/invitation-proof/1", encode([body, bytesOf(eve.author)]));
      const own = [eve.sign(claim), eve.sign(body)];
      const places = [
        [one?.[0]],
        [one?.[1]],
        [one?.[2], bytesOf(eve.author)],
        [one?.[3], other?.[3], ...own],
      ];
      const anything = [...places.flat(), ...(other ?? []), new Uint8Array(32)];
      const sealed = encode(
        Array.from({ length }, (_, place) => {
          const pool = (fits[place] === true ? places[place] : anything) ?? anything;
          return pool[(pieces[place] ?? 0) % pool.length];
        }),
      );
      const hlc = { ms: 5_000, counter: 0 };
      const content = { kind: "membership", change: joinBy({ ...(seen[0] as Invitation), sealed }) } as const;
      const parents = [history[cut % history.length]?.id ?? scribe.genesis.id];
      const about = { contextId: scribe.contextId, parents, author: eve.author, incarnation, hlc };
      const delta = codec.openDelta(sealDelta({ ...about, content, events: [] }, eve, codec.crypto));
      if (isFault(delta)) return;
      opened += 1;
      const council = after(scribe, history.slice(1));
      council.receive(delta);
      assert.not(council.store.graph.has(delta.id));
      assert.is(council.members.roleNow(eve.author), isIn ? "reader" : null);
    }),
  );
  assert.ok(opened > 0, "nothing was an invitation of somebody");
});

const moments = fc.record({
  role: fc.constantFrom<Role>("admin", "member", "reader"),
  ms: fc.tuple(fc.integer({ min: 2_000, max: 9_000 }), fc.integer({ min: 2_000, max: 9_000 })),
  isLate: fc.boolean(),
});

test("of two who use one token, neither knowing of the other, neither is in, on every replica", () => {
  holds(
    fc.property(moments, ({ role, ms, isLate }) => {
      const scribe = scribeWith(false);
      const token = tokenOf(scribe, 1, role);
      const before = change(scribe, [scribe.genesis], bob, { kind: "rotate", secret: "s".repeat(16) }, 1_500);
      const joins = [
        change(scribe, [isLate ? before : scribe.genesis], dee, joinBy(token(dee)), ms[0]),
        change(scribe, [scribe.genesis], eve, joinBy(token(eve)), ms[1]),
      ];
      const { members } = after(scribe, [before, ...joins]);
      for (const { author } of [dee, eve]) assert.is(members.roleNow(author), null);
      assert.ok(members.needsRotation, "they know the key");
      assert.equal(after(scribe, [before, ...joins.toReversed()]).members.all(), members.all());
      const again = change(scribe, joins, identityOf("late"), joinBy(token(identityOf("late"))), 9_500);
      assert.not(after(scribe, [before, ...joins, again]).store.graph.has(again.id));
    }),
    { share: 0.3 },
  );
});

test("whoever came in by a token keeps it, whatever is signed with the same nonce by another admin", () => {
  const scribe = scribeWith(false);
  const joined = change(scribe, [scribe.genesis], dee, joinBy(tokenOf(scribe, 1, "member")(dee)), 2_000);
  const invitation = tokenOf(scribe, 1, "member", bob)(eve);
  const { members } = after(scribe, [
    joined,
    change(scribe, [scribe.genesis], eve, joinBy(invitation), 2_000),
  ]);
  for (const { author } of [dee, eve]) assert.is(members.roleNow(author), "member");
});

test("who was an admin puts out nobody it invited by name, nor by a token once it is none", () => {
  const scribe = scribeWith(false);
  const named = (joiner: Identity) => {
    const nonce = byteString(new Uint8Array(16).fill(7));
    const draft = { contextId: scribe.contextId, role: "admin", expiresMs: 1e12, nonce } as const;
    return acceptedInvitation({ ...draft, invitee: joiner.author }, { inviter: bob, joiner });
  };
  for (const invitedBy of [named, tokenOf(scribe, 7, "admin", bob)]) {
    const joined = change(scribe, [scribe.genesis], dee, joinBy(invitedBy(dee)), 2_000);
    const given = change(scribe, [joined], dee, { kind: "role", member: zoe.author, role: "member" }, 2_500);
    const demoted = change(scribe, [given], ann, { kind: "role", member: bob.author, role: "reader" }, 3_000);
    const puppet = change(scribe, [scribe.genesis], eve, joinBy(invitedBy(eve)), 1_500);
    const { members } = after(scribe, [joined, given, demoted, puppet]);
    const roles = [dee, zoe, eve].map(({ author }) => members.roleNow(author));
    assert.equal(roles, ["admin", "member", null]);
  }
});

test("neither of two is in whose inviter was an admin after all, as who demoted it is in by another token of two", () => {
  const scribe = scribeWith(false);
  const [pal, pup] = [identityOf("pal"), identityOf("pup")];
  const [ofAnn, ofBob] = [tokenOf(scribe, 1, "admin"), tokenOf(scribe, 2, "member", bob)];
  const [palJoins, pupJoins] = [pal, pup].map((who, index) =>
    change(scribe, [scribe.genesis], who, joinBy(ofAnn(who)), 2_000 + index),
  ) as [CausalDelta, CausalDelta];
  const demotion = { kind: "role", member: bob.author, role: "member" } as const;
  const demoted = change(scribe, [palJoins], pal, demotion, 2_002);
  const secret = byteString<string>(new Uint8Array(16).fill(3));
  // Ann stands behind what is above the demotion: so it comes before what bob brought about.
  const rotated = change(scribe, [demoted], ann, { kind: "rotate", secret }, 2_003);
  const joined = [dee, eve].map((who, index) =>
    change(scribe, [scribe.genesis], who, joinBy(ofBob(who)), 2_004 + index),
  );
  const all = [palJoins, pupJoins, demoted, rotated, ...joined];
  for (const deltas of [all, [...joined, ...all], [joined[1] as CausalDelta, pupJoins, ...all]]) {
    const { members } = after(scribe, deltas);
    const rolesNow = [pal, pup, dee, eve, bob].map(({ author }) => members.roleNow(author));
    assert.equal(rolesNow, [null, null, null, null, "admin"]);
  }
});

test("what an admin says of a key by name counts for that key, and for no other of its token", () => {
  const scribe = scribeWith(false);
  const token = tokenOf(scribe, 1, "reader");
  const joined = change(scribe, [scribe.genesis], dee, joinBy(token(dee)), 2_000);
  const promoted = change(scribe, [joined], ann, { kind: "role", member: dee.author, role: "member" }, 3_000);
  const puppet = change(scribe, [scribe.genesis], eve, joinBy(token(eve)), 2_000);
  const { members } = after(scribe, [joined, promoted, puppet]);
  assert.is(members.roleNow(dee.author), "member");
  assert.is(members.roleNow(eve.author), null);
});

test("an exclusion of one who is not in after all makes no reader of it", () => {
  const scribe = scribeWith(false);
  const token = tokenOf(scribe, 1, "member");
  const joined = change(scribe, [scribe.genesis], dee, joinBy(token(dee)), 2_000);
  const excluded = change(scribe, [joined], ann, { kind: "exclude", member: dee.author }, 3_000);
  const puppet = change(scribe, [scribe.genesis], eve, joinBy(token(eve)), 2_000);
  const { members } = after(scribe, [joined, excluded, puppet]);
  assert.is(members.roleNow(dee.author), null);
  assert.is(members.excludedFrom(dee.author), null);
});

test("who was removed, made less or has left is not back by its token through another key, on no cut", () => {
  const farewells: Readonly<Record<string, (by: Identity) => MembershipChange>> = {
    remove: () => ({ kind: "remove", member: dee.author }),
    role: () => ({ kind: "role", member: dee.author, role: "reader" }),
    leave: () => ({ kind: "leave" }),
  };
  holds(
    fc.property(moments, fc.constantFrom(...Object.keys(farewells)), ({ ms }, farewell) => {
      const scribe = scribeWith(false);
      const token = tokenOf(scribe, 1, "admin");
      const join = change(scribe, [scribe.genesis], dee, joinBy(token(dee)), ms[0]);
      const said = farewells[farewell]?.(ann) ?? { kind: "leave" };
      const end = change(scribe, [join], farewell === "leave" ? dee : ann, said, 9_500);
      const puppet = change(scribe, [scribe.genesis], eve, joinBy(token(eve)), ms[1]);
      const coup = change(scribe, [puppet], eve, { kind: "role", member: zoe.author, role: "admin" }, 9_600);
      const left = farewell === "role" ? "reader" : null;
      for (const order of [
        [join, end, puppet, coup],
        [puppet, coup, join, end],
      ]) {
        const { members } = after(scribe, order);
        const roles = [dee, eve].map(({ author }) => members.roleNow(author));
        assert.ok(
          roles.every((role) => role === null || role === left),
          `${farewell}: ${roles}`,
        );
        // Who left could have said so itself, before it left.
        if (farewell !== "leave") assert.is(members.roleNow(zoe.author), null);
      }
    }),
    { share: 0.3 },
  );
});

test.run();
