// The network adapter over real sockets: connections, streams and gossip, as inputs and effects.

import { createServer } from "node:net";
import { multiaddr } from "@multiformats/multiaddr";

import { test } from "uvu";
import * as assert from "uvu/assert";
import { topicsMax } from "../../../adapters/libp2p/gossip-options.ts";
import { NetworkError } from "../../../adapters/libp2p/port.ts";
import { createSwarm } from "../../../adapters/libp2p/swarm.ts";
import { syncProtocol, syncStreamsMax } from "../../../adapters/libp2p/sync-streams.ts";
import { type ContextId, topicOf } from "../../../core/ids.ts";
import { frameBytesMax } from "../../../core/limits.ts";
import { connect, createKeyPair, pause, startTestNetwork, stopNetworks, until } from "./test-network.ts";

const topic = topicOf("x".repeat(32) as ContextId);
const bytes = (length: number, value = 1) => new Uint8Array(length).fill(value);

test("a peer that is refused for a time cannot connect before, nor is it connected to", async () => {
  const one = await startTestNetwork();
  const two = await startTestNetwork({ boot: [one] });
  await connect(two, one);
  one.network.perform({ kind: "hang-up", peer: two.peer, refuseForMs: 2_000 });
  await until("both know", () => [one, two].every(({ intake }) => intake.of("peer-disconnected").length > 0));
  two.network.perform({ kind: "dial", peer: one.peer });
  one.network.perform({ kind: "dial", peer: two.peer });
  await until("it fails", () => one.intake.of("dial-failed").length > 0);
  await pause(300);
  assert.is(one.intake.of("peer-connected").length, 1);
  await pause(2_000);
  two.network.perform({ kind: "dial", peer: one.peer });
  await until("it is let in again", () => one.intake.of("peer-connected").length > 1);
});

test("nothing is dialled by itself; a dial is told once on both sides, and so is a hang-up", async () => {
  const one = await startTestNetwork();
  const two = await startTestNetwork({ boot: [one] });
  assert.is(one.network.peer, one.peer);
  assert.equal(two.intake.of("peer-found")[0], { kind: "peer-found", peer: one.peer });
  await pause(500);
  assert.equal(one.intake.inputs, []);
  await connect(two, one);
  two.network.perform({ kind: "dial", peer: one.peer });
  await pause(300);
  assert.is(one.intake.of("peer-connected").length, 1);
  assert.is(two.intake.of("peer-connected").length, 1);
  two.network.perform({ kind: "hang-up", peer: one.peer, refuseForMs: 0 });
  await until(
    "both know",
    () => one.intake.of("peer-disconnected").length + two.intake.of("peer-disconnected").length === 2,
  );
  await pause(1_500);
  assert.is(two.intake.of("peer-connected").length, 1, "libp2p did not connect again by itself");
  await connect(two, one);
});

test("a dial that cannot succeed is told", async () => {
  const one = await startTestNetwork();
  const two = await startTestNetwork({ boot: [one] });
  await one.network.stop();
  two.network.perform({ kind: "dial", peer: one.peer });
  await until("it failed", () => two.intake.of("dial-failed").length === 1);
});

test("the gate cuts connections, keeps peers out both ways, and lets them in again", async () => {
  const one = await startTestNetwork();
  const two = await startTestNetwork({ boot: [one] });
  await connect(two, one);
  one.network.setGate((peer) => peer !== two.peer);
  await until("both know", () =>
    [one, two].every(({ intake }) => intake.of("peer-disconnected").length === 1),
  );
  two.network.perform({ kind: "dial", peer: one.peer });
  one.network.perform({ kind: "dial", peer: two.peer });
  await until("one's dial failed", () => one.intake.of("dial-failed").length === 1);
  await pause(500);
  assert.is(one.intake.of("peer-connected").length, 1);
  one.network.setGate(() => true);
  two.network.perform({ kind: "dial", peer: one.peer });
  await until("connected again", () => one.intake.of("peer-connected").length === 2);
});

