/**
 * LevelDB ends the process, by an assertion of its own, when it merges tables and one of them is damaged, and does so
 * again whenever it opens them. What it logged tells that it was merging when it ended, so that the start after looks
 * at the files first, and can say which is damaged.
 */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { codeOf } from "./store.ts";

/** Did LevelDB's last run end while it merged tables? It may have been killed just then, too. O(its log of that run). */
export async function wasMergeCutShort(levelPath: string): Promise<boolean> {
  const told = await readFile(join(levelPath, "LOG"), "latin1").catch((error: unknown) => {
    if (codeOf(error) === "ENOENT") return "";
    throw error;
  });
  return (
    told.lastIndexOf("Compacting ") >
    Math.max(told.lastIndexOf("compacted to: "), told.lastIndexOf("Compaction error: "))
  );
}
