// What comes of peers' mistakes and of too much: points that fade, refusal for a time, and silence for what is beyond.

import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Effect } from "../../core/effect.ts";
import type { ContextId, PeerId } from "../../core/ids.ts";
import { LoneNode, observed, only } from "./lone-node.ts";

const eve = "eve" as PeerId;
const nonsense = Uint8Array.of(1, 2, 3);

function nodeWithEve(config = {}): { readonly node: LoneNode; readonly contextId: ContextId } {
  const node = new LoneNode("ann", { config });
  const contextId = node.create();
  node.meet(eve, contextId);
  return { node, contextId };
}

const hangUps = (effects: readonly Effect[]) =>
  only(effects, "hang-up").map(({ refuseForMs }) => refuseForMs);

/** Nonsense until the node hangs up; how often, and for how long it refuses. */
function annoy({ node, contextId }: ReturnType<typeof nodeWithEve>): readonly [number, number] {
  for (let count = 1; count <= 100; count += 1) {
    const [refuseForMs] = hangUps(node.gossip(eve, contextId, nonsense));
    if (refuseForMs !== undefined) return [count, refuseForMs];
  }
  throw new Error("it never hangs up");
}

test("the fifth piece of nonsense ends the connection, and for a minute nothing is taken from that peer", () => {
  const about = nodeWithEve();
  const { node, contextId } = about;
  assert.equal(annoy(about), [5, 60_000]);
  node.give({ kind: "peer-disconnected", peer: eve });
  node.pass(30_000);
  assert.equal(hangUps(node.give({ kind: "peer-connected", peer: eve })), [30_000]);
  assert.not(node.core.peers.isConnected(eve));
  assert.equal(
    only(node.gossip(eve, contextId, nonsense), "verdict").map(({ verdict }) => verdict),
    ["ignore"],
  );
  assert.is(only(node.give({ kind: "stream-opened", stream: -1, peer: eve }), "close-stream").length, 1);
  node.pass(30_001);
  assert.equal(hangUps(node.give({ kind: "peer-connected", peer: eve })), []);
  assert.ok(node.core.peers.isConnected(eve));
});

test("a refused peer is not dialled before its time", () => {
  const about = nodeWithEve();
  annoy(about);
  const { node } = about;
  node.give({ kind: "peer-disconnected", peer: eve });
  assert.is(only(node.pass(59_900), "dial").length, 0);
  assert.is(only(node.pass(1_100), "dial").length, 1);
});

test("who does it again is refused for twice as long each time, up to a bound, and after an hour is as good as new", () => {
  const about = nodeWithEve();
  const { node, contextId } = about;
  const refusedMs = Array.from({ length: 9 }, () => {
    const [, forMs] = annoy(about);
    node.give({ kind: "peer-disconnected", peer: eve });
    node.pass(forMs + 1);
    node.meet(eve, contextId);
    return forMs;
  });
  assert.equal(
    refusedMs,
    [1, 2, 4, 8, 16, 32, 64, 64, 64].map((times) => times * 60_000),
  );
  node.pass(2 * 3_600_000);
  assert.is(annoy(about)[1], 60_000);
});

test("mistakes now and then fade, and a bound of 0 refuses nobody", () => {
  const { node, contextId } = nodeWithEve();
  for (let count = 0; count < 50; count += 1) {
    assert.equal(hangUps(node.gossip(eve, contextId, nonsense)), []);
    node.pass(60_000);
  }
  const lenient = nodeWithEve({ banFirstMs: 0 });
  for (let count = 0; count < 50; count += 1)
    assert.equal(hangUps(lenient.node.gossip(eve, lenient.contextId, nonsense)), []);
});

test("gossip beyond a peer's budget is dropped unread, others' is not, and in time there is room again", () => {
  const { node, contextId } = nodeWithEve({ peerGossipPerSecondMax: 10, banFirstMs: 0 });
  const verdicts = (from: string) =>
    only(node.gossip(from, contextId, nonsense), "verdict").map(({ verdict }) => verdict);
  const heard = Array.from({ length: 60 }, () => verdicts(eve)).flat();
  assert.is(heard.filter((verdict) => verdict === "reject").length, 50);
  assert.is(heard.lastIndexOf("reject"), 49);
  assert.equal(verdicts("bob"), ["reject"]);
  node.pass(200);
  assert.equal([...verdicts(eve), ...verdicts(eve), ...verdicts(eve)], ["reject", "reject", "ignore"]);
});

test("large messages spend the budget as many small ones do", () => {
  const { node, contextId } = nodeWithEve({ peerGossipBytesPerSecondMax: 1_024, banFirstMs: 0 });
  const large = new Uint8Array(6_000);
  const limited = [0, 1].map(() => observed(node.gossip(eve, contextId, large), "peer-limited"));
  assert.equal(limited, [0, 1]);
});

test("streams beyond a peer's budget are closed, and whoever goes on is refused in the end", () => {
  const { node } = nodeWithEve({ peerStreamsPerSecondMax: 1 });
  let banned = 0;
  for (let stream = 1; stream <= 20_000 && banned === 0; stream += 1)
    banned += hangUps(node.give({ kind: "stream-opened", stream: -stream, peer: eve })).length;
  assert.is(banned, 1);
  const [[peer, standing] = []] = [...node.core.conduct.standings(node.monotonicMs)];
  assert.is(peer, eve);
  assert.is(standing?.bans, 1);
});

test.run();
