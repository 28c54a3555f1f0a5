/**
 * What can be done for a damaged store without knowing what is in it: LevelDB's manifest made anew where all else is
 * whole, every value checked, and what can still be read handed out.
 */

import type { StateView } from "../../core/ports.ts";
import { LevelDb } from "./leveldb.ts";
import { storeMarkerName } from "./marker.ts";
import { type Opening, openLevel, openParts, wrongSecret } from "./opening.ts";
import { findFileDamage } from "./raw/level-files.ts";
import { RawLevel } from "./raw/raw-level.ts";
import { StoreError } from "./store.ts";
import { damaged, unusable } from "./store-damage.ts";
import { StoreFolder } from "./store-folder.ts";
import { flushesLost, ringPrefix } from "./tip.ts";
import { bareValues, chooseFormat, sealOf } from "./value-seal.ts";

export type RepairOptions = Omit<Opening, "create">;

/**
 * Reads all files, and has LevelDB make its manifest anew where it cannot open without; true when it did. Rejects with a
 * `StoreError` where somebody has the store open, where there is none, and where anything else is damaged. LevelDB is
 * let at nothing that is: it aborts the process over some damage, and loses more than is lost over other.
 */
export async function repairManifest(path: string): Promise<boolean> {
  const folder = await StoreFolder.claim(path, { create: false, values: chooseFormat(null) });
  try {
    await refuseHolder(folder);
    const damage = await findFileDamage(folder.levelPath).catch((error: unknown) => {
      throw unusable(folder, "its files cannot be read", error);
    });
    if (damage?.isTornEnd === false) throw damaged(folder, damage.what);
    try {
      await (await openLevel(folder)).close();
      return false;
    } catch (error) {
      if (!(error instanceof StoreError) || error.code !== "store-damaged") throw error;
      if (damage !== null) throw damaged(folder, damage.what, error);
      await makeManifest(folder);
      return true;
    }
  } finally {
    await folder.release(false);
  }
}

/** Asks LevelDB, which alone knows, where a living process seems to have it open. */
async function refuseHolder(folder: StoreFolder): Promise<void> {
  if ((await folder.holder()) === null) return;
  try {
    await (await openLevel(folder)).close();
  } catch (error) {
    // Whatever else is wrong with it, nobody has it open.
    if (error instanceof StoreError && error.code === "store-locked") throw error;
  }
}

/** Reads every value; gives how many there are. Rejects with a `StoreError` at the first that is not what was written. */
export async function checkValues(path: string, options: RepairOptions): Promise<number> {
  const { folder, level, tipFile, seal } = await openParts(path, { ...options, create: false });
  try {
    let count = 0;
    for await (const [key, stored] of level.iterator({ gte: Buffer.of(1) })) {
      if (seal.open(key, stored) === null) throw damaged(folder, "a value in it is not what was written");
      count += 1;
    }
    return count;
  } catch (error) {
    if (error instanceof StoreError) throw error;
    throw unusable(folder, "LevelDB cannot read it", error);
  } finally {
    await level.close();
    await tipFile.close();
    await folder.release(true);
  }
}

/** In what LevelDB makes then an old value may hide a newer one, so this is noted, and the next opening merges it. */
async function makeManifest(folder: StoreFolder): Promise<void> {
  await folder.noteUnmerged();
  await LevelDb.repair(folder.levelPath).catch((cause: unknown) => {
    throw unusable(folder, "LevelDB finds nothing in it that could be repaired", cause);
  });
  await (await openLevel(folder)).close();
}

/** What can be read of a store, whatever else is wrong with it: a value that is not what was written is not there. */
export interface Remains extends StateView {
  /** Keys of the core that begin so (with ASCII), and their values. */
  entries(prefix: string): AsyncIterable<readonly [key: string, value: Uint8Array]>;
  /** What there was before the first hole in LevelDB's logs: all of one moment, but for what else is damaged. Null: no hole. */
  readonly beforeHole: StateView | null;
  /** Confirmed flushes that are newer than all that is left; null where nothing says how many there were. */
  readonly flushesLost: number | null;
  close(): Promise<void>;
}

/** What is kept of how values are stored is the only place that says it. */
function otherFormat({ path }: StoreFolder, count: number): StoreError {
  return new StoreError(
    "store-damaged",
    `the store at ${path} has ${count} values, none of them as its ${storeMarkerName} says: put the ${storeMarkerName} of this store back, from any backup of it`,
  );
}

/** Reads what is left of a store, which stays as it is. What that costs: `raw/raw-level.ts`. */
export async function openRemains(path: string, secret: Uint8Array | null): Promise<Remains> {
  const folder = await StoreFolder.claim(path, { create: false, values: chooseFormat(null) });
  const { marker } = folder;
  const written = marker.state === "rewriting" ? marker.from : marker.values;
  const seals = [written, marker.values].map((format) =>
    format.kind === "bare" ? bareValues : sealOf(format, secret),
  );
  let level: RawLevel;
  let earlier: RawLevel | null;
  let lost: number | null;
  try {
    if (seals[1] === null) throw wrongSecret(folder, secret);
    await refuseHolder(folder);
    level = await RawLevel.open(folder.levelPath);
    earlier = await RawLevel.openBeforeHole(folder.levelPath);
    const records = level.keys(ringPrefix).flatMap((key) => level.get(key) ?? []);
    lost = await flushesLost(folder.tipPath, records);
  } catch (error) {
    await folder.release(false);
    throw error instanceof StoreError ? error : unusable(folder, "its files cannot be read", error);
  }
  // Of a store that is being rewritten, each value is of one format or the other.
  const read = (from: RawLevel, name: string) => {
    const stored = from.get(name);
    if (stored === undefined) return undefined;
    const key = Buffer.from(name, "latin1");
    const values = seals.toReversed().map((seal) => seal?.open(key, stored) ?? null);
    const value = values.find((opened) => opened !== null) ?? null;
    return value === null ? undefined : new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  };
  const names = level.keys("").filter((name) => !name.startsWith(ringPrefix));
  if (names.length > 0 && names.every((name) => read(level, name) === undefined)) {
    await folder.release(false);
    throw otherFormat(folder, names.length);
  }
  return {
    get: (name) => read(level, name),
    flushesLost: lost,
    beforeHole: earlier && { get: (name) => read(earlier, name) },
    async *entries(prefix) {
      for (const key of level.keys(prefix)) {
        const value = read(level, key);
        if (value !== undefined) yield [key, value];
      }
    },
    close: () => folder.release(false),
  };
}
