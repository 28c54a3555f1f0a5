/**
 * The 100-node partition scenario: events a second, virtual seconds a second, memory. Rounds with sharing by
 * content and without are interleaved, so that their ratio holds on a machine whose speed drifts. Every run is a
 * process of its own, so that memory is its own.
 */

import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { median, row, spread } from "./figures.ts";

const scenarioAt = (name: string) => fileURLToPath(new URL(`../scenarios/${name}.yaml`, import.meta.url));
const runner = fileURLToPath(new URL("./simulator-run.ts", import.meta.url));
const rounds = 3;

interface Run {
  readonly events: number;
  readonly virtualMs: number;
  readonly wallMs: number;
  readonly peakRssBytes: number;
  readonly traceHash: string;
  /** Of a profiled run, from 0 to 1. */
  readonly oraclesShare?: number;
}

export function benchSimulator(): void {
  const shared: Run[] = [];
  const alone: Run[] = [];
  for (let round = 0; round < rounds; round += 1) {
    shared.push(run(100, "sharing"));
    alone.push(run(100, "alone"));
  }
  print("100 nodes, sharing by content", shared);
  print("100 nodes, every node decodes for itself", alone);
  row("sharing against not, ratio of time", (median(alone.map(wall)) / median(shared.map(wall))).toFixed(2));
  const hashes = new Set([...shared, ...alone].map(({ traceHash }) => traceHash));
  if (hashes.size !== 1) throw new Error(`the trace differs between runs: ${Array.from(hashes).join(", ")}`);
  print("1,000 nodes, sharing by content", [run(1_000, "sharing")]);
  for (const name of ["partition-heals", "mixed"])
    row(`${name}: what the oracles take of a run`, percent(run("-", "profiled", name).oraclesShare ?? 0));
}

function run(nodes: number | "-", mode: "sharing" | "alone" | "profiled", name = "partition-heals"): Run {
  const args = ["--import", "tsx", runner, scenarioAt(name), String(nodes), mode];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: "utf8", maxBuffer: 1 << 26 })) as Run;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}

function wall({ wallMs }: Run): number {
  return wallMs;
}

function print(name: string, runs: readonly Run[]): void {
  row(`${name}: events/s`, spread(runs.map(({ events, wallMs }) => (events / wallMs) * 1_000)));
  row(
    `${name}: virtual s/s`,
    spread(
      runs.map(({ virtualMs, wallMs }) => virtualMs / wallMs),
      1,
    ),
  );
  row(`${name}: peak MiB`, spread(runs.map(({ peakRssBytes }) => peakRssBytes / 1_048_576)));
}
