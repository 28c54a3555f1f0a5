/**
 * Holes in LevelDB's log. What LevelDB cannot read there it skips, and goes on with the next block, so that
 * writes are missing from the middle of a history. A log that merely ends early is no hole: the tip finds that.
 */

import { open, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { findHole } from "./raw/log-file.ts";

/** Where a log is unreadable although a write that begins later is not. */
export interface LogHole {
  readonly path: string;
  /** Of the first unreadable write: up to here the log is whole. */
  readonly offset: number;
}

/** The first hole in the logs of a LevelDB that nobody has open, or null. O(bytes of its logs, some MiB). */
export async function findLogHole(levelPath: string): Promise<LogHole | null> {
  for (const path of await logsOf(levelPath)) {
    const offset = findHole(await readFile(path), "next-block");
    if (offset !== null) return { path, offset };
  }
  return null;
}

/** Cuts the log off where it has a hole, and empties the logs after it: what is left is a prefix of what was written. */
export async function cutLogs(levelPath: string, hole: LogHole): Promise<void> {
  const logs = await logsOf(levelPath);
  // From the last to the first, so that a crash in between leaves the hole to be found.
  for (const path of logs.slice(logs.indexOf(hole.path)).reverse()) {
    const handle = await open(path, "r+");
    try {
      await handle.truncate(path === hole.path ? hole.offset : 0);
      await handle.sync();
    } finally {
      await handle.close();
    }
  }
}

/** Oldest first. None where there is no folder. */
async function logsOf(levelPath: string): Promise<readonly string[]> {
  const names = await readdir(levelPath).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  const logs = names.filter((name) => /^\d+\.log$/.test(name));
  return logs
    .sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10))
    .map((name) => join(levelPath, name));
}
