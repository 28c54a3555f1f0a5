// Test vectors of the wire format: made by this code once, kept beside the page, and compared ever after.

import { createNodeIdentity } from "../../adapters/crypto/identity.ts";
import { nodeCrypto } from "../../adapters/crypto/node-crypto.ts";
import type { CausalDelta, DeltaDraft } from "../../core/dag/delta.ts";
import { isFault } from "../../core/fault.ts";
import {
  type AuthorId,
  byteString,
  type ContextId,
  type DeltaId,
  type Hash,
  type Incarnation,
  type PeerId,
  toHex,
  topicOf,
} from "../../core/ids.ts";
import { acceptInvitation, issueInvitation } from "../../core/members/invitation.ts";
import type { MembershipChange } from "../../core/members/membership.ts";
import type { Action } from "../../core/state/action.ts";
import { entitiesOf } from "../../core/state/entity.ts";
import { hashOfValue } from "../../core/state/types/register.ts";
import { openDelta, sealDelta } from "../../core/wire/delta-codec.ts";
import { deriveTopicKey, sealEnvelope } from "../../core/wire/envelope.ts";
import { sealHeartbeat } from "../../core/wire/gossip-codec.ts";
import { SimDisk } from "../../sim/world/disk.ts";
import { olderInvitation } from "../core/members/invitations.ts";
import { stateOn } from "../core/state/states.ts";
import { type Sealed, streamVectors } from "./stream-vectors.ts";

const seed = new Uint8Array(32).fill(1);
const identity = createNodeIdentity(seed, "vectors" as PeerId);
const author = identity.author as AuthorId;
const incarnation = filled<Incarnation>(8, 2);
const context = filled<ContextId>(32, 3);
const parent = filled<DeltaId>(32, 4);
const frozenValue = { a: [1, 2.5, null, true] };

/** One of each change. */
const actions: readonly Action[] = [
  { type: "register", collection: "title", key: "", change: { kind: "put", value: "hello" } },
  { type: "register", collection: "values", key: "k", change: { kind: "remove" } },
  { type: "container", collection: "lists", key: "a/b", change: { kind: "mark" } },
  { type: "container", collection: "lists", key: "c", change: { kind: "remove" } },
  {
    type: "counter",
    collection: "count",
    key: "",
    change: { kind: "count", since: null, plus: 5, minus: 2 },
  },
  { type: "counter", collection: "other", key: "", change: { kind: "remove" } },
  {
    type: "element",
    collection: "tags",
    key: toHex(hashOfValue("red", nodeCrypto)),
    change: { kind: "add", value: "red" },
  },
  { type: "element", collection: "names~", key: "é", change: { kind: "add", value: "é" } },
  { type: "owned", collection: "profile", key: toHex(author), change: { kind: "put", value: 7 } },
  {
    type: "frozen",
    collection: "facts",
    key: toHex(hashOfValue(frozenValue, nodeCrypto)),
    change: { kind: "put", value: frozenValue },
  },
  {
    type: "run",
    collection: "lists/a%2Fb",
    key: "",
    change: { kind: "insert", parent: null, side: "right", items: ["x", "y"] },
  },
  {
    type: "run",
    collection: "lists/a%2Fb",
    key: "",
    change: { kind: "mark", run: { delta: "", index: 10 }, ranges: [{ start: 0, end: 1 }] },
  },
  { type: "shared", collection: "notice", key: "", change: { kind: "put", value: "shared" } },
  { type: "shared", collection: "notice", key: "", change: { kind: "rotate", writers: [author] } },
];

const common = { author, incarnation, hlc: { ms: 1_767_225_600_000, counter: 3 } };
const invited = {
  contextId: context,
  role: "member" as const,
  invitee: null,
  expiresMs: 1_767_225_700_000,
  nonce: filled<string>(16, 9),
};
/** Of an older program; a join by it stays what it is. */
const invitation = olderInvitation(invited, identity);
const drafts: Readonly<Record<string, DeltaDraft>> = {
  genesis: {
    ...common,
    contextId: "",
    parents: [],
    content: {
      kind: "genesis",
      application: "kv-store",
      nonce: filled(16, 5),
      members: [{ author: filled<AuthorId>(32, 9), role: "reader" }],
      others: null,
      retentionMs: 86_400_000,
    },
    events: [],
  },
  operations: {
    ...common,
    contextId: context,
    parents: [parent],
    content: { kind: "operations", actions },
    events: [
      { kind: "said", content: { to: "all" }, handler: null },
      { kind: "asked", content: 1, handler: "answer" },
    ],
  },
  merge: {
    ...common,
    contextId: context,
    parents: [parent, filled<DeltaId>(32, 6)],
    content: { kind: "merge" },
    events: [],
  },
  checkpoint: {
    ...common,
    contextId: context,
    parents: [parent],
    content: { kind: "checkpoint", stateRoot: filled<Hash>(32, 7) },
    events: [],
  },
  handler: {
    ...common,
    contextId: context,
    parents: [parent],
    content: { kind: "handler", actions: actions.slice(0, 1) },
    events: [],
  },
  join: membership({ kind: "join", invitation }),
  leave: membership({ kind: "leave" }),
  remove: membership({ kind: "remove", member: author }),
  role: membership({ kind: "role", member: author, role: "reader" }),
  rotate: membership({ kind: "rotate", secret: filled(16, 10) }),
  exclude: membership({ kind: "exclude", member: author }),
  return: membership({ kind: "return", role: "member" }),
};

