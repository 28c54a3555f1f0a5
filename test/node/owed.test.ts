// What real nodes owe when they are killed: calls on a real disk, and handlers between two nodes.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { temporaryFolder } from "../adapters/level/temporary-folder.ts";
import { LedgerNode } from "./ledger-node.ts";
import { NodeProcess } from "./node-process.ts";
import { ask, createContext, execute, joinContext, stateRoot, until } from "./test-node.ts";

const kills = 3;

interface Lot {
  readonly price: number;
  readonly untold: number;
}

/** Starts a node that asks, kills it after so many answers, and gives what it said was kept. */
async function askUntilKilled(path: string, round: number, answers: number): Promise<readonly string[]> {
  const script = fileURLToPath(new URL("./ledger-process.ts", import.meta.url));
  const child = spawn(process.execPath, ["--import", "tsx", script, path, `${round}`]);
  const closed = once(child, "close");
  let said = "";
  let trouble = "";
  child.stderr.on("data", (chunk) => {
    trouble += chunk;
  });
  child.stdout.on("data", (chunk) => {
    said += chunk;
    if (said.split("\n").length > answers) child.kill("SIGKILL");
  });
  await closed;
  assert.is(trouble, "");
  return said.split("\n").slice(0, -1);
}

test("after kill -9, each queued call whose cause is on the disk is made once, and no other", async () => {
  const path = join(temporaryFolder(), "store");
  const kept: string[] = [];
  for (let round = 1; round <= kills; round += 1)
    kept.push(...(await askUntilKilled(path, round, 100 * round)));
  const node = await LedgerNode.open(path);
  const [asked, answering] = node.contextIds;
  const owedAtStart = node.core.replicas().get(asked)?.owed.waitingCount ?? 0;
  assert.ok(owedAtStart > 0, "a kill left something owed");
  await until("nothing is owed", async () => node.core.replicas().get(asked)?.owed.waitingCount === 0);
  const names = (await node.execute(asked, "asked")) as string[];
  const done = (await node.execute(answering, "done")) as Record<string, number>;
  console.log(`${kept.length} kept of ${names.length}, ${owedAtStart} owed at the last start`);
  assert.ok(kept.every((name) => names.includes(name)));
  assert.equal(Object.keys(done).sort(), [...names].sort());
  assert.ok(Object.values(done).every((count) => count === 1));
  await node.stop();
});

test("two nodes tell everybody who is outbid, though one is killed again and again while they bid", async () => {
  const home = temporaryFolder();
  const ann = await NodeProcess.make(home, "ann");
  const { addresses } = await ann.start();
  const bob = await NodeProcess.make(home, "bob", { "swarm.bootNodes": [...addresses] });
  await bob.start();
  const contextId = await createContext(ann.apiUrl, "auction");
  await joinContext(bob.apiUrl, { contextId, invitedBy: ann.apiUrl });
  await execute(ann.apiUrl, contextId, ["offer", { item: "lamp", title: "a lamp", forMs: 3_600_000 }]);
  const lotOf = async (node: NodeProcess) =>
    (await execute(node.apiUrl, contextId, ["get", { key: "lamp" }])) as Lot;
  await until("the lamp arrives", async () => (await lotOf(bob)) !== null);

  let [isOver, amount] = [false, 0];
  /** Bids as fast as it can; what a killed node, or one that has not heard of the last bid, refuses is tried higher. */
  const bidding = async (node: NodeProcess) => {
    while (!isOver) {
      amount += 1;
      await execute(node.apiUrl, contextId, ["bid", { item: "lamp", amount }]).catch(() => {
        if (node === ann) return;
        return new Promise((resolve) => setTimeout(resolve, 5));
      });
    }
  };
  const bidders = [bidding(ann), bidding(bob).catch(() => {})];
  for (let kill = 1; kill <= kills; kill += 1) {
    const before = amount;
    await until("bids are made", async () => amount > before + 60);
    await bob.kill();
    await bob.start();
  }
  isOver = true;
  await Promise.all(bidders);

  const nodes = [ann, bob];
  const settledMs = await until("nothing is owed, and everybody outbid is told", async () => {
    const roots = new Set<string>();
    for (const node of nodes) {
      const { data } = await ask(node.apiUrl, `/admin-api/contexts/${contextId}`);
      if (data?.owed !== 0 || (await lotOf(node)).untold !== 0) return false;
      assert.is(data.parked, 0);
      roots.add(await stateRoot(node.apiUrl, contextId));
    }
    return roots.size === 1;
  });
  console.log(`${amount} bids; settled ${settledMs} ms after the last`);
  for (const node of nodes) assert.is(await node.stop(), 0);
});

test.run();
