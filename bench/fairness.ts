/**
 * What a peer that behaves badly costs the others: how long a write on one node takes to be seen on another, while
 * a third floods, opens streams, reads nothing or writes without end; as a ratio to the same without it.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { fromBase58 } from "../adapters/http/base58.ts";
import { type ContextId, topicOf } from "../core/ids.ts";
import { temporaryFolder } from "../test/adapters/level/temporary-folder.ts";
import { NodeProcess } from "../test/node/node-process.ts";
import { createContext, execute, joinContext, set, until } from "../test/node/test-node.ts";
import { median, row } from "./figures.ts";

const writes = 60;

interface Stage {
  readonly victim: NodeProcess;
  readonly honest: NodeProcess;
  readonly home: string;
  readonly contextId: string;
}

export async function benchFairness(): Promise<void> {
  const stage = await setStage();
  const calm = await latencies(stage);
  row("a write seen on the other node, nobody else there, ms", figures(calm));
  const attacks: Readonly<Record<string, (stage: Stage) => Promise<() => Promise<void>>>> = {
    "a peer that floods the topic with nonsense": (about) => startAttacker("junk", about),
    "a peer that opens streams by the thousand": (about) => startAttacker("streams", about),
    "a peer that reads nothing, most of the time": startSlowReader,
    "a peer that writes without end in another context": startWriter,
  };
  for (const [name, start] of Object.entries(attacks)) {
    const end = await start(stage);
    await setTimeout(1_000);
    const troubled = await latencies(stage);
    await end();
    row(`${name}, ms`, `${figures(troubled)}, ratio ${(median(troubled) / median(calm)).toFixed(2)}`);
    await setTimeout(1_000);
  }
  await Promise.all([stage.victim.stop(), stage.honest.stop()]);
}

async function setStage(): Promise<Stage> {
  const home = temporaryFolder();
  const victim = await NodeProcess.make(home, "victim");
  const { addresses } = await victim.start();
  const honest = await NodeProcess.make(home, "honest", { "swarm.bootNodes": [...addresses] });
  await honest.start();
  const contextId = await createContext(victim.apiUrl);
  await joinContext(honest.apiUrl, { contextId, invitedBy: victim.apiUrl });
  const stage = { victim, honest, home, contextId };
  await until("both have it", async () => (await seen(stage, "warm", 0)) >= 0);
  for (let count = 0; count < 20; count += 1) await seen(stage, `warm ${count}`, count);
  return stage;
}

/** Milliseconds from a call on the honest node until the victim shows what it wrote. */
async function seen({ victim, honest, contextId }: Stage, key: string, value: number): Promise<number> {
  const startedMs = performance.now();
  await set(honest.apiUrl, contextId, [key, value]);
  await until(
    "it is seen",
    async () => (await execute(victim.apiUrl, contextId, ["get", { key }])) === value,
  );
  return performance.now() - startedMs;
}

async function latencies(stage: Stage): Promise<readonly number[]> {
  const found: number[] = [];
  for (let count = 0; count < writes; count += 1) {
    found.push(await seen(stage, `key ${count}`, performance.now()));
    await setTimeout(20);
  }
  return found;
}

function figures(values: readonly number[]): string {
  const sorted = [...values].sort((a, b) => a - b);
  const p90 = sorted[Math.floor(sorted.length * 0.9)] ?? Number.NaN;
  return `median ${median(values).toFixed(1)}, p90 ${p90.toFixed(1)}`;
}

async function startAttacker(kind: string, { victim, contextId }: Stage) {
  const script = fileURLToPath(new URL("./attacker.ts", import.meta.url));
  const topic = topicOf(fromBase58<ContextId>(contextId) ?? ("" as ContextId));
  const [address = ""] = victim.ready.addresses;
  const child: ChildProcess = spawn(process.execPath, ["--import", "tsx", script, kind, address, topic], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let said = "";
  child.stdout?.on("data", (chunk) => {
    said = String(chunk).trim().split("\n").at(-1) ?? said;
  });
  await setTimeout(3_000);
  return async () => {
    const closed = once(child, "close");
    child.kill("SIGKILL");
    await closed;
    row(`  (it did so ${said || "under 200"} times)`, "");
  };
}

/** A member that stands still for nine tenths of the time, while there is much for it to read. */
async function startSlowReader({ victim, home, contextId }: Stage) {
  const slow = await NodeProcess.make(home, "slow", { "swarm.bootNodes": [...victim.ready.addresses] });
  await slow.start();
  await joinContext(slow.apiUrl, { contextId, invitedBy: victim.apiUrl });
  const big = await createContext(victim.apiUrl);
  await joinContext(slow.apiUrl, { contextId: big, invitedBy: victim.apiUrl });
  for (let count = 0; count < 100; count += 1)
    await set(victim.apiUrl, big, [`${count}`, "x".repeat(50_000)]);
  let isOver = false;
  const pausing = (async () => {
    while (!isOver) {
      slow.signal("SIGSTOP");
      await setTimeout(900);
      slow.signal("SIGCONT");
      await setTimeout(100);
    }
  })();
  return async () => {
    isOver = true;
    await pausing;
    await slow.kill();
  };
}

async function startWriter({ victim, home }: Stage) {
  const writer = await NodeProcess.make(home, "writer", { "swarm.bootNodes": [...victim.ready.addresses] });
  await writer.start();
  const contextId = await createContext(writer.apiUrl);
  await joinContext(victim.apiUrl, { contextId, invitedBy: writer.apiUrl });
  let isOver = false;
  const writing = [0, 1].map(async (each) => {
    for (let count = 0; !isOver; count += 1)
      await set(writer.apiUrl, contextId, [`${each} ${count % 100}`, count]);
  });
  return async () => {
    isOver = true;
    await Promise.all(writing);
    await writer.kill();
  };
}
