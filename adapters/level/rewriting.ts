/**
 * Writes all values again in another format: of an older version, or when values are to be sealed from now on.
 * A crash in between is no trouble. The marker says what is under way before it begins and that it is done after;
 * each batch holds, with the values written again, how far that has come. A prefix of the batches is all a crash
 * leaves, so values and place agree.
 */

import type { Database } from "./leveldb.ts";
import type { StoredFormat } from "./marker.ts";
import { damaged } from "./store-damage.ts";
import type { StoreFolder } from "./store-folder.ts";
import { bareValues, checkedValues, type ValueFormat, type ValueSeal } from "./value-seal.ts";

const batchBytesMax = 1_048_576;
const batchEntriesMax = 4_096;
/** How far it has come: the last key that was written again. No key of the core begins with a zero byte. */
const placeKey = Buffer.from("\0rewritten", "latin1");
/** The keys of the core. */
const firstKey = Buffer.of(1);

/** Rewrites what is not yet of this format, then has the marker say so. O(store). */
export async function rewriteValues(
  { folder, level }: { readonly folder: StoreFolder; readonly level: Database },
  { values, seal }: { readonly values: ValueFormat; readonly seal: ValueSeal },
): Promise<void> {
  const { marker } = folder;
  const from = marker.state === "rewriting" ? marker.from : marker.values;
  if (marker.state !== "rewriting") {
    await level.batch([{ type: "del", key: placeKey }], { sync: true });
    await folder.mark({ state: "rewriting", from, values });
  }
  const old = sealBefore(from);
  for (let after = await level.get(placeKey); ; ) {
    const last = await rewriteSome({ folder, level }, { old, seal, after });
    if (last === null) break;
    after = last;
  }
  // What was there before would lie in old tables until LevelDB happens to compact them.
  if (values.kind === "encrypted") await level.compactRange(firstKey, Buffer.alloc(64, 0xff));
  await folder.mark({ state: "ready", values });
}

/** One batch; gives the last key in it, or null when nothing was left. */
async function rewriteSome(
  { folder, level }: { readonly folder: StoreFolder; readonly level: Database },
  about: { readonly old: ValueSeal; readonly seal: ValueSeal; readonly after: Uint8Array | undefined },
): Promise<Buffer | null> {
  const { old, seal, after } = about;
  const range = after === undefined ? { gte: firstKey } : { gt: Buffer.from(after) };
  const batch = level.batch();
  let last: Buffer | null = null;
  let bytes = 0;
  for await (const [key, stored] of level.iterator({ ...range, limit: batchEntriesMax })) {
    const value = old.open(key, stored);
    if (value === null) throw damaged(folder, "a value in it is not what was written");
    batch.put(key, seal.seal(key, value));
    bytes += stored.length;
    last = key;
    if (bytes >= batchBytesMax) break;
  }
  if (last !== null) batch.put(placeKey, last);
  if (last === null) await batch.close();
  else await batch.write({ sync: true });
  return last;
}

function sealBefore(from: StoredFormat): ValueSeal {
  // An encrypted store is never written again in another format.
  return from.kind === "bare" ? bareValues : checkedValues;
}
