// A server of a state that lies is found in the answer in which it does, blamed, and nothing of it shows.

import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Config } from "../../../../core/config.ts";
import { byteString, type DeltaId, type EntityId, type Hash } from "../../../../core/ids.ts";
import { createEntity, openEntity } from "../../../../core/state/entity.ts";
import type { PackedHead } from "../../../../core/wire/history-page.ts";
import {
  decodeStateMessage,
  encodeStateMessage,
  type StateMessage,
  type StateOffer,
  stateKeyBytes,
} from "../../../../core/wire/state-message.ts";
import { noDigest, type StateAnswer } from "../../../../core/wire/state-query.ts";
import { syncProtocols } from "../../../../core/wire/sync-message.ts";
import { hashOf as digest, trustingCrypto, unsigned } from "../../authors.ts";
import { LoneNode, observed, only } from "../../lone-node.ts";
import { Link } from "../link.ts";
import { forgetful, nodeOf, partedBy, type Shape, talk } from "./replicas.ts";

const shape: Shape = {
  common: Array.from({ length: 3_000 }, (_, index) => index),
  own: [[3, 140, 141, 142, 900, -5], []],
  isSorted: false,
};

const aHash = byteString<Hash>(digest("another"));
const anId = byteString<DeltaId>(digest("a delta"));

type Lie = (message: StateMessage) => StateMessage;

function inAnswers(change: (answer: StateAnswer) => StateAnswer): Lie {
  return (message) =>
    message.kind === "state-answer" ? { ...message, answers: message.answers.map(change) } : message;
}

function inHistory(change: (heads: readonly PackedHead[]) => readonly PackedHead[]): Lie {
  return (message) => (message.kind === "history" ? { ...message, heads: change(message.heads) } : message);
}

/** Where what a head says is changed its delta is another. */
function inHeads(change: (head: PackedHead) => Partial<PackedHead>): Lie {
  return inHistory((heads) => heads.map((head) => ({ ...head, ...change(head) })));
}

function inOffer(change: (offer: StateOffer) => Partial<StateOffer>): Lie {
  return (message) => (message.kind === "state-offer" ? { ...message, ...change(message) } : message);
}

/** The entity with another content under the same name. */
function altered(bytes: Uint8Array): Uint8Array {
  const entity = openEntity(bytes, trustingCrypto);
  if (entity.content.type !== "register") return bytes;
  const content = { ...entity.content, value: "forged" };
  return createEntity({ ...entity, content }, trustingCrypto).bytes;
}

const lies: Readonly<Record<string, Lie>> = {
  "the hash of a child": inAnswers((answer) =>
    answer.kind === "children"
      ? { ...answer, others: answer.others.map((child) => ({ ...child, hash: aHash })) }
      : answer,
  ),
  "that entities are the same": inAnswers((answer) =>
    answer.kind === "leaves" ? { ...answer, same: [0, 1, 2, 3], entities: answer.entities.slice(1) } : answer,
  ),
  "children at one digit": inAnswers((answer) =>
    answer.kind === "children"
      ? { ...answer, others: answer.others.map((child) => ({ ...child, rest: "0" })) }
      : answer,
  ),
  "children of another root": inOffer(({ children }) => ({ children: children.slice(1) })),
  "what an entity holds": inAnswers((answer) =>
    answer.kind === "leaves" ? { ...answer, entities: answer.entities.map(altered) } : answer,
  ),
  "bytes that are no entity": inAnswers((answer) =>
    answer.kind === "leaves" ? { ...answer, entities: answer.entities.map(() => new Uint8Array(3)) } : answer,
  ),
  "an entity left out": inAnswers((answer) =>
    answer.kind === "leaves" ? { ...answer, entities: answer.entities.slice(1) } : answer,
  ),
  "names instead of entities, for ever": inAnswers((answer) =>
    answer.kind === "leaves"
      ? {
          ...answer,
          entities: [],
          named: answer.entities
            .map((bytes) => openEntity(bytes, trustingCrypto))
            .map(({ id, hash }) => ({ id, hash })),
        }
      : answer,
  ),
  "a leaf that is not there": inAnswers((answer) =>
    answer.kind === "leaves"
      ? { ...answer, named: [...answer.named, { id: "ff".repeat(32) as EntityId, hash: aHash }] }
      : answer,
  ),
  "more answers than queries": (message) =>
    message.kind === "state-answer"
      ? { ...message, answers: Array.from({ length: 200 }, () => message.answers[0] as StateAnswer) }
      : message,
  "no answers": (message) => (message.kind === "state-answer" ? { ...message, answers: [] } : message),
  "another root": inOffer(() => ({ root: aHash })),
  "a state of nothing": inOffer(() => ({ entityCount: 0 })),
  "other heads": inOffer(() => ({ heads: [anId] })),
  "less history than there is": inOffer(({ historyCount }) => ({ historyCount: historyCount - 1 })),
  "the genesis of another context": inOffer(() => ({ genesis: new Uint8Array(8) })),
  "an invented delta": inHistory((heads) => [
    ...heads.slice(0, -1),
    { ...(heads.at(-1) as PackedHead), bodyDigest: aHash },
  ]),
  "parents after children": inHistory((heads) => heads.toReversed()),
  "a parent nobody knows": inHeads(() => ({ parents: [anId] })),
  "another parent of the same page": inHeads(() => ({ parents: [1] })),
  "a later time than its own": inHeads(({ hlc }) => ({ hlc: { ...hlc, ms: hlc.ms + 1 } })),
  "an earlier time than its own": inHeads(({ hlc }) => ({ hlc: { ...hlc, ms: hlc.ms - 1 } })),
  "another turn in the same millisecond": inHeads(({ hlc }) => ({ hlc: { ...hlc, counter: 1 } })),
  "another author": inHeads(() => ({ author: unsigned("somebody").author })),
  "another kind": inHeads(() => ({ kindCode: 2 })),
  "the same history twice": inHistory((heads) => [...heads, ...heads]),
  "pages without an end": (message) => {
    if (message.kind === "state-offer") return { ...message, historyCount: Number.MAX_SAFE_INTEGER };
    return message.kind === "history" ? { ...message, heads: [] } : message;
  },
};

