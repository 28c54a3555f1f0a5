/**
 * A store on LevelDB (the package `level`): synchronous reads through a bounded cache, group commits with one fsync.
 * Keys are byte strings (`core/ids.ts`) kept as those bytes. What a crash may lose is what was not flushed.
 */

import { InvariantError } from "../../core/assert.ts";
import { Cache, createCacheMemory } from "../../core/cache.ts";
import type { Commit } from "../../core/effect.ts";
import { copyStore } from "./copying.ts";
import { type OpenedParts, openParts } from "./opening.ts";
import { messageOf, type Store } from "./store.ts";
import { damaged, unwritable } from "./store-damage.ts";
import { encodeTip, nextTip, ringKey, type Tip } from "./tip.ts";

export interface LevelStoreOptions {
  /** Begin a store where there is none. */
  readonly create: boolean;
  /** Bound of the read cache. */
  readonly cacheBytesMax?: number;
  /** Go on with what is left when the last writes are lost; otherwise that is an error. */
  readonly acceptLoss?: boolean;
  /** 32 secret bytes under which values are sealed; a store that was not is sealed from now on. */
  readonly secret?: Uint8Array | null;
  /** Hears a sentence for each thing that was put right, or whose loss was accepted. */
  readonly told?: (what: string) => void;
}

/** A store that can be copied. */
export interface DiskStore extends Store {
  /** Copies what is durable to a folder that is not there yet, and gives how many values that is: `copying.ts`. */
  copyTo(path: string): Promise<number>;
}

/** Opens the store at this path. Rejects with a `StoreError`. O(`ringSize`) besides what LevelDB recovers. */
export async function openLevelStore(path: string, options: LevelStoreOptions): Promise<DiskStore> {
  const { create, acceptLoss = false, secret = null, cacheBytesMax = 67_108_864, told = () => {} } = options;
  return new LevelStore(await openParts(path, { create, acceptLoss, secret, told }), cacheBytesMax);
}

class LevelStore implements DiskStore {
  readonly #parts: OpenedParts;
  readonly #cache: Cache<Uint8Array>;
  /** Written but not durable, the newest value of each key; null where it is removed. */
  readonly #unsynced = new Map<string, Uint8Array | null>();
  #staged: Commit["writes"][] = [];
  #stagedBytes = 0;
  #tip: Tip;

  constructor(parts: OpenedParts, cacheBytesMax: number) {
    this.#parts = parts;
    this.#tip = parts.tip;
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
    const value = this.#read(Buffer.from(key, "latin1"));
    if (value !== undefined) this.#cache.set(key, value);
    return value;
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
    const { folder, level, tipFile, seal } = this.#parts;
    const tip = nextTip(this.#tip, commits);
    try {
      // An operation at a time: a batch of an array costs twice as much.
      const batch = level.batch();
      for (const [key, value] of commits.flat()) {
        const name = Buffer.from(key, "latin1");
        if (value === null) batch.del(name);
        else batch.put(name, seal.seal(name, value));
      }
      batch.put(ringKey(tip.count), encodeTip(tip));
      await batch.write({ sync: true });
      await tipFile.write(tip);
    } catch (error) {
      throw unwritable(folder, error);
    }
    this.#tip = tip;
    this.#staged = this.#staged.slice(commits.length);
    for (const [key, value] of commits.flat()) this.#kept(key, value);
    return commits.length;
  }

  async copyTo(path: string): Promise<number> {
    return await copyStore(this.#parts, path);
  }

  async close(): Promise<void> {
    const { folder, level, tipFile } = this.#parts;
    await level.close();
    await tipFile.close();
    await folder.release(true);
  }

  #read(key: Buffer): Uint8Array | undefined {
    const { folder, level, seal } = this.#parts;
    let found: Uint8Array | undefined;
    try {
      found = level.getSync(key);
    } catch (error) {
      throw damaged(folder, `LevelDB cannot read it (${messageOf(error)})`, error);
    }
    if (found === undefined) return undefined;
    const value = seal.open(key, found);
    if (value === null) throw damaged(folder, "a value in it is not what was written");
    return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  }

  #kept(key: string, value: Uint8Array | null): void {
    this.#stagedBytes -= bytesOfEntry(key, value);
    if (value === null) this.#cache.delete(key);
    else this.#cache.set(key, onItsOwn(value));
    if (this.#unsynced.get(key) === value) this.#unsynced.delete(key);
  }
}

/**
 * A small value is often a view of something large, of a pool of Node's or of a message it came in. As a view in the
 * cache it would keep all of that, and the cache's bound would bound nothing.
 */
function onItsOwn(value: Uint8Array): Uint8Array {
  return value.buffer.byteLength === value.byteLength ? value : new Uint8Array(value);
}

/** What an entry costs in memory, roughly; null stands for a removal. */
function bytesOfEntry(key: string, value: Uint8Array | null): number {
  return key.length + (value?.length ?? 0) + 100;
}
