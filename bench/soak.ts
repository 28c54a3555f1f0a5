/**
 * `npm run soak`: real nodes on loopback under constant writing, while some are killed, some stand still and some
 * are cut off. In the end all have equal roots, nothing that was acknowledged is missing, and memory has not grown
 * more than what is kept did. Options: --nodes 10 --minutes 10 --rate 50 --seed 1.
 *
 * It always ends: no part may take longer than its limit, and what does is named, with how the nodes stand.
 */

import { setTimeout } from "node:timers/promises";
import { parseArgs } from "node:util";
import { median } from "./figures.ts";
import { SoakCluster } from "./soak-cluster.ts";
import { within } from "./soak-limits.ts";
import { SoakWriter } from "./soak-writer.ts";

const { values } = parseArgs({
  options: {
    nodes: { type: "string", default: "10" },
    minutes: { type: "string", default: "10" },
    rate: { type: "string", default: "50" },
    seed: { type: "string", default: `${Date.now() % 100_000}` },
  },
});
const [nodes, minutes, rate] = [Number(values.nodes), Number(values.minutes), Number(values.rate)];
const writingMs = minutes * 60_000;
const say = (text: string) => process.stdout.write(`${text}\n`);

/** Chance from the seed, so that what is done to whom can be done again; not when, as processes take their time. */
let word = Number(values.seed) | 1;
function chance(below: number): number {
  word = (Math.imul(word, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((word / 2 ** 32) * below);
}

say(`${nodes} nodes, ${rate} writes/s, ${minutes} minutes, seed ${values.seed}`);
const cluster = await within("starting the nodes", nodes * 30_000, () => SoakCluster.start(nodes));
const standing = () => cluster.standing();
const endsAtMs = performance.now() + writingMs;
const isOver = () => performance.now() >= endsAtMs;
const writer = new SoakWriter({ cluster, perSecond: rate, chance, isOver });
const troubles = { kill: 0, stop: 0, cut: 0 };
const memories: number[] = [];

const faults = ["kill", "stop", "cut"] as const;

/** At most a third of the nodes are in trouble at a time. */
async function trouble(): Promise<void> {
  const under = new Set<Promise<void>>();
  while (!isOver()) {
    await setTimeout(1_000 + chance(4_000));
    const member = under.size < Math.max(1, Math.floor(nodes / 3)) ? cluster.anyUp(chance) : null;
    if (member === null || isOver()) continue;
    const fault = faults[chance(faults.length)] ?? "kill";
    troubles[fault] += 1;
    const healing: Promise<void> = cluster
      .trouble(member, fault, 500 + chance(6_000))
      .finally(() => under.delete(healing));
    under.add(healing);
  }
  await Promise.all(under);
}

async function watchMemory(): Promise<void> {
  for (let round = 1; !isOver(); round += 1) {
    await setTimeout(5_000);
    memories.push(median(await cluster.memoriesMib()));
    if (round % 12 === 0)
      say(`  ${round / 12} min: ${writer.summary()}; a node has ${memories.at(-1)?.toFixed(0)} MiB`);
  }
}

await within(
  "writing and healing",
  writingMs + 120_000,
  () => Promise.all([writer.run(), trouble(), watchMemory()]),
  standing,
);
const agreedMs = await within("agreeing on one root", 180_000, () => cluster.agreed(), standing);
const lost = await within(
  "reading every entry on every node",
  120_000,
  async () => (await cluster.allEntries()).map((found) => writer.missingIn(found)),
  standing,
);
const alarms = await within("asking for alarms", 30_000, () => cluster.divergenceAlarms(), standing);
await within("stopping the nodes", 60_000, () => cluster.stop());

const half = Math.floor(memories.length / 2);
const [early, late] = [
  median(memories.slice(Math.floor(half / 2), half)),
  median(memories.slice(-Math.ceil(half / 2))),
];
say(writer.summary());
say(
  `${troubles.kill} kills, ${troubles.stop} pauses, ${troubles.cut} cuts; equal roots ${agreedMs} ms after the last`,
);
say(`acknowledged and missing, by node: ${lost.join(" ")}; divergence alarms: ${alarms}`);
say(`memory of a node, MiB: ${early.toFixed(0)} in the second quarter, ${late.toFixed(0)} in the last`);
const failures = [
  ...(lost.some((count) => count > 0) ? ["what was acknowledged is missing"] : []),
  ...(alarms > 0 ? ["states differed at equal heads"] : []),
  ...(late > 1.5 * early ? ["memory grew"] : []),
];
say(failures.length === 0 ? "passed" : `FAILED: ${failures.join(", ")}`);
process.exit(failures.length === 0 ? 0 : 1);