test("frames arrive whole and in order, up to the largest, and the end is told once to the other side only", async () => {
  const one = await startTestNetwork();
  const two = await startTestNetwork({ boot: [one] });
  await connect(two, one);
  two.network.perform({ kind: "open-stream", stream: 7, peer: one.peer });
  const frames = [bytes(1), bytes(0), bytes(frameBytesMax, 2), bytes(70_000, 3)];
  for (const frame of frames) two.network.perform({ kind: "send", stream: 7, frame });
  two.network.perform({ kind: "close-stream", stream: 7 });
  await until("the end arrives", () => one.intake.of("stream-closed").length === 1);
  const [opened] = one.intake.of("stream-opened");
  assert.equal(opened, { kind: "stream-opened", stream: -1, peer: two.peer, protocol: "sync" });
  const received = one.intake.of("stream-frame");
  assert.equal(
    received.map(({ frame }) => [frame.length, frame[0]]),
    frames.map((frame) => [frame.length, frame[0]]),
  );
  assert.equal(one.intake.inputs.at(-1), { kind: "stream-closed", stream: -1 });
  await pause(300);
  assert.equal([...two.intake.of("stream-closed"), ...two.intake.of("stream-frame")], []);
  assert.is(one.intake.of("stream-closed").length, 1);
});

test("both ends talk on one stream, and what was sent before the end still arrives", async () => {
  const one = await startTestNetwork();
  const two = await startTestNetwork({ boot: [one] });
  await connect(two, one);
  two.network.perform({ kind: "open-stream", stream: 1, peer: one.peer });
  two.network.perform({ kind: "send", stream: 1, frame: bytes(3) });
  await until("asked", () => one.intake.of("stream-frame").length === 1);
  for (let index = 0; index < 20; index += 1)
    one.network.perform({ kind: "send", stream: -1, frame: bytes(200_000, index) });
  one.network.perform({ kind: "close-stream", stream: -1 });
  await until("answered", () => two.intake.of("stream-closed").length === 1);
  assert.equal(
    two.intake.of("stream-frame").map(({ frame }) => frame[0]),
    Array.from({ length: 20 }, (_, index) => index),
  );
});

test("a stream that cannot be opened, and one that is cut, end once", async () => {
  const one = await startTestNetwork();
  const two = await startTestNetwork({ boot: [one] });
  two.network.perform({ kind: "open-stream", stream: 1, peer: one.peer });
  two.network.perform({ kind: "send", stream: 1, frame: bytes(3) });
  assert.equal(two.intake.of("stream-closed"), [{ kind: "stream-closed", stream: 1 }]);
  await connect(two, one);
  two.network.perform({ kind: "open-stream", stream: 2, peer: one.peer });
  two.network.perform({ kind: "send", stream: 2, frame: bytes(3) });
  await until("it is open", () => one.intake.of("stream-frame").length === 1);
  two.network.perform({ kind: "hang-up", peer: one.peer, refuseForMs: 0 });
  await until(
    "both know",
    () => two.intake.of("stream-closed").length === 2 && one.intake.of("stream-closed").length === 1,
  );
  two.network.perform({ kind: "send", stream: 2, frame: bytes(3) });
  two.network.perform({ kind: "close-stream", stream: 2 });
  await pause(200);
  assert.is(two.intake.of("stream-closed").length, 2);
});

test("a frame above the bound is refused when its length is announced, before any of it is kept", async () => {
  const one = await startTestNetwork();
  const stranger = await createSwarm({ keyPair: createKeyPair(), listen: [], mdns: false, gater: {} });
  await stranger.start();
  const connection = await stranger.dial(one.network.addresses().map((address) => multiaddr(address)));
  const stream = await connection.newStream(syncProtocol);
  // The length as an unsigned varint: 2²³ + 1.
  stream.send(Uint8Array.of(0x81, 0x80, 0x80, 0x04));
  await until("the stream is closed", () => one.intake.of("stream-closed").length === 1);
  assert.equal(one.intake.of("stream-frame"), []);
  await until("and cut", () => stream.status === "reset");
  await stranger.stop();
});

