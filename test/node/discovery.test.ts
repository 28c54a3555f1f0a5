// How nodes find each other, at first and again.

import { createSocket } from "node:dgram";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { createNode } from "../../node/index.ts";
import { temporaryFolder } from "../adapters/level/temporary-folder.ts";
import { until } from "./test-node.ts";

/** A node that is not connected yet. */
function start(
  settings: Readonly<Record<string, string | number | boolean | readonly string[]>>,
  folder = temporaryFolder(),
) {
  return createNode({ folder, settings });
}

test("three nodes that know one find each other, and stay together when that one goes", async () => {
  const hub = await start({});
  const others = await Promise.all([0, 1, 2].map(() => start({ "swarm.bootNodes": [...hub.addresses] })));
  const [first] = others;
  await until("each knows each", async () => others.every((node) => node.peers().length === 3));
  await hub.stop();
  const id = (await first?.contexts.create("kv-store")) ?? "";
  for (const node of others.slice(1)) await node.contexts.join((await first?.contexts.invite(id)) ?? "");
  await first?.execute(id, "set", { key: "a", value: 1 });
  await until("all have it", async () => {
    const found = await Promise.all(others.map((node) => node.execute(id, "get", { key: "a" })));
    return found.every((value) => value === 1);
  });
  await Promise.all(others.map((node) => node.stop()));
});

test("without peer exchange, nobody is told of anybody", async () => {
  const hub = await start({});
  const settings = { "swarm.bootNodes": [...hub.addresses], "swarm.peerExchange": false };
  const others = await Promise.all([0, 1].map(() => start(settings)));
  await until("the hub knows both", async () => hub.peers().length === 2);
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  assert.equal(
    others.map((node) => node.peers()),
    [[hub.peer], [hub.peer]],
  );
  await Promise.all([hub, ...others].map((node) => node.stop()));
});

test("a node whose boot node is not there yet, or went away, finds it when it is", async () => {
  const folder = join(temporaryFolder(), "hub");
  const before = await start({}, folder);
  const [address = ""] = before.addresses;
  const port = Number(/\/tcp\/(\d+)\//.exec(address)?.[1]);
  await before.stop();
  const early = await start({ "swarm.bootNodes": [address] });
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  assert.equal(early.peers(), []);
  for (const _ of ["first", "again"]) {
    const hub = await start({ "swarm.port": port }, folder);
    await until("it is found", async () => early.peers().includes(hub.peer));
    await hub.stop();
    await until("its going is noticed", async () => early.peers().length === 0);
  }
  await early.stop();
});

/** Does what is sent to a group come back on this machine? */
async function hasMulticast(): Promise<boolean> {
  const socket = createSocket({ type: "udp4", reuseAddr: true });
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once("error", reject);
      socket.bind(0, resolve);
    });
    socket.addMembership("224.0.0.251");
    const heard = new Promise<boolean>((resolve) => {
      socket.once("message", () => resolve(true));
      setTimeout(() => resolve(false), 1_000);
    });
    socket.send("anyone?", socket.address().port, "224.0.0.251");
    return await heard;
  } catch {
    return false;
  } finally {
    socket.close();
  }
}

test("two nodes in one network find each other by mDNS, knowing nobody", async () => {
  if (!(await hasMulticast())) return console.log("skipped: this machine has no multicast");
  const nodes = await Promise.all([0, 1].map(() => start({ "swarm.mdns": true })));
  const [one, two] = nodes.map(({ peer }) => peer);
  await until("they meet", async () =>
    [two, one].every((other, index) => nodes[index]?.peers().includes(other ?? "") === true),
  );
  await Promise.all(nodes.map((node) => node.stop()));
});

test.run();
