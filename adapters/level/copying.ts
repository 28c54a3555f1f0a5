/**
 * A copy of a store that is open, in another folder. LevelDB reads all of it as of one moment, the records of the tip
 * among it, so the copy is what a crash at that moment would have left, whatever is written meanwhile.
 */

import type { Database } from "./leveldb.ts";
import { type OpenedParts, openLevel } from "./opening.ts";
import { messageOf, StoreError } from "./store.ts";
import { damaged, unwritable } from "./store-damage.ts";
import { StoreFolder } from "./store-folder.ts";
import { checkRing, emptyTip, ringRange, TipFile } from "./tip.ts";

const batchBytesMax = 4_194_304;
/** Keys of the core are above. */
const ownPrefix = 0;

type Entry = readonly [key: Buffer, stored: Uint8Array];

/**
 * Makes a store of all values there are at the call in a folder that is not there yet, and gives how many they are.
 * Each is checked, and stays sealed as it is. Rejects with a `StoreError`; what was begun by then cannot be opened.
 * O(store).
 */
export async function copyStore(parts: OpenedParts, path: string): Promise<number> {
  const { level, folder, seal, format } = parts;
  const snapshot = level.snapshot();
  let copy: StoreFolder | null = null;
  let copied: Database | null = null;
  try {
    copy = await StoreFolder.claim(path, { create: true, values: format });
    await copy.mark({ state: "copying", values: format });
    copied = await openLevel(copy);
    await copy.opened();
    let count = 0;
    for await (const batch of batches(readAll(folder, level.iterator({ snapshot })))) {
      for (const [key, stored] of batch)
        if (key[0] !== ownPrefix) {
          if (seal.open(key, stored) === null) throw damaged(folder, "a value in it is not what was written");
          count += 1;
        }
      await copied.batch(
        batch.map(([key, value]) => ({ type: "put", key, value })),
        { sync: true },
      );
    }
    await writeTip(copy, copied);
    await copy.mark({ state: "ready", values: format });
    return count;
  } catch (error) {
    if (error instanceof StoreError) throw error;
    throw unwritable({ path }, error);
  } finally {
    await snapshot.close();
    await copied?.close();
    await copy?.release(copied !== null);
  }
}

/** What cannot be read is damage of this store, and no trouble of the one it is written to. */
async function* readAll(folder: StoreFolder, entries: AsyncIterable<Entry>): AsyncGenerator<Entry> {
  try {
    yield* entries;
  } catch (error) {
    throw damaged(folder, `LevelDB cannot read it (${messageOf(error)})`, error);
  }
}

async function* batches(entries: AsyncIterable<Entry>): AsyncGenerator<readonly Entry[]> {
  let batch: Entry[] = [];
  let bytes = 0;
  for await (const entry of entries) {
    batch.push(entry);
    bytes += entry[0].length + entry[1].length;
    if (bytes < batchBytesMax) continue;
    yield batch;
    batch = [];
    bytes = 0;
  }
  yield batch;
}

async function writeTip(copy: StoreFolder, level: Database): Promise<void> {
  const records = checkRing(await level.values(ringRange).all());
  if (typeof records === "string") throw damaged(copy, records);
  const tipFile = await TipFile.create(copy.tipPath);
  try {
    await tipFile.reset(records.at(-1) ?? emptyTip);
  } finally {
    await tipFile.close();
  }
}
