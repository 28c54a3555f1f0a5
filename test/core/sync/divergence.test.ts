// The divergence alarm: states that lost something are made whole by those of others, and a liar gains little by it.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { byteString, type ContextId, type Hash, type PeerId, topicOf } from "../../../core/ids.ts";
import { createHandshake } from "../../../core/sync/handshake.ts";
import { Turn } from "../../../core/turn.ts";
import { loseEntities } from "../../../sim/world/corruption.ts";
import { trustingCodec } from "../authors.ts";
import { LoneNode, observed, only } from "../lone-node.ts";
import { Link } from "./link.ts";
import { keeping, nodeOf, partedBy, talk } from "./state/replicas.ts";

const common = Array.from({ length: 600 }, (_, index) => index);

test("two nodes whose disks lost different parts of one state both end with all that either has", () => {
  const parted = partedBy({ common, own: [[], []], isSorted: false });
  const { contextId } = parted.scribe;
  const make = (name: string) => nodeOf(name, parted, parted.deltas[0], keeping);
  const damaged = ["a", "b"].map((name, index) => {
    const node = make(name);
    node.give({ kind: "stop" });
    assert.ok(loseEntities(node.disk, { contextId, codec: trustingCodec, seed: index }) > 20);
    return new LoneNode(name, { codec: trustingCodec, config: keeping, disk: node.disk });
  });
  const idsOf = (node: LoneNode) => Array.from(node.replica(contextId).state.leaves({}), ({ id }) => id);
  const union = new Set(damaged.flatMap(idsOf));
  assert.ok(damaged.every((node) => idsOf(node).length < union.size - 20));
  const link = new Link([damaged[0] as LoneNode, damaged[1] as LoneNode]);
  talk(link, parted, 5_000);
  const [root, other] = damaged.map((node) => node.replica(contextId).stateRoot());
  assert.is(root, other);
  for (const node of damaged) assert.equal(new Set(idsOf(node)), union);
  for (const side of [0, 1] as const) {
    assert.is(observed(link.effects[side], "divergence-repair"), 1);
    assert.is(only(link.effects[side], "fault").length, 0);
  }
});

/** Peers answer every session with the heads of the node; liars with a root that is another one each time. */
function transfersAsked(
  peers: { readonly honest: readonly string[]; readonly liars: readonly string[] },
  ms: number,
) {
  const node = new LoneNode("node", { config: { syncBackoffMaxMs: 256_000 } });
  const contextId = node.create();
  const opened = new Map<number, PeerId>();
  for (const peer of [...peers.honest, ...peers.liars]) node.meet(peer, contextId);
  let asked = 0;
  let lies = 0;
  for (const untilMs = node.monotonicMs + ms; node.monotonicMs < untilMs; ) {
    const effects = [...node.pass(50)];
    for (let next = effects.shift(); next !== undefined; next = effects.shift()) {
      if (next.kind === "open-stream") opened.set(next.stream, next.peer);
      if (next.kind === "observe" && next.observation.name === "sync-state-started") asked += 1;
      if (next.kind !== "send") continue;
      const peer = opened.get(next.stream);
      if (peer === undefined) continue;
      opened.delete(next.stream);
      if (observed(effects, "sync-state-started") > 0) {
        effects.push(...node.give({ kind: "stream-closed", stream: next.stream }));
        continue;
      }
      lies += 1;
      effects.push(...node.say(next.stream, answer(node, contextId, peers.liars.includes(peer) ? lies : 0)));
      effects.push(...node.say(next.stream, { kind: "done" }));
    }
  }
  return asked;
}

function answer(node: LoneNode, contextId: ContextId, lie: number) {
  const turn = new Turn({ monotonicMs: 0, wallMs: node.wallMs }, node.disk);
  const honest = createHandshake(node.replica(contextId), turn, { chosen: "none" });
  return lie === 0 ? honest : { ...honest, stateRoot: byteString<Hash>(new Uint8Array(32).fill(lie % 256)) };
}

test("who claims other roots on equal heads is asked for its state ever more rarely", () => {
  const hour = transfersAsked({ honest: [], liars: ["eve"] }, 3_600_000);
  assert.ok(hour >= 8 && hour <= 30, `${hour} times in an hour`);
});

test("as long as more others agree with a node, it asks no one for another state", () => {
  assert.is(transfersAsked({ honest: ["ann", "bob"], liars: ["eve"] }, 600_000), 0);
});

test("heartbeats that claim other roots bring few sessions", () => {
  const node = new LoneNode("node");
  const contextId = node.create();
  node.give({ kind: "peer-connected", peer: "eve" as PeerId });
  node.give({ kind: "peer-subscribed", peer: "eve" as PeerId, topic: topicOf(contextId) });
  node.pass(1_000);
  const replica = node.replica(contextId);
  let sessions = 0;
  for (let second = 0; second < 100; second += 1) {
    node.core.sync.heardDivergence(
      replica,
      "eve" as PeerId,
      new Turn({ monotonicMs: node.monotonicMs, wallMs: 0 }, node.disk),
    );
    sessions += observed(node.pass(1_000), "sync-started");
  }
  assert.ok(sessions < 30, `${sessions} sessions`);
});

test.run();
