// A transfer of state that is cut off, or overtaken by writes on either side, or asked for too often.

import { test } from "uvu";
import * as assert from "uvu/assert";
import type { ContextId, PeerId } from "../../../../core/ids.ts";
import { createHandshake } from "../../../../core/sync/handshake.ts";
import {
  decodeStateMessage,
  encodeStateMessage,
  type StateMessage,
  stateKeyBytes,
} from "../../../../core/wire/state-message.ts";
import { encodeSyncMessage } from "../../../../core/wire/sync-message.ts";
import { SimDisk } from "../../../../sim/world/disk.ts";
import { operations, put, unsigned } from "../../authors.ts";
import { turnOn } from "../../delta-store/waiting.ts";
import { LoneNode, observed, only, said } from "../../lone-node.ts";
import { Link } from "../link.ts";
import { forgetful, nodeOf, type Parted, partedBy, type Shape, talk, wholeOf } from "./replicas.ts";

const all = Array.from({ length: 900 }, (_, index) => index);
const shape: Shape = { common: [], own: [all, []], isSorted: false };
const small = { ...forgetful, snapshotPageBytes: 2_000, syncBackoffMaxMs: 0 };

function pair(parted: Parted): Link {
  return new Link([
    nodeOf("a", parted, parted.deltas[0], small),
    nodeOf("b", parted, parted.deltas[1], small),
  ]);
}

const entitiesIn = (link: Link): number =>
  link.ofStates.reduce(
    (sum, { message }) =>
      message.kind === "state-answer"
        ? message.answers.reduce(
            (each, answer) => each + (answer.kind === "leaves" ? answer.entities.length : 0),
            sum,
          )
        : sum,
    0,
  );

/** The kinds of what a peer is answered that asks for all of a state on a new stream. */
function askForState(
  node: LoneNode,
  stream: number,
  { peer, contextId }: { readonly peer: string; readonly contextId: ContextId },
): string {
  const request = { known: [], key: "k".repeat(stateKeyBytes), tellsHashes: true };
  const frame = encodeStateMessage({ kind: "state-request", contextId, ...request });
  node.give({ kind: "stream-opened", stream, peer: peer as PeerId });
  return only(node.give({ kind: "stream-frame", stream, frame }), "send")
    .map((effect) => decodeStateMessage(effect.frame))
    .map(({ kind }) => kind)
    .join();
}

test("what a session brought before it was cut off is not sent again", () => {
  const parted = partedBy(shape);
  const link = pair(parted);
  link.meet(parted.scribe.contextId);
  while (entitiesIn(link) < 400) {
    for (const side of [0, 1] as const) link.did(side, link.nodes[side].pass(5));
    if (!link.arrive(1)) link.arrive(0);
  }
  // The connection goes, and with it what travelled.
  for (const side of [0, 1] as const) {
    link.travelling[side].length = 0;
    const { sessions, states } = link.nodes[side].core.capture().sync;
    for (const stream of [...sessions.keys(), ...states.receiving.keys(), ...states.serving.keys()])
      link.did(side, link.nodes[side].give({ kind: "stream-closed", stream }));
  }
  const b = link.nodes[1].replica(parted.scribe.contextId);
  assert.is(b.deltas.graph.count, 1, "something shows of what is not complete");
  for (const side of [0, 1] as const) link.travelling[side].length = 0;
  talk(link, parted, 3_000);
  assert.is(b.stateRoot(), wholeOf(parted).replica(parted.scribe.contextId).stateRoot());
  assert.is(observed(link.effects[1], "sync-state-started"), 2);
  const travelled = entitiesIn(link);
  assert.ok(travelled < 901 + 250, `${travelled} entities travelled for 901`);
});

test("both sides write on while a state travels, and nothing of either is lost", () => {
  const parted = partedBy({ ...shape, own: [all, [-1, 5, 2_000]] });
  const link = pair(parted);
  const { contextId } = parted.scribe;
  link.meet(contextId);
  const write = (node: LoneNode, key: string) =>
    only(
      node.give({
        kind: "request",
        request: 1,
        call: { kind: "execute", contextId, method: "set", args: { key, value: 1 } },
      }),
      "reply",
    );
  let writes = 0;
  for (let round = 0; round < 3_000; round += 1) {
    for (const side of [0, 1] as const) link.did(side, link.nodes[side].pass(1));
    link.arrive(1);
    link.arrive(0);
    if (round % 40 === 0 && round < 2_000) {
      write(link.nodes[0], `a${round}`);
      write(link.nodes[1], `b${round}`);
      writes += 2;
    }
  }
  talk(link, parted, 15_000);
  const [a, b] = [link.nodes[0].replica(contextId), link.nodes[1].replica(contextId)];
  assert.equal(a.heads(), b.heads());
  assert.is(a.stateRoot(), b.stateRoot());
  for (let round = 0; round < 2_000; round += 40)
    for (const key of [`a${round}`, `b${round}`]) assert.ok(a.state.get("register", "entries", key), key);
  assert.is(writes, 100);
  assert.ok(observed(link.effects[1], "state-adopted") > 800);
  for (const effects of link.effects) {
    assert.equal(only(effects, "fault"), []);
    assert.is(observed(effects, "divergence-alarm"), 0);
  }
});

