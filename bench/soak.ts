/**
 * `npm run soak`: real nodes on loopback under constant writing, while some are killed, some stand still and some
 * are cut off. In the end all have equal roots, nothing that was acknowledged is missing, and memory has not grown
 * more than what is kept did. Options: --nodes 10 --minutes 10 --rate 50 --seed 1.
 */

import { setTimeout } from "node:timers/promises";
import { parseArgs } from "node:util";
import { entries, stateRoot, until } from "../test/node/test-node.ts";
import { median } from "./figures.ts";
import { SoakCluster } from "./soak-cluster.ts";

const { values } = parseArgs({
  options: {
    nodes: { type: "string", default: "10" },
    minutes: { type: "string", default: "10" },
    rate: { type: "string", default: "50" },
    seed: { type: "string", default: `${Date.now() % 100_000}` },
  },
});
const [nodes, minutes, rate] = [Number(values.nodes), Number(values.minutes), Number(values.rate)];
const say = (text: string) => process.stdout.write(`${text}\n`);

/** Chance from the seed, so that what is done to whom can be done again; not when, as processes take their time. */
let word = Number(values.seed) | 1;
function chance(below: number): number {
  word = (Math.imul(word, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((word / 2 ** 32) * below);
}

const cluster = await SoakCluster.start(nodes);
say(`${nodes} nodes, ${rate} writes/s, ${minutes} minutes, seed ${values.seed}`);
const endsAtMs = performance.now() + minutes * 60_000;
const isOver = () => performance.now() >= endsAtMs;
const acknowledged = new Map<string, number>();
const [counts, latenciesMs, memories] = [
  { written: 0, unanswered: 0, kill: 0, stop: 0, cut: 0 },
  [] as number[],
  [] as number[],
];

async function write(): Promise<void> {
  for (let number = 0; !isOver(); number += 1) {
    void writeOne(`key ${number}`, number);
    await setTimeout(1_000 / rate);
  }
}

async function writeOne(key: string, value: number): Promise<void> {
  const member = cluster.anyUp(chance);
  if (member === null) return;
  const fromMs = performance.now();
  counts.written += 1;
  try {
    await cluster.set(member, key, value);
    acknowledged.set(key, value);
    latenciesMs.push(performance.now() - fromMs);
  } catch {
    // Killed meanwhile: whether it is kept is open.
    counts.unanswered += 1;
  }
}

const faults = ["kill", "stop", "cut"] as const;

/** At most a third of the nodes are in trouble at a time. */
async function trouble(): Promise<void> {
  const under = new Set<Promise<void>>();
  while (!isOver()) {
    await setTimeout(1_000 + chance(4_000));
    const member = under.size < Math.max(1, Math.floor(nodes / 3)) ? cluster.anyUp(chance) : null;
    if (member === null || isOver()) continue;
    const fault = faults[chance(faults.length)] ?? "kill";
    counts[fault] += 1;
    const healing: Promise<void> = cluster
      .trouble(member, fault, 500 + chance(6_000))
      .finally(() => under.delete(healing));
    under.add(healing);
  }
  await Promise.all(under);
}

async function watchMemory(): Promise<void> {
  while (!isOver()) {
    await setTimeout(5_000);
    memories.push(median(await cluster.memoriesMib()));
  }
}

await Promise.all([write(), trouble(), watchMemory()]);
await setTimeout(2_000);
const { contextId } = cluster;
const agreedMs = await until(
  "all nodes have equal roots",
  async () => new Set(await Promise.all(cluster.urls().map((url) => stateRoot(url, contextId)))).size === 1,
  180_000,
);
const lost = await Promise.all(
  cluster.urls().map(async (url) => {
    const found = await entries(url, contextId);
    return Array.from(acknowledged).filter(([key, value]) => found[key] !== value).length;
  }),
);
await cluster.stop();
const half = Math.floor(memories.length / 2);
const [early, late] = [
  median(memories.slice(Math.floor(half / 2), half)),
  median(memories.slice(-Math.ceil(half / 2))),
];
say(
  `${counts.written} writes, ${acknowledged.size} acknowledged (median ${median(latenciesMs).toFixed(1)} ms), ${counts.unanswered} without an answer`,
);
say(
  `${counts.kill} kills, ${counts.stop} pauses, ${counts.cut} cuts; equal roots ${agreedMs} ms after the last`,
);
say(`acknowledged and missing, by node: ${lost.join(" ")}`);
say(`memory of a node, MiB: ${early.toFixed(0)} in the second quarter, ${late.toFixed(0)} in the last`);
const isFlat = !(late > 1.5 * early);
if (lost.some((count) => count > 0) || !isFlat) {
  say(isFlat ? "FAILED: what was acknowledged is missing" : "FAILED: memory grew");
  process.exit(1);
}
say("passed");
process.exit();
