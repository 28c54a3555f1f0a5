/**
 * A store on LevelDB (the package `level`): synchronous reads through a bounded cache, group commits with one fsync.
 * Keys are byte strings (`core/ids.ts`) kept as those bytes. What a crash may lose is what was not flushed.
 */

import { Level } from "level";
import { InvariantError } from "../../core/assert.ts";
import { Cache, createCacheMemory } from "../../core/cache.ts";
import type { Commit } from "../../core/effect.ts";
import { cutLogs, findLogHole } from "./log-hole.ts";
import { codeOf, messageOf, type Store, StoreError } from "./store.ts";
import { StoreFolder } from "./store-folder.ts";
import {
  checkRing,
  emptyTip,
  encodeTip,
  nextTip,
  ringKey,
  ringRange,
  ringSize,
  type Tip,
  TipFile,
} from "./tip.ts";

type Database = Level<Buffer, Uint8Array>;

export interface LevelStoreOptions {
  /** Begin a store where there is none. */
  readonly create: boolean;
  /** Bound of the read cache. */
  readonly cacheBytesMax?: number;
  /** Go on with what is left when the last writes are lost; otherwise that is an error. */
  readonly acceptLoss?: boolean;
}

/** Opens the store at this path. Rejects with a `StoreError`. O(`ringSize`) besides what LevelDB recovers. */
export async function openLevelStore(path: string, options: LevelStoreOptions): Promise<Store> {
  const folder = await StoreFolder.claim(path, options.create);
  let level: Database | null = null;
  let tipFile: TipFile | null = null;
  try {
    const acceptLoss = options.acceptLoss === true;
    await checkLogs(folder, acceptLoss);
    level = await openLevel(folder);
    await folder.opened();
    tipFile = await openTipFile(folder, acceptLoss);
    const tip = await checkTip({ folder, level, tipFile }, acceptLoss);
    if (folder.state === "creating") await folder.completed();
    return new LevelStore({ folder, level, tipFile }, tip, options.cacheBytesMax ?? 67_108_864);
  } catch (error) {
    await tipFile?.close();
    await level?.close();
    await folder.release(level !== null);
    throw error;
  }
}

interface Parts {
  readonly folder: StoreFolder;
  readonly level: Database;
  readonly tipFile: TipFile;
}

class LevelStore implements Store {
  readonly #parts: Parts;
  readonly #cache: Cache<Uint8Array>;
  /** Written but not durable, the newest value of each key; null where it is removed. */
  readonly #unsynced = new Map<string, Uint8Array | null>();
  #staged: Commit["writes"][] = [];
  #stagedBytes = 0;
  #tip: Tip;

  constructor(parts: Parts, tip: Tip, cacheBytesMax: number) {
    this.#parts = parts;
    this.#tip = tip;
    this.#cache = new Cache(createCacheMemory(), { weightMax: cacheBytesMax, weigh: bytesOfEntry });
  }

  get stagedBytes(): number {
    return this.#stagedBytes;
  }

  get(key: string): Uint8Array | undefined {
    const unsynced = this.#unsynced.get(key);
    if (unsynced !== undefined) return unsynced ?? undefined;
    const known = this.#cache.get(key);
    if (known !== undefined) return known;
    const { folder, level } = this.#parts;
    try {
      const found = level.getSync(Buffer.from(key, "latin1"));
      if (found === undefined) return undefined;
      const value = new Uint8Array(found.buffer, found.byteOffset, found.byteLength);
      this.#cache.set(key, value);
      return value;
    } catch (error) {
      throw damaged(folder, `LevelDB cannot read it (${messageOf(error)})`, error);
    }
  }

  stage(writes: Commit["writes"]): void {
    for (const [key, value] of writes) {
      if (key.charCodeAt(0) === 0) throw new InvariantError("a key of the core begins with a zero byte");
      this.#unsynced.set(key, value);
      this.#stagedBytes += bytesOfEntry(key, value);
    }
    this.#staged.push(writes);
  }

