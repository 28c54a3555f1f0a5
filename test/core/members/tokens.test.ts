// Tokens: invitations for nobody in particular. What is told of one is worth nothing to others, and its seed is told to nobody.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { nodeCrypto } from "../../../adapters/crypto/node-crypto.ts";
import type { Effect, Outcome } from "../../../core/effect.ts";
import { isFault } from "../../../core/fault.ts";
import { byteString, bytesOf, type ContextId, type PeerId } from "../../../core/ids.ts";
import type { ClientCall } from "../../../core/input.ts";
import {
  acceptInvitation,
  contextOfInvitation,
  issueInvitation,
  openInvitation,
} from "../../../core/members/invitation.ts";
import { type Role, roles } from "../../../core/members/membership.ts";
import { decodeCanonical, encode } from "../../../core/wire/cbor.ts";
import { identityOf } from "../authors.ts";
import { LoneNode, only } from "../lone-node.ts";
import { Link } from "../sync/link.ts";
import { olderInvitation } from "./invitations.ts";

const [ann, bob, eve] = [identityOf("a"), identityOf("b"), identityOf("eve")] as const;
const contextId = byteString<ContextId>(new Uint8Array(32).fill(1));
const draft = {
  ...{ contextId, role: "member" as Role, invitee: null, expiresMs: 9_000 },
  nonce: byteString(new Uint8Array(16).fill(2)),
};
const token = issueInvitation(draft, ann, nodeCrypto);
const otherNonce = byteString(new Uint8Array(16).fill(3));
const otherToken = issueInvitation({ ...draft, nonce: otherNonce }, ann, nodeCrypto);
const named = issueInvitation({ ...draft, invitee: bob.author }, ann, nodeCrypto);
const older = olderInvitation(draft, ann).sealed;
const presented = presentedBy(bob, token);

function presentedBy(who: typeof bob, handed: Uint8Array): Uint8Array {
  const accepted = acceptInvitation(handed, who.author, nodeCrypto);
  if (isFault(accepted)) throw new Error(accepted.detail);
  return accepted.sealed;
}

function partsOf(sealed: Uint8Array): readonly Uint8Array[] {
  return decodeCanonical(sealed, 512) as Uint8Array[];
}

test("of a token each holder presents what names itself, the same each time, and all else as it was issued", () => {
  const opened = openInvitation(presented, nodeCrypto);
  assert.equal(opened, {
    ...{
      kind: "invitation",
      ...draft,
      inviter: ann.author,
      invitee: bob.author,
      body: byteString(body as Uint8Array),
      sealed: presented,
    },
  });
  assert.equal(presentedBy(bob, token), presented);
  assert.is(byteString(presentedBy(bob, named)), byteString(named), "one for a key is shown as it is");
  for (const form of [token, presented, named, older]) assert.is(contextOfInvitation(form), contextId);
});

const [body, signature, joiner, proof] = partsOf(presented);
const [otherBody, otherSignature, , otherProof] = partsOf(presentedBy(bob, otherToken));
const [tokenSeed, namedBody, namedSignature] = [partsOf(token)[2], ...partsOf(named)];
const [eveName, eveProof] = partsOf(presentedBy(eve, token)).slice(2);
const twice = (() => {
  const key = bytesOf(bob.author);
  const fields = decodeCanonical(body ?? new Uint8Array(), 512) as unknown[];
  return encode(fields.map((field, index) => (index === 3 ? key : field)));
})();

const malformed: Readonly<Record<string, readonly [sealed: Uint8Array, fault: RegExp]>> = {
  "a token itself": [token, /^malformed: invitation: a token, where what its holder makes of it/],
  "without the proof": [
    encode([body, signature]),
    /^malformed: invitation: the body of an invitation of named form/,
  ],
  "for another joiner": [encode([body, signature, eveName, proof]), /^bad-signature: invitation: the proof/],
  "with the proof for another": [
    encode([body, signature, joiner, eveProof]),
    /^bad-signature: invitation: the proof/,
  ],
  "with the proof of another key": [
    encode([body, signature, joiner, otherProof]),
    /^bad-signature: invitation: the proof/,
  ],
  "of another body": [
    encode([otherBody, otherSignature, joiner, proof]),
    /^bad-signature: invitation: the proof/,
  ],
  "of a body nobody signed": [
    encode([twice, signature, joiner, proof]),
    /^bad-signature: invitation: the signature/,
  ],
  "with the seed for a proof": [
    encode([body, signature, joiner, tokenSeed]),
    /^bad-signature: invitation: the proof/,
  ],
  "of one for a key": [
    encode([namedBody, namedSignature, joiner, proof]),
    /^malformed: invitation: the body of an invitation of presented form/,
  ],
  "with more than the proof": [
    encode([body, signature, joiner, proof, proof]),
    /^malformed: invitation: an invitation is not an array of 2, 3 or 4/,
  ],
};
for (const [what, [sealed, fault]] of Object.entries(malformed)) {
  test(`what is presented is refused: ${what}`, () => {
    const found = openInvitation(sealed, nodeCrypto);
    assert.match(isFault(found) ? `${found.code}: ${found.detail}` : "taken", fault);
  });
}

