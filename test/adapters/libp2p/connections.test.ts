// Connections that end in the moment in which they are told of, between real swarms.

import { setTimeout } from "node:timers/promises";
import { multiaddr } from "@multiformats/multiaddr";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { Connections, nameOf } from "../../../adapters/libp2p/connections.ts";
import { createSwarm, type Swarm } from "../../../adapters/libp2p/swarm.ts";
import { createKeyPair, TestIntake } from "./test-network.ts";
import { uncaughtIn } from "./uncaught.ts";

const swarms: Swarm[] = [];
test.after(async () => {
  await Promise.all(swarms.map(async (swarm) => await swarm.stop()));
});

async function createTestSwarm(): Promise<Swarm> {
  const listen = ["/ip4/127.0.0.1/tcp/0"];
  const swarm = await createSwarm({ keyPair: createKeyPair(), listen, mdns: false, gater: {} });
  swarms.push(swarm);
  return swarm;
}

/** Both started. */
async function startTwo() {
  const [one, other] = [await createTestSwarm(), await createTestSwarm()];
  await Promise.all([one.start(), other.start()]);
  return { one, other, addresses: one.getMultiaddrs().map((address) => multiaddr(address.toString())) };
}

test("a connection that somebody cuts while it is told of connects nobody, and the next one does", async () => {
  const { one, other, addresses } = await startTwo();
  one.addEventListener("connection:open", ({ detail }) => detail.abort(new Error("cut")), { once: true });
  const intake = new TestIntake();
  const connections = new Connections(one, {
    ...{ intake, bootAddresses: new Map(), gone: () => {} },
    log: { debug: () => {}, warn: () => {} },
  });
  await other.dial(addresses).catch((error: unknown) => assert.instance(error, Error));
  await setTimeout(100);
  assert.not.ok(connections.isConnected(nameOf(other.peerId)));
  assert.equal(intake.inputs, []);
  // Until it has heard of the cut, the other takes what was cut for a connection, and dials nobody.
  while (connections.to(nameOf(other.peerId)) === undefined) {
    await other.dial(addresses);
    await setTimeout(10);
  }
  assert.is(intake.of("peer-connected").length, 1);
});

test("a connection that is cut in the moment in which a stream is opened on it takes no process with it", async () => {
  const { other, addresses } = await startTwo();
  const connection = await other.dial(addresses);
  // Whoever knows how long the way is widens the window of a stream that is new, also of one that has ended.
  await setTimeout(300);
  const uncaught = await uncaughtIn(async () => {
    const opening = connection.newStream("/test/1").catch((error: unknown) => error);
    connection.abort(new Error("cut"));
    assert.instance(await opening, Error);
  });
  assert.equal(uncaught, []);
});

test.run();