  async flush(): Promise<number> {
    const commits = [...this.#staged];
    if (commits.length === 0) return 0;
    const { folder, level, tipFile } = this.#parts;
    const tip = nextTip(this.#tip, commits);
    try {
      // An operation at a time: a batch of an array costs twice as much.
      const batch = level.batch();
      for (const [key, value] of commits.flat()) {
        if (value === null) batch.del(Buffer.from(key, "latin1"));
        else batch.put(Buffer.from(key, "latin1"), value);
      }
      batch.put(ringKey(tip.count), encodeTip(tip));
      await batch.write({ sync: true });
      await tipFile.write(tip);
    } catch (error) {
      const message = `the store at ${folder.path} cannot be written (${messageOf(error)}): check the space and health of its disk`;
      throw new StoreError("store-failed", message, error);
    }
    this.#tip = tip;
    this.#staged = this.#staged.slice(commits.length);
    for (const [key, value] of commits.flat()) this.#kept(key, value);
    return commits.length;
  }

  async close(): Promise<void> {
    const { folder, level, tipFile } = this.#parts;
    await level.close();
    await tipFile.close();
    await folder.release(true);
  }

  #kept(key: string, value: Uint8Array | null): void {
    this.#stagedBytes -= bytesOfEntry(key, value);
    if (value === null) this.#cache.delete(key);
    else this.#cache.set(key, value);
    if (this.#unsynced.get(key) === value) this.#unsynced.delete(key);
  }
}

/** What an entry costs in memory, roughly; null stands for a removal. */
function bytesOfEntry(key: string, value: Uint8Array | null): number {
  return key.length + (value?.length ?? 0) + 100;
}

async function openLevel(folder: StoreFolder): Promise<Database> {
  const isNew = folder.state === "creating";
  const level: Database = new Level(folder.levelPath, {
    keyEncoding: "buffer",
    valueEncoding: "view",
    createIfMissing: isNew,
  });
  try {
    await level.open();
    return level;
  } catch (error) {
    if (codeOf(error) === "LEVEL_LOCKED") throw await folder.lockedByOther();
    throw damaged(folder, `LevelDB cannot open it (${messageOf(error)})`, error);
  }
}

/**
 * LevelDB goes on behind a damaged place in its log, and what it then holds is no prefix of what was written. So
 * this is found before it reads the log, and whoever accepts the loss goes on with the prefix.
 */
async function checkLogs(folder: StoreFolder, acceptLoss: boolean): Promise<void> {
  if (folder.state === "creating" || (await folder.holder()) !== null) return;
  const hole = await findLogHole(folder.levelPath).catch((error: unknown) => {
    throw damaged(folder, `LevelDB's log cannot be read (${messageOf(error)})`, error);
  });
  if (hole === null) return;
  if (!acceptLoss)
    throw lossy(folder, `its log ${hole.path} is damaged at byte ${hole.offset}, and more follows`);
  await cutLogs(folder.levelPath, hole);
}

async function openTipFile(folder: StoreFolder, acceptLoss: boolean): Promise<TipFile> {
  try {
    if (folder.state === "creating") return await TipFile.create(folder.tipPath);
    return await TipFile.open(folder.tipPath);
  } catch (error) {
    if (codeOf(error) !== "ENOENT")
      throw damaged(folder, `its file ${folder.tipPath} cannot be read (${messageOf(error)})`, error);
    if (!acceptLoss) throw lossy(folder, `its file ${folder.tipPath} is gone, ${unknownEnd}`, error);
    return await TipFile.create(folder.tipPath);
  }
}

/** Compares what LevelDB holds with what was durable before. Gives the tip to go on from. */
async function checkTip({ folder, level, tipFile }: Parts, acceptLoss: boolean): Promise<Tip> {
  const records = checkRing(await level.values(ringRange).all());
  if (typeof records === "string") throw damaged(folder, records);
  const stored = records.at(-1) ?? emptyTip;
  const kept = await tipFile.read();
  if (kept === null || kept.count > stored.count) {
    if (!acceptLoss) throw lossy(folder, whatIsLost(folder, stored, kept));
    await tipFile.reset(stored);
    return stored;
  }
  const known = records.find(({ count }) => count === kept.count);
  if (known !== undefined && !known.chain.equals(kept.chain))
    throw damaged(folder, `its last ${ringSize} writes are not those that were confirmed`);
  return stored;
}

const restore =
  "put a backup back, or remove the folder and join its contexts again: peers bring what they hold";

function damaged(folder: StoreFolder, what: string, cause?: unknown): StoreError {
  return new StoreError(
    "store-damaged",
    `the store at ${folder.path} is damaged: ${what}; ${restore}`,
    cause,
  );
}

/** Damage behind which one can go on with what is left. */
function lossy(folder: StoreFolder, what: string, cause?: unknown): StoreError {
  return new StoreError(
    "store-damaged",
    `the store at ${folder.path} is damaged: ${what}; ${restore}, or run once with --accept-loss to go on with what is left`,
    cause,
  );
}

function whatIsLost(folder: StoreFolder, stored: Tip, kept: Tip | null): string {
  if (kept === null) return `its file ${folder.tipPath} is empty or unreadable, ${unknownEnd}`;
  return `its last ${kept.count - stored.count} confirmed writes are gone`;
}

const unknownEnd = "so nothing says whether its last confirmed writes are there";