test("who is handed what another presented, or a token with a seed of its own, gets nothing for it", () => {
  const accepted = acceptInvitation(presented, eve.author, nodeCrypto);
  assert.is(!isFault(accepted) && accepted.invitee, bob.author);
  const guessed = encode([body, signature, new Uint8Array(32).fill(7)]);
  const refused = acceptInvitation(guessed, eve.author, nodeCrypto);
  assert.is(isFault(refused) && refused.code, "bad-signature");
});

interface Company {
  readonly link: Link;
  readonly contextId: ContextId;
  /** Answers, and everything else that comes of it is noted as always. */
  readonly call: (side: 0 | 1, call: ClientCall) => Outcome;
}

function company(): Company {
  const link = new Link([new LoneNode("a"), new LoneNode("b")]);
  const call = (side: 0 | 1, made: ClientCall) => {
    const effects = link.nodes[side].give({ kind: "request", request: 1, call: made });
    link.did(side, effects);
    const [reply] = only(effects, "reply");
    if (reply === undefined) throw new Error("no reply");
    return reply.outcome;
  };
  const created = call(0, { kind: "create-context", application: "kv-store" });
  if (created.kind !== "context") throw new Error(JSON.stringify(created));
  return { link, contextId: created.contextId, call };
}

function invited({ call, contextId }: Company, role: Role): Uint8Array {
  const outcome = call(0, { kind: "invite", contextId, role, invitee: null, expiresInMs: 60_000 });
  if (outcome.kind !== "invitation") throw new Error(JSON.stringify(outcome));
  return outcome.invitation;
}

for (const role of roles) {
  test(`a token for ${role === "admin" ? "an" : "a"} ${role} brings its holder in, and its seed is in nothing that is sent, stored or remembered`, () => {
    const together = company();
    const { link, contextId, call } = together;
    const handed = invited(together, role);
    call(1, { kind: "join-context", contextId, invitation: handed });
    link.meet(contextId);
    for (let second = 0; second < 8; second += 1) link.pass(1_000);
    assert.is(link.nodes[0].replica(contextId).governance.members.roleNow(bob.author), role);
    const all = [
      ...toldBy(link.effects.flat()),
      ...link.nodes.flatMap((node) => textsOf(node.core.capture())),
    ];
    const [told = new Uint8Array(), , seed = new Uint8Array()] = partsOf(handed);
    const isIn = (bytes: Uint8Array) => all.some((text) => text.includes(byteString(bytes)));
    assert.ok(isIn(told), "what is presented is told: else nothing is looked for where it would be");
    assert.not(isIn(seed));
  });
}

/** All bytes that go to the network or to the disk. */
function toldBy(effects: readonly Effect[]): readonly string[] {
  return effects.flatMap((effect) => (effect.kind === "reply" ? [] : textsOf(effect)));
}

/** All text and bytes in a value, however deep. */
function textsOf(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  if (value instanceof Uint8Array) return [byteString(value)];
  if (value instanceof Map || value instanceof Set) return Array.from(value).flatMap(textsOf);
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsOf) : [];
}

test("what a token became is shown to any peer, what older programs made for anyone only to who signed it", () => {
  const shownTo = (handed: (id: ContextId) => Uint8Array, peer: string) => {
    const node = new LoneNode("b");
    const { genesis, id } = genesisOfAnn();
    node.call({ kind: "join-context", contextId: id, genesis, invitation: handed(id) });
    return node.replica(id).governance.comingIn.invitationFor(peer as PeerId);
  };
  const of = (id: ContextId) => ({ ...draft, contextId: id, expiresMs: 1e13 });
  const byToken = (id: ContextId) => issueInvitation(of(id), ann, nodeCrypto);
  const byOlder = (id: ContextId) => olderInvitation(of(id), ann).sealed;
  assert.equal(
    [byToken, byOlder].flatMap((by) => ["a", "eve"].map((peer) => shownTo(by, peer) !== null)),
    [true, true, true, false],
  );
});

function genesisOfAnn() {
  const node = new LoneNode("a");
  const outcome = node.call({ kind: "create-context", application: "kv-store" });
  if (outcome.kind !== "context") throw new Error(JSON.stringify(outcome));
  const genesis = node.disk.get(`d${outcome.contextId}`);
  if (genesis === undefined) throw new Error("no genesis on the disk");
  return { genesis, id: outcome.contextId };
}

test.run();
