/** How long a node with many contexts takes to be ready, and what it weighs; and how long it takes to stop. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openLevelStore } from "../adapters/level/level-store.ts";
import { temporaryFolder } from "../test/adapters/level/temporary-folder.ts";
import { StoredNode } from "../test/node/repair/stored-history.ts";
import { median, row, spread } from "./figures.ts";
import { benchStopping } from "./life-stopping.ts";

const contexts = 100;
const deltas = 1_000;
const deltaBytes = 5_000;
const starts = 5;

export async function benchLife(): Promise<void> {
  const [full, idle] = [join(temporaryFolder(), "store"), join(temporaryFolder(), "store")];
  await fill(full, contexts);
  await fill(idle, 0);
  const [loaded, empty] = [await started(full), await started(idle)];
  row(
    `ready with ${contexts} contexts of ${deltas} deltas of ${deltaBytes} bytes, ms after imports`,
    spread(loaded.map(({ readyMs }) => readyMs)),
  );
  row("the same without contexts", spread(empty.map(({ readyMs }) => readyMs)));
  const weight = (all: readonly Started[]) => median(all.map(({ rssBytes }) => rssBytes)) / 1_048_576;
  row("memory above that of a node without contexts, MiB", (weight(loaded) - weight(empty)).toFixed(1));
  await benchStopping();
}

async function fill(path: string, count: number): Promise<void> {
  const store = await openLevelStore(path, { create: true });
  const node = new StoredNode(store);
  const value = "x".repeat(deltaBytes - 300);
  for (let index = 0; index < count; index += 1) {
    const contextId = node.create();
    for (let written = 1; written < deltas; written += 1) {
      node.set(contextId, `key ${written}`, value + written);
      if (store.stagedBytes > 8_388_608) await store.flush();
    }
  }
  node.stop();
  await store.flush();
  await store.close();
}

interface Started {
  readonly readyMs: number;
  readonly rssBytes: number;
}

async function started(path: string): Promise<readonly Started[]> {
  const script = fileURLToPath(new URL("./life-start.ts", import.meta.url));
  const found: Started[] = [];
  for (let index = 0; index < starts; index += 1) {
    const args = ["--expose-gc", "--import", "tsx", script, path];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    let said = "";
    child.stdout.on("data", (chunk) => {
      said += chunk;
    });
    await once(child, "close");
    found.push(JSON.parse(said));
  }
  return found;
}
