// A closed context on single nodes: who is served, who is heard, and what strangers see of it.

import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Effect } from "../../../core/effect.ts";
import { type ContextId, type DeltaId, type PeerId, toHex } from "../../../core/ids.ts";
import type { Role } from "../../../core/members/membership.ts";
import { authorOf, identityOf } from "../authors.ts";
import { LoneNode, observed, only, said } from "../lone-node.ts";

interface Pair {
  readonly ann: LoneNode;
  readonly bob: LoneNode;
  readonly contextId: ContextId;
}

/** Ann is the admin; bob, in this role, has the genesis. */
function closed(role: Role = "member"): Pair {
  const [ann, bob] = [new LoneNode("ann"), new LoneNode("bob")];
  const members = [{ author: bob.identity.author, role }];
  const outcome = ann.call({ kind: "create-context", application: "kv-store", members });
  if (outcome.kind !== "context") throw new Error(JSON.stringify(outcome));
  const { contextId } = outcome;
  const genesis = ann.disk.get(`d${contextId as string as DeltaId}`);
  bob.call({ kind: "join-context", contextId, ...(genesis === undefined ? {} : { genesis }) });
  return { ann, bob, contextId };
}

function published(node: LoneNode, call: Parameters<LoneNode["call"]>[0]): readonly Uint8Array[] {
  const effects = node.give({ kind: "request", request: 1, call });
  const [reply] = only(effects, "reply");
  if (reply?.outcome.kind === "refused") throw new Error(reply.outcome.message);
  return only(effects, "publish").map(({ message }) => message);
}

const set = (contextId: ContextId, key: string) =>
  ({ kind: "execute", contextId, method: "set", args: { key, value: 1 } }) as const;

/** Opens a stream to the node as this peer and says where it would stand; what the node answers. */
function asking(node: LoneNode, from: string, contextId: ContextId, invitation: Uint8Array | null = null) {
  node.give({ kind: "peer-connected", peer: from as PeerId });
  node.give({ kind: "stream-opened", stream: -1, peer: from as PeerId });
  const stranger = new LoneNode(from);
  stranger.call({ kind: "join-context", contextId, ...(invitation === null ? {} : { invitation }) });
  stranger.give({ kind: "peer-connected", peer: node.identity.peer });
  const opened = stranger.meet(node.identity.peer, contextId);
  const all: Effect[] = [...opened, ...stranger.pass(500)];
  const [frame] = only(all, "send").map((effect) => effect.frame);
  if (frame === undefined) throw new Error("it said nothing");
  return said(node.give({ kind: "stream-frame", stream: -1, frame }), -1);
}

test("what is said on the topic is read by members, and tells a stranger nothing", () => {
  const { ann, bob, contextId } = closed();
  const [message = new Uint8Array()] = published(ann, set(contextId, "secret"));
  assert.not.match(Buffer.from(message).toString("latin1"), "secret");
  assert.not.match(Buffer.from(message).toString("hex"), toHex(contextId));
  const heard = bob.gossip("ann", contextId, message);
  assert.is(observed(heard, "delta-applied"), 1);
  const eve = new LoneNode("eve");
  eve.call({ kind: "join-context", contextId });
  const unheard = eve.gossip("ann", contextId, message);
  assert.is(only(unheard, "verdict")[0]?.verdict, "ignore");
  assert.is(observed(unheard, "gossip-unreadable"), 1);
  assert.equal(only(unheard, "commit"), []);
});

test("a stranger is refused a session, a member is not, and whoever shows an invitation is not", () => {
  const { ann, contextId } = closed();
  assert.equal(asking(ann, "eve", contextId), [{ kind: "refusal", reason: "not-a-member" }]);
  assert.is(asking(ann, "bob", contextId)[0]?.kind, "handshake");
  const about = { kind: "invite", contextId, role: "member", expiresInMs: 1_000 } as const;
  const bearer = ann.call({ ...about, invitee: null });
  const named = ann.call({ ...about, invitee: authorOf("dee" as PeerId) });
  if (bearer.kind !== "invitation" || named.kind !== "invitation") throw new Error("not invited");
  assert.is(asking(ann, "eve", contextId, bearer.invitation)[0]?.kind, "handshake");
  ann.pass(2_000);
  assert.equal(asking(ann, "zoe", contextId, bearer.invitation)[0], {
    kind: "refusal",
    reason: "not-a-member",
  });
});

test("only an admin invites, gives roles and removes, and only who may writes", () => {
  const { bob, contextId } = closed("reader");
  const member = identityOf("eve").author;
  for (const call of [
    set(contextId, "k"),
    { kind: "invite", contextId, role: "reader", invitee: null, expiresInMs: 1 },
    { kind: "change-members", contextId, change: { kind: "role", member, role: "reader" } },
    { kind: "change-members", contextId, change: { kind: "remove", member: identityOf("ann").author } },
  ] as const) {
    const outcome = bob.call(call);
    assert.is(outcome.kind === "refused" && outcome.code, "not-permitted", JSON.stringify(call.kind));
  }
  assert.is(bob.replica(contextId).deltas.graph.count, 1);
});

test("a removal is told under the old key, the new secret on no topic, and who was removed is heard no more", () => {
  const { ann, bob, contextId } = closed();
  const change = { kind: "remove", member: bob.identity.author } as const;
  const told = published(ann, { kind: "change-members", contextId, change });
  assert.is(told.length, 1, "the rotation stays off the topic");
  bob.gossip("ann", contextId, told[0] ?? new Uint8Array());
  assert.is(bob.replica(contextId).governance.ownRole, null);
  const outcome = bob.call(set(contextId, "late"));
  assert.is(outcome.kind === "refused" && outcome.code, "not-permitted");
  const [next = new Uint8Array()] = published(ann, set(contextId, "next"));
  assert.is(observed(bob.gossip("ann", contextId, next), "gossip-unreadable"), 1);
  assert.equal(asking(ann, "bob", contextId), [{ kind: "refusal", reason: "not-a-member" }]);
});

test("a write that raced a removal is not taken from the one who was removed", () => {
  const { ann, bob, contextId } = closed();
  const [race = new Uint8Array()] = published(bob, set(contextId, "race"));
  published(ann, {
    kind: "change-members",
    contextId,
    change: { kind: "remove", member: bob.identity.author },
  });
  const effects = ann.gossip("bob", contextId, race);
  assert.is(only(effects, "verdict")[0]?.verdict, "ignore");
  assert.is(observed(effects, "gossip-unheard"), 1);
});

test("who is a member survives a restart", () => {
  const { ann, contextId } = closed();
  const member = identityOf("cid").author;
  published(ann, { kind: "change-members", contextId, change: { kind: "role", member, role: "reader" } });
  published(ann, set(contextId, "k"));
  published(ann, { kind: "change-members", contextId, change: { kind: "remove", member } });
  published(ann, set(contextId, "l"));
  const again = new LoneNode("ann", { disk: ann.disk, words: [5, 6, 7, 8] });
  const [before, after] = [ann, again].map((node) => node.replica(contextId).governance.members);
  assert.equal(after?.all(), before?.all());
  assert.equal(after?.secretsNow(), before?.secretsNow());
  assert.ok(after?.isRemoved(member));
  assert.is(
    observed(again.give({ kind: "request", request: 1, call: set(contextId, "m") }), "delta-authored"),
    1,
  );
});

test.run();
