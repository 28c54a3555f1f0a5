/**
 * How a repaired store takes the place of the damaged one: inside the store's own folder, as that may be a mount or a
 * link and cannot be renamed then, and so that whoever moves the folder moves all of it.
 *
 *   repaired.new/     is being made, and counts for nothing
 *   repaired-TIME/    is whole: whoever comes next finishes what follows
 *   damaged-TIME/     the old store; the marker goes there first, and that of the new one comes last, so that what is
 *                     in between is never taken for a store
 */

import { mkdir, readdir, rename, rm, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { levelName, storeMarkerName } from "../../adapters/level/marker.ts";
import { codeOf } from "../../adapters/level/store.ts";
import { tipName, usingFolder } from "../../adapters/level/store-folder.ts";
import { syncFolder } from "../../adapters/level/sync-folder.ts";
import { exists } from "../home.ts";

/** Of what a store consists. */
const parts = [storeMarkerName, tipName, levelName] as const;

/** Where a repair makes the new store. */
export function repairedPath(storePath: string): string {
  return join(storePath, "repaired.new");
}

/** The new store is whole and closed: it takes the place of the old one. Gives where that is kept. */
export async function takePlace(storePath: string): Promise<string> {
  const made = repairedPath(storePath);
  return await usingFolder(storePath, async () => {
    for (const folder of [join(made, levelName), made]) await syncFolder(folder);
    const time = String(Date.now());
    await rename(made, join(storePath, `repaired-${time}`));
    await syncFolder(storePath);
    return await swap(storePath, time);
  });
}

/** Drops a new store that was not finished. */
export async function dropUnfinished(storePath: string): Promise<void> {
  await usingFolder(storePath, () => rm(repairedPath(storePath), { recursive: true, force: true }));
}

/** Where a repair was interrupted once its new store was whole, that takes its place; true then. */
export async function finishInterrupted(storePath: string): Promise<boolean> {
  return await usingFolder(storePath, async () => {
    const found = await readdir(storePath).catch((error: unknown) => {
      // No folder, so nothing in it: what is there instead is for whoever opens the store to say.
      if (codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR") return [];
      throw error;
    });
    const times = found.flatMap((name) => /^repaired-(\d+)$/.exec(name)?.[1] ?? []);
    for (const time of times) await swap(storePath, time);
    return times.length > 0;
  });
}

/** Goes on from wherever it was interrupted. A part of the new store that is not in its folder has taken its place. */
async function swap(storePath: string, time: string): Promise<string> {
  const [repaired, damaged] = [join(storePath, `repaired-${time}`), join(storePath, `damaged-${time}`)];
  await mkdir(damaged, { recursive: true });
  for (const part of parts)
    if ((await exists(join(repaired, part))) && (await exists(join(storePath, part))))
      await rename(join(storePath, part), join(damaged, part));
  for (const folder of [damaged, storePath]) await syncFolder(folder);
  for (const part of parts.toReversed())
    if (await exists(join(repaired, part))) await rename(join(repaired, part), join(storePath, part));
  await syncFolder(storePath);
  // Refused by the system where something is left in it.
  await rmdir(repaired);
  return damaged;
}