/** By long keys: beneath some prefixes all differs, beneath others little. */
const uneven: Shape = {
  ...shape,
  own: [[5, 105, 205, 305, 405, 505, 605, 705, 805, 905, 1_150], []],
  isSorted: true,
};

/** What proves nothing and only says where to look: a lie in it costs the asker another look. */
const misleading: Readonly<Record<string, Lie>> = {
  "digests that hide what differs": inAnswers((answer) =>
    answer.kind === "digests" ? { ...answer, digests: noDigest.repeat(16) } : answer,
  ),
  "digests told at once that hide what differs": inOffer(({ nodes }) => ({
    nodes: nodes.map((node) => ({ ...node, digests: noDigest.repeat(16) })),
  })),
  "one child where a branch has more": inAnswers((answer) =>
    answer.kind === "digests" ? { ...answer, digests: `\u0001\u0002\u0003${noDigest.repeat(15)}` } : answer,
  ),
  "sums of something else": inAnswers((answer) =>
    answer.kind === "sums" ? { ...answer, sums: answer.sums.map((sum) => sum ^ 1) } : answer,
  ),
  "sums that few differences explain": inAnswers((answer) =>
    answer.kind === "sums" ? { ...answer, sums: answer.sums.map(() => 0) } : answer,
  ),
};

const [narrowing, plainly] = [
  { ...forgetful, syncProtocolForced: syncProtocols.indexOf("hash-comparison") },
  { ...forgetful, syncProtocolForced: syncProtocols.indexOf("snapshot") },
];

/** A victim (side 1) that lacks what its server (side 0) keeps no bodies of. */
function victimOf(lie: Lie, config: Partial<Config> = narrowing, of = shape): Victim {
  const parted = partedBy(of);
  const link = new Link([
    nodeOf("a", parted, parted.deltas[0], config),
    nodeOf("b", parted, parted.deltas[1], { ...config, snapshotPageBytes: 4_096 }),
  ]);
  link.tamper = (side, frame) => {
    const message = decodeStateMessage(frame);
    return side === 1 || message.kind === "fault" ? frame : encodeStateMessage(lie(message));
  };
  const replica = link.nodes[1].replica(parted.scribe.contextId);
  const before = { heads: replica.heads(), root: replica.stateRoot() };
  talk(link, parted, 300);
  const isTouched = replica.heads().join() !== before.heads.join() || replica.stateRoot() !== before.root;
  const isTrue = replica.stateRoot() === link.nodes[0].replica(parted.scribe.contextId).stateRoot();
  return { link, isTouched, isTrue };
}

interface Victim {
  readonly link: Link;
  readonly isTouched: boolean;
  readonly isTrue: boolean;
}

test("without a lie it is given the state", () => {
  const { link, isTouched } = victimOf((message) => message);
  assert.ok(isTouched);
  assert.is(observed(link.effects[1], "sync-hash-comparison"), 1);
});

