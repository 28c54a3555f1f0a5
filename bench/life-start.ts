/** Starts a node over a store, in a process of its own, and says how long that took and what it weighs. */

import { pino } from "pino";
import { ReconvergeNode } from "../node/node.ts";
import { createNodeConfig } from "../node/settings.ts";
import { seed } from "../test/node/repair/stored-history.ts";

const [storePath = ""] = process.argv.slice(2);
const settings = new Map<string, string | number | readonly string[]>([
  ["swarm.hosts", ["127.0.0.1"]],
  ["swarm.port", 0],
  ["server.port", 0],
]);
const fromMs = performance.now();
const node = new ReconvergeNode({
  config: createNodeConfig(settings),
  seed,
  storePath,
  blobsPath: `${storePath}-blobs`,
  log: pino({ level: "silent" }),
});
await node.start();
const readyMs = performance.now() - fromMs;
globalThis.gc?.();
process.stdout.write(JSON.stringify({ readyMs, rssBytes: process.memoryUsage.rss() }));
await node.stop();
process.exit();