test("what waited for a parent that came with a state is applied, and travels on", () => {
  const parted = partedBy(shape);
  const link = pair(parted);
  const { scribe, deltas } = parted;
  const head = deltas[0].at(-1);
  if (head === undefined) throw new Error("no head");
  const content = operations(put("beside", 1));
  const child = scribe.write([head], { by: unsigned("zoe"), hlc: { ms: 9_000, counter: 0 }, content });
  link.nodes[1].gossip("someone", scribe.contextId, child.sealed);
  const [a, b] = [link.nodes[0].replica(scribe.contextId), link.nodes[1].replica(scribe.contextId)];
  assert.is(b.deltas.pending.count, 1);
  talk(link, parted, 1_000);
  assert.is(b.deltas.pending.count, 0);
  assert.equal(b.heads(), [child.id]);
  assert.ok(b.deltas.hasBody(child.id));
  assert.equal(a.heads(), [child.id]);
  assert.is(a.stateRoot(), b.stateRoot());
});

test("versions are pinned for so many at a time; who comes after that is told to come again", () => {
  const parted = partedBy(shape);
  const node = nodeOf("a", parted, parted.deltas[0], forgetful);
  const { contextId } = parted.scribe;
  const ask: StateMessage = {
    kind: "state-request",
    contextId,
    known: [],
    key: "k".repeat(stateKeyBytes),
    tellsHashes: true,
  };
  for (let peer = 1; peer <= 10; peer += 1) {
    node.give({ kind: "stream-opened", stream: -peer, peer: `p${peer}` as never });
    node.give({ kind: "stream-frame", stream: -peer, frame: encodeStateMessage(ask) });
  }
  assert.is(node.core.sync.states.count, 8);
  const pins = () => node.core.capture().replicas.get(contextId)?.state.tree.retired.pins.size;
  assert.is(pins(), 1);
  node.pass(31_000);
  assert.is(node.core.sync.states.count, 0, "a silent peer keeps a version pinned");
  assert.is(pins(), 0);
});

test("who has no room refuses a stream unread, in the words of a session: that is no mistake", () => {
  const parted = partedBy(shape);
  const link = pair(parted);
  link.meet(parted.scribe.contextId);
  const asking = link.nodes[1];
  let stream: number | undefined;
  while (stream === undefined) {
    for (const side of [0, 1] as const) link.did(side, link.nodes[side].pass(5));
    if (!link.arrive(1)) link.arrive(0);
    [stream] = asking.core.capture().sync.states.receiving.keys();
  }
  const frame = encodeSyncMessage({ kind: "refusal", reason: "busy" });
  const effects = asking.give({ kind: "stream-frame", stream, frame });
  assert.equal(only(effects, "fault"), []);
  assert.is(observed(effects, "state-refused"), 1);
  assert.is(asking.core.sync.states.count, 0);
});

test("who has no room for a session has room for a transfer of state", () => {
  const node = new LoneNode("node", { config: { syncSessionsMax: 1 } });
  const contextId = node.create();
  const greet = (stream: number) => {
    node.give({ kind: "stream-opened", stream, peer: "eve" as PeerId });
    const handshake = createHandshake(node.replica(contextId), turnOn(new SimDisk()));
    return said(node.say(stream, { ...handshake, wallMs: node.wallMs }), stream)[0];
  };
  assert.is(greet(-1)?.kind, "handshake");
  assert.equal(greet(-2), { kind: "refusal", reason: "busy" });
  assert.is(askForState(node, -3, { peer: "ann", contextId }), "state-offer");
});

test("a silent peer that asks for the states of many contexts leaves room for others", () => {
  const node = new LoneNode("node");
  const contexts = Array.from({ length: 10 }, () => node.create());
  const toEve = contexts.map((contextId, index) => askForState(node, -1 - index, { peer: "eve", contextId }));
  assert.is(toEve.filter((kind) => kind === "state-offer").length, 2);
  assert.is(askForState(node, -100, { peer: "ann", contextId: contexts[0] as ContextId }), "state-offer");
});

test.run();