test("streams beyond the bound of a connection are refused", async () => {
  const one = await startTestNetwork();
  const two = await startTestNetwork({ boot: [one] });
  await connect(two, one);
  for (let stream = 1; stream <= syncStreamsMax + 5; stream += 1) {
    two.network.perform({ kind: "open-stream", stream, peer: one.peer });
    two.network.perform({ kind: "send", stream, frame: bytes(1) });
  }
  await until("the surplus ends", () => two.intake.of("stream-closed").length === 5);
  assert.is(one.intake.of("stream-opened").length, syncStreamsMax);
});

test("streams that have ended make room for others, whoever ended them", async () => {
  const one = await startTestNetwork();
  const two = await startTestNetwork({ boot: [one] });
  await connect(two, one);
  const rounds = 3 * syncStreamsMax;
  for (let stream = 1; stream <= rounds; stream += 1) {
    two.network.perform({ kind: "open-stream", stream, peer: one.peer });
    two.network.perform({ kind: "send", stream, frame: bytes(10) });
    if (stream % 3 !== 0) two.network.perform({ kind: "close-stream", stream });
    await until("it arrives", () => one.intake.of("stream-frame").length === stream);
    if (stream % 3 !== 1) one.network.perform({ kind: "close-stream", stream: -stream });
    else await until("it has ended", () => one.intake.inputs.at(-1)?.kind === "stream-closed");
  }
  await until("the ends arrive", () => two.intake.of("stream-closed").length === rounds / 3);
  assert.is(one.intake.of("stream-opened").length, rounds);
});

test("a driver that takes no more frames holds the sender back, and loses nothing", async () => {
  const one = await startTestNetwork();
  const two = await startTestNetwork({ boot: [one] });
  await connect(two, one);
  let letGo = () => {};
  const held = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  one.intake.beforeFrame = () => held;
  two.network.perform({ kind: "open-stream", stream: 1, peer: one.peer });
  const count = 40;
  for (let index = 0; index < count; index += 1)
    two.network.perform({ kind: "send", stream: 1, frame: bytes(500_000, index) });
  two.network.perform({ kind: "close-stream", stream: 1 });
  await until("the first arrives", () => one.intake.of("stream-frame").length === 1);
  await pause(1_000);
  assert.is(one.intake.of("stream-frame").length, 1);
  letGo();
  await until("the end arrives", () => one.intake.of("stream-closed").length === 1);
  assert.equal(
    one.intake.of("stream-frame").map(({ frame }) => frame[0]),
    Array.from({ length: count }, (_, index) => index),
  );
});

test("a peer that never reads cannot make this node keep more than the bound", async () => {
  const one = await startTestNetwork();
  const two = await startTestNetwork({ boot: [one] });
  await connect(two, one);
  one.intake.beforeFrame = () => new Promise(() => {});
  two.network.perform({ kind: "open-stream", stream: 1, peer: one.peer });
  const frame = bytes(4_000_000);
  for (let index = 0; index < 12; index += 1) two.network.perform({ kind: "send", stream: 1, frame });
  await until("the stream is given up", () => two.intake.of("stream-closed").length === 1);
});

test("a message goes on only when it is accepted, and only once", async () => {
  const one = await startTestNetwork();
  const two = await startTestNetwork({ boot: [one] });
  const three = await startTestNetwork({ boot: [two] });
  await connect(two, one);
  await connect(three, two);
  for (const { network } of [one, two, three]) network.perform({ kind: "subscribe", topic });
  await until(
    "all subscriptions are known",
    () =>
      one.intake.of("peer-subscribed").length === 1 &&
      two.intake.of("peer-subscribed").length === 2 &&
      three.intake.of("peer-subscribed").length === 1,
  );
  const verdicts = { 1: "accept", 2: "ignore", 3: "reject" } as const;
  for (const number of [1, 2, 3] as const) {
    one.network.perform({ kind: "publish", topic, message: bytes(10, number) });
    await until("two has it", () => two.intake.of("gossip").length === number);
    await pause(200);
    assert.is(three.intake.of("gossip").length, Math.min(number - 1, 1), "not forwarded before the verdict");
    const message = two.intake.of("gossip")[number - 1];
    assert.equal([message?.from, message?.topic, message?.message[0]], [one.peer, topic, number]);
    two.network.perform({ kind: "verdict", gossip: message?.gossip ?? 0, verdict: verdicts[number] });
    await until("forwarded when accepted", () => three.intake.of("gossip").length === 1);
  }
  one.network.perform({ kind: "publish", topic, message: bytes(10, 1) });
  await pause(1_500);
  assert.equal(
    three.intake.of("gossip").map(({ message }) => message[0]),
    [1],
  );
  assert.is(two.intake.of("gossip").length, 3);
});