for (const [what, lie] of Object.entries(lies)) {
  test(`${what}: found, blamed, and soon`, () => {
    const narrowed = victimOf(lie);
    // Only one who asks for whole hashes is told some of the lies.
    if (narrowed.isTouched) assert.ok(narrowed.isTrue, "something of a lie shows");
    const { link, isTouched } = narrowed.isTouched ? victimOf(lie, plainly) : narrowed;
    assert.not(isTouched, "something of a lie shows");
    const blamed = only(link.effects[1], "fault").map(({ peer, fault }) => `${peer} ${fault.code}`);
    assert.ok(blamed.length > 0, "nobody is blamed");
    for (const each of blamed) assert.match(each, /^a (false-state|malformed|non-canonical)$/);
    assert.is(observed(link.effects[1], "state-adopted"), 0);
    const sessions = observed(link.effects[1], "sync-state-started");
    assert.ok(
      link.ofStates.length <= 16 * sessions,
      `${link.ofStates.length} messages in ${sessions} sessions`,
    );
    assert.equal(only(link.effects[0], "fault"), [], "the server blames its victim");
  });
}

for (const [what, lie] of Object.entries(misleading)) {
  test(`${what}: looked at again, and the truth is taken`, () => {
    const honest = victimOf((message) => message, narrowing, uneven);
    const { link, isTrue } = victimOf(lie, narrowing, uneven);
    assert.ok(isTrue);
    assert.is(observed(link.effects[1], "state-adopted") > 0, true);
    assert.ok(link.ofStates.length > honest.link.ofStates.length, "the lie was not told");
    for (const effects of link.effects) assert.equal(only(effects, "fault"), []);
  });
}

test("fewer sums than were asked for: found, and blamed", () => {
  const lie = inAnswers((answer) => (answer.kind === "sums" ? { ...answer, sums: [0] } : answer));
  const { link, isTouched } = victimOf(lie, narrowing, uneven);
  assert.not(isTouched);
  assert.is(only(link.effects[1], "fault")[0]?.fault.code, "malformed");
});

test("children said to be elsewhere lead nowhere, and nothing of them shows", () => {
  const { link, isTouched } = victimOf(
    inOffer(({ children }) => ({
      children: children.map((child) => ({ ...child, rest: `${child.rest}0` })),
    })),
    plainly,
  );
  assert.not(isTouched);
  assert.is(observed(link.effects[1], "state-adopted"), 0);
});

test("an entity with a rotation that is of no delta of the cut is not taken", () => {
  const parted = partedBy(shape);
  const [server, victim] = [
    nodeOf("a", parted, parted.deltas[0], forgetful),
    nodeOf("b", parted, parted.deltas[1], forgetful),
  ];
  const moment = { at: { ms: 1, counter: 0 }, hlc: { ms: 1, counter: 0 }, step: 0 };
  const rotation = { delta: anId, index: 0, at: moment, writers: [unsigned("eve").author] };
  const content = { type: "shared", value: null, updated: null, rotations: [rotation] } as const;
  const invented = createEntity({ collection: "leaders", key: "k", content, deleted: null }, trustingCrypto);
  server.replica(parted.scribe.contextId).state.join(invented);
  const link = new Link([server, victim]);
  talk(link, parted, 300);
  const blamed = only(link.effects[1], "fault").map(({ fault }) => fault.detail);
  assert.match(blamed[0] ?? "", /a rotation that is not of its cut/);
  assert.is(victim.replica(parted.scribe.contextId).state.byId(invented.id), undefined);
});

test("a server is asked for no more than an honest receiver may need", () => {
  const parted = partedBy(shape);
  const node = nodeOf("a", parted, parted.deltas[0], forgetful);
  node.give({ kind: "stream-opened", stream: -1, peer: "b" as never });
  const say = (message: StateMessage) =>
    node.give({ kind: "stream-frame", stream: -1, frame: encodeStateMessage(message) });
  const key = "k".repeat(stateKeyBytes);
  const { contextId } = parted.scribe;
  say({ kind: "state-request", contextId, known: [], key, tellsHashes: true });
  let asked = 0;
  while (node.core.sync.states.count > 0 && asked < 100_000) {
    say({ kind: "history-request", from: 0 });
    asked += 1;
  }
  assert.ok(asked > 1_000 && asked < 30_000, `${asked} requests were answered`);
});

test("who asks for the same history again and again is not sent it that often", () => {
  const node = new LoneNode("node");
  const contextId = node.create();
  for (let value = 0; value < 300; value += 1) node.execute(contextId, "set", { key: "k", value });
  node.give({ kind: "stream-opened", stream: -1, peer: "b" as never });
  let sent = 0;
  const say = (message: StateMessage) => {
    const effects = node.give({ kind: "stream-frame", stream: -1, frame: encodeStateMessage(message) });
    for (const { frame } of only(effects, "send")) {
      const answer = decodeStateMessage(frame);
      if (answer.kind === "history") sent += answer.heads.length;
    }
  };
  const key = "k".repeat(stateKeyBytes);
  say({ kind: "state-request", contextId, known: [], key, tellsHashes: true });
  for (let asked = 0; asked < 50; asked += 1) say({ kind: "history-request", from: 0 });
  assert.ok(sent >= 300 && sent < 2_000, `${sent} deltas were sent`);
});

test.run();
