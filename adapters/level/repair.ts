/**
 * What can be done for a damaged store without knowing what is in it: LevelDB's manifest made anew from its
 * tables and logs, every value checked, and what can still be read handed out.
 */

import { createReadStream } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { StateView } from "../../core/ports.ts";
import { type Database, LevelDb } from "./leveldb.ts";
import { checkLogs, type Opening, openLevel, openParts } from "./opening.ts";
import { codeOf, StoreError } from "./store.ts";
import { damaged, unusable } from "./store-damage.ts";
import { StoreFolder } from "./store-folder.ts";
import { bareValues, chooseFormat, sealOf } from "./value-seal.ts";

export type RepairOptions = Omit<Opening, "create">;

/**
 * Has LevelDB make its manifest anew where it cannot open without; true when it did. Rejects with a `StoreError`
 * where somebody has the store open, where there is none, and where a log has a hole whose loss is not accepted.
 */
export async function repairManifest(path: string, accepting: RepairOptions): Promise<boolean> {
  const folder = await StoreFolder.claim(path, { create: false, values: chooseFormat(null) });
  try {
    await checkLogs(folder, accepting);
    try {
      await (await openLevel(folder)).close();
      return false;
    } catch (error) {
      if (!(error instanceof StoreError) || error.code !== "store-damaged") throw error;
      await repairLevel(folder);
      return true;
    }
  } finally {
    await folder.release(false);
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

/** LevelDB puts aside each table that it cannot read, whyever that is, so it is let at them only when it can. */
async function repairLevel(folder: StoreFolder): Promise<void> {
  try {
    for (const entry of await readdir(folder.levelPath, { withFileTypes: true }))
      if (entry.isFile()) await readThrough(join(folder.levelPath, entry.name));
  } catch (error) {
    // A folder that is gone has nothing in it.
    if (codeOf(error) !== "ENOENT") throw unusable(folder, "its files cannot be read", error);
  }
  await LevelDb.repair(folder.levelPath).catch((cause: unknown) => {
    throw unusable(folder, "LevelDB finds nothing in it that could be repaired", cause);
  });
}

async function readThrough(path: string): Promise<void> {
  for await (const _ of createReadStream(path));
}

async function openRepaired(folder: StoreFolder): Promise<Database> {
  try {
    await repairLevel(folder);
    return await openLevel(folder);
  } catch (error) {
    await folder.release(false);
    throw error;
  }
}

/** What can be read of a store, whatever else is wrong with it: a value that is not what was written is not there. */
export interface Remains extends StateView {
  /** Keys of the core that begin so (with ASCII), and their values. */
  entries(prefix: string): AsyncIterable<readonly [key: string, value: Uint8Array]>;
  close(): Promise<void>;
}

/** Opens what is left of a store, after LevelDB has put aside what it cannot read. */
export async function openRemains(path: string, secret: Uint8Array | null): Promise<Remains> {
  const folder = await StoreFolder.claim(path, { create: false, values: chooseFormat(null) });
  const { marker } = folder;
  const written = marker.state === "rewriting" ? marker.from : marker.values;
  const seals = [written, marker.values].map((format) =>
    format.kind === "bare" ? bareValues : sealOf(format, secret),
  );
  const level = await openRepaired(folder);
  // Of a store that is being rewritten, each value is of one format or the other.
  const open = (key: Buffer, stored: Uint8Array) => {
    const values = seals.toReversed().map((seal) => seal?.open(key, stored) ?? null);
    const value = values.find((opened) => opened !== null) ?? null;
    return value === null ? undefined : new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  };
  return {
    get(name) {
      const key = Buffer.from(name, "latin1");
      const stored = level.getSync(key);
      return stored === undefined ? undefined : open(key, stored);
    },
    async *entries(prefix) {
      const gte = Buffer.from(prefix, "latin1");
      const lt = Buffer.from(gte);
      lt.writeUInt8(lt.readUInt8(lt.length - 1) + 1, lt.length - 1);
      const range = { gte, lt };
      for await (const [key, stored] of level.iterator(range)) {
        const value = open(key, stored);
        if (value !== undefined) yield [key.toString("latin1"), value];
      }
    },
    close: async () => {
      await level.close();
      await folder.release(false);
    },
  };
}