function membership(change: MembershipChange): DeltaDraft {
  return {
    ...common,
    contextId: context,
    parents: [parent],
    content: { kind: "membership", change },
    events: [],
  };
}

/** An invitation for one key; a token, what one joiner presents of it, and its join by that. */
function invitationVectors() {
  const token = issueInvitation(invited, identity, nodeCrypto);
  const joiner = createNodeIdentity(new Uint8Array(32).fill(11), "joiner" as PeerId);
  const presented = acceptInvitation(token, joiner.author, nodeCrypto);
  if (isFault(presented)) throw new Error(presented.detail);
  return {
    named: hexOf(issueInvitation({ ...invited, invitee: joiner.author }, identity, nodeCrypto)),
    token: hexOf(token),
    presented: hexOf(presented.sealed),
    join: deltaVector(
      { ...membership({ kind: "join", invitation: presented }), author: joiner.author },
      joiner,
    ),
  };
}

/** All vectors, as they stand in docs/wire-vectors.json. Bytes are hexadecimal. */
export function wireVectors() {
  return {
    seed: hexOf(seed),
    author: toHex(author),
    deltas: Object.fromEntries(Object.entries(drafts).map(([name, draft]) => [name, deltaVector(draft)])),
    invitations: invitationVectors(),
    heartbeat: hexOf(
      sealHeartbeat(
        {
          sender: author,
          incarnation,
          counter: 9,
          contextId: context,
          heads: [parent],
          headCount: 1,
          headsDigest: "" as Hash,
          stateRoot: filled<Hash>(32, 7),
        },
        identity,
      ),
    ),
    envelope: envelopeVector(),
    frames: streamVectors(batched()),
    roots: rootVectors(),
  };
}

/** All of them, and one more write on the one before. */
function batched(): readonly Sealed[] {
  const sealed = Object.values(drafts).map((draft) => sealedOf(draft));
  const last = sealed.at(-1)?.id ?? parent;
  const next = {
    ...common,
    hlc: { ms: common.hlc.ms + 5, counter: 0 },
    contextId: context,
    parents: [last],
    content: { kind: "operations", actions: actions.slice(0, 2) },
    events: [],
  } as const;
  return [...sealed, sealedOf(next)];
}

function sealedOf(draft: DeltaDraft, by = identity): CausalDelta {
  const delta = openDelta(sealDelta(draft, by, nodeCrypto), nodeCrypto);
  if (isFault(delta)) throw new Error(delta.detail);
  return delta;
}

function deltaVector(draft: DeltaDraft, by = identity) {
  const { id, sealed } = sealedOf(draft, by);
  return { id: toHex(id), sealed: hexOf(sealed) };
}

/** The entities that the operations above make at their own clock, and roots over none, few and many of them. */
function rootVectors() {
  const delta = sealedOf(drafts.operations as DeltaDraft);
  const entities = entitiesOf(delta, { at: delta.hlc, hlc: delta.hlc }, nodeCrypto);
  const rootOf = (list: typeof entities) => {
    const state = stateOn(new SimDisk());
    for (const entity of list) state.join(entity);
    return toHex(state.root());
  };
  const many = Array.from({ length: 40 }, (_, index): Action => {
    const change = { kind: "put", value: index } as const;
    return { type: "register", collection: index % 2 === 0 ? "values" : "sorted~", key: `k${index}`, change };
  });
  const content = { kind: "operations", actions: many } as const;
  const manyDelta = { ...delta, content };
  return {
    none: rootOf([]),
    entities: entities.map(({ id, hash, bytes }) => ({ id, hash: toHex(hash), bytes: hexOf(bytes) })),
    few: rootOf(entities),
    many: rootOf(entitiesOf(manyDelta, { at: delta.hlc, hlc: delta.hlc }, nodeCrypto)),
  };
}

function filled<Id extends string = string>(length: number, byte: number): Id {
  return byteString<Id>(new Uint8Array(length).fill(byte));
}

function hexOf(bytes: Uint8Array): string {
  return toHex(byteString(bytes));
}

function envelopeVector() {
  const secrets = [filled(16, 5), filled(16, 10)];
  const [content, topic] = [Uint8Array.of(1, 2, 3), topicOf(context)];
  const key = deriveTopicKey(secrets, nodeCrypto);
  const sealed = sealEnvelope(content, { key, topic, crypto: nodeCrypto });
  return {
    secrets: secrets.map(toHex),
    topic,
    content: hexOf(content),
    key: hexOf(key.secret),
    sealed: hexOf(sealed),
  };
}