test("a full driver refuses gossip without harm, and an unsubscription is told", async () => {
  const one = await startTestNetwork();
  const two = await startTestNetwork({ boot: [one] });
  await connect(two, one);
  for (const { network } of [one, two]) network.perform({ kind: "subscribe", topic });
  await until("known", () => [one, two].every(({ intake }) => intake.of("peer-subscribed").length === 1));
  two.intake.hasRoomForGossip = false;
  one.network.perform({ kind: "publish", topic, message: bytes(10, 1) });
  await pause(500);
  two.intake.hasRoomForGossip = true;
  one.network.perform({ kind: "publish", topic, message: bytes(10, 2) });
  await until("the next arrives", () => two.intake.of("gossip").length === 1);
  one.network.perform({ kind: "unsubscribe", topic });
  await until("told", () => two.intake.of("peer-unsubscribed").length === 1);
});

test("a peer that connects anew is told with its subscriptions", async () => {
  const one = await startTestNetwork();
  const two = await startTestNetwork({ boot: [one] });
  for (const { network } of [one, two]) network.perform({ kind: "subscribe", topic });
  for (let round = 1; round <= 4; round += 1) {
    two.network.perform({ kind: "dial", peer: one.peer });
    await until(
      "subscribed",
      () => [one, two].every(({ intake }) => intake.of("peer-subscribed").length >= round),
      40_000,
    );
    if (round === 4) break;
    two.network.perform({ kind: "hang-up", peer: one.peer, refuseForMs: 0 });
    await until("gone", () =>
      [one, two].every(({ intake }) => intake.of("peer-disconnected").length >= round),
    );
  }
});

test("a peer that names no topics although we have some is told in the log, once; others are not", async () => {
  const one = await startTestNetwork({ silencePatienceMs: 1_000 });
  const silent = await startTestNetwork({ boot: [one], silencePatienceMs: 1_000 });
  const talkative = await startTestNetwork({ boot: [one] });
  const stranger = await createSwarm({ keyPair: createKeyPair(), listen: [], mdns: false, gater: {} });
  for (const { network } of [one, talkative]) network.perform({ kind: "subscribe", topic });
  await connect(silent, one);
  await connect(talkative, one);
  await stranger.start();
  await stranger.dial(one.network.addresses().map((address) => multiaddr(address)));
  await until("it is told", () => one.warnings.length > 0);
  await pause(2_500);
  assert.is(one.warnings.length, 1, one.warnings.join());
  assert.match(one.warnings[0] ?? "", "a connected peer has named no topics");
  assert.equal(silent.warnings, [], "a node without contexts expects to hear nothing");
  await stranger.stop();
});

test("two nodes with as many topics as one may have hear of all of them", async () => {
  const one = await startTestNetwork();
  const two = await startTestNetwork({ boot: [one] });
  for (let index = 0; index < topicsMax; index += 1) {
    const named = topicOf(String(index).padStart(32, "x") as ContextId);
    for (const { network } of [one, two]) network.perform({ kind: "subscribe", topic: named });
  }
  await connect(two, one);
  await until("all are known", () =>
    [one, two].every(({ intake }) => intake.of("peer-subscribed").length === topicsMax),
  );
});

test("a taken port, and an address that is not ours, are told as such", async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" ? address?.port : 0;
  const failure = (listen: string) =>
    startTestNetwork({ listen: [listen] }).then(
      () => null,
      (error) => error,
    );
  const taken = await failure(`/ip4/127.0.0.1/tcp/${port}`);
  assert.instance(taken, NetworkError);
  assert.is(taken.code, "address-taken");
  const foreign = await failure("/ip4/192.0.2.1/tcp/0");
  assert.is(foreign.code, "address-unusable");
  assert.match(foreign.message, "EADDRNOTAVAIL");
  server.close();
});

test.after.each(stopNetworks);

test.run();
