/**
 * Opening a store, step by step: what a crash explains is put right, and what it does not is refused with a
 * sentence, or gone on from where the loss is accepted.
 */

import { type Database, LevelDb } from "./leveldb.ts";
import { cutLogs, findLogHole } from "./log-hole.ts";
import { wasMergeCutShort } from "./merge-cut-short.ts";
import { findFileDamage } from "./raw/level-files.ts";
import { rewriteValues } from "./rewriting.ts";
import { codeOf, StoreError } from "./store.ts";
import { damaged, lossy, unusable } from "./store-damage.ts";
import { StoreFolder } from "./store-folder.ts";
import { checkRing, emptyTip, ringRange, ringSize, type Tip, TipFile } from "./tip.ts";
import { chooseFormat, sealOf, type ValueFormat, type ValueSeal } from "./value-seal.ts";

export interface OpenedParts {
  readonly folder: StoreFolder;
  readonly level: Database;
  readonly tipFile: TipFile;
  readonly tip: Tip;
  /** Of all values. */
  readonly format: ValueFormat;
  readonly seal: ValueSeal;
}

export interface Opening {
  readonly create: boolean;
  readonly acceptLoss: boolean;
  readonly secret: Uint8Array | null;
  /** Hears a sentence for each thing that was put right, or whose loss was accepted. */
  readonly told: (what: string) => void;
}

export type Accepting = Pick<Opening, "acceptLoss" | "told">;

/** Opens everything, or leaves nothing open and rejects with a `StoreError`. */
export async function openParts(
  path: string,
  { create, secret, ...accepting }: Opening,
): Promise<OpenedParts> {
  const folder = await StoreFolder.claim(path, { create, values: chooseFormat(secret) });
  let level: Database | null = null;
  let tipFile: TipFile | null = null;
  try {
    const format = formatFor(folder, secret);
    await checkLogs(folder, accepting);
    await checkCutMerge(folder);
    level = await openLevel(folder);
    await folder.opened();
    tipFile = await openTipFile(folder, accepting);
    const tip = await checkTip({ folder, level, tipFile }, accepting);
    const seal = sealOf(format, secret);
    if (seal === null) throw wrongSecret(folder, secret);
    if (folder.marker.state === "creating") await folder.mark({ state: "ready", values: format });
    else if (format !== folder.marker.values || folder.marker.state === "rewriting") {
      accepting.told(
        format.kind === "encrypted"
          ? "all values are being sealed"
          : "all values are being written again with checksums",
      );
      await rewriteValues({ folder, level }, { values: format, seal });
    }
    return { folder, level, tipFile, tip, format, seal };
  } catch (error) {
    await tipFile?.close();
    await level?.close();
    await folder.release(level !== null);
    if (error instanceof StoreError) throw error;
    throw unusable(folder, "LevelDB cannot read it", error);
  }
}

/** The format that the values are to have: theirs, unless it is older, or is to be sealed from now on. */
function formatFor({ marker }: StoreFolder, secret: Uint8Array | null): ValueFormat {
  const { values } = marker;
  if (values.kind === "encrypted" || (values.kind === "checked" && secret === null)) return values;
  return chooseFormat(secret);
}

export function wrongSecret(folder: StoreFolder, secret: Uint8Array | null): StoreError {
  const found = secret === null ? "no key was given" : "the key that was given is another one";
  return new StoreError(
    "store-sealed",
    `the values of the store at ${folder.path} are sealed, and ${found}: give the key it was sealed with, in the file that store.keyFile names or in RECONVERGE_STORE_KEY`,
  );
}

/** Opens LevelDB. It is made only where the store is being made. */
export async function openLevel(folder: StoreFolder): Promise<Database> {
  const isNew = folder.marker.state === "creating" || folder.marker.state === "copying";
  const level: Database = new LevelDb(folder.levelPath, {
    keyEncoding: "buffer",
    valueEncoding: "view",
    createIfMissing: isNew,
  });
  try {
    await level.open();
    await mergeTables(folder, level);
    return level;
  } catch (error) {
    await level.close();
    if (codeOf(error) === "LEVEL_LOCKED") throw await folder.lockedByOther();
    if (error instanceof StoreError) throw error;
    throw unusable(folder, "LevelDB cannot open it", error);
  }
}

/**
 * Once LevelDB has made its manifest anew all tables are of one level, where it takes what it finds in the one with the
 * highest number for the newest. That is false of tables that were merged before, until all are merged again, which it
 * does by the numbers of the writes. O(store), once.
 */
async function mergeTables(folder: StoreFolder, level: Database): Promise<void> {
  if (!(await folder.isUnmerged())) return;
  await level.compactRange(Buffer.alloc(1), Buffer.alloc(64, 0xff));
  await folder.noteMerged();
}

/**
 * LevelDB goes on behind a damaged place in its log, and what it then holds is no prefix of what was written. So
 * this is found before it reads the log, and whoever accepts the loss goes on with the prefix.
 */
export async function checkLogs(folder: StoreFolder, { acceptLoss, told }: Accepting): Promise<void> {
  if (folder.marker.state === "creating" || (await folder.holder()) !== null) return;
  const hole = await findLogHole(folder.levelPath).catch((error: unknown) => {
    throw unusable(folder, "LevelDB's log cannot be read", error);
  });
  if (hole === null) return;
  const lost = `its log ${hole.path} is damaged at byte ${hole.offset}, and more follows`;
  if (!acceptLoss) throw lossy(folder, lost, { isMoreLeft: true });
  await cutLogs(folder.levelPath, hole);
  told(`${lost}: what follows is given up`);
}

/** Has it found out that a table is damaged before LevelDB merges it once more. O(store), where a merge was cut short. */
async function checkCutMerge(folder: StoreFolder): Promise<void> {
  if (!(await folder.wasLeft()) || !(await wasMergeCutShort(folder.levelPath))) return;
  const damage = await findFileDamage(folder.levelPath);
  if (damage?.isTornEnd === false) throw damaged(folder, damage.what);
}

export async function openTipFile(folder: StoreFolder, { acceptLoss, told }: Accepting): Promise<TipFile> {
  try {
    if (folder.marker.state === "creating") return await TipFile.create(folder.tipPath);
    return await TipFile.open(folder.tipPath);
  } catch (error) {
    if (codeOf(error) !== "ENOENT")
      throw unusable(folder, `its file ${folder.tipPath} cannot be read`, error);
    const lost = `its file ${folder.tipPath} is gone, ${unknownEnd}`;
    if (!acceptLoss) throw lossy(folder, lost, { cause: error });
    told(lost);
    return await TipFile.create(folder.tipPath);
  }
}

/** Compares what LevelDB holds with what was durable before. Gives the tip to go on from. */
export async function checkTip(
  { folder, level, tipFile }: Pick<OpenedParts, "folder" | "level" | "tipFile">,
  { acceptLoss, told }: Accepting,
): Promise<Tip> {
  const records = checkRing(await level.values(ringRange).all());
  if (typeof records === "string") throw damaged(folder, records);
  const stored = records.at(-1) ?? emptyTip;
  const kept = await tipFile.read();
  if (kept === null || kept.count > stored.count) {
    const lost = whatIsLost(folder, stored, kept);
    if (!acceptLoss) throw lossy(folder, lost);
    await tipFile.reset(stored);
    if (kept === null || kept.count > 0) told(lost);
    return stored;
  }
  const known = records.find(({ count }) => count === kept.count);
  if (known !== undefined && !known.chain.equals(kept.chain))
    throw damaged(folder, `its last ${ringSize} writes are not those that were confirmed`);
  return stored;
}

function whatIsLost(folder: StoreFolder, stored: Tip, kept: Tip | null): string {
  if (kept === null) return `its file ${folder.tipPath} is empty or unreadable, ${unknownEnd}`;
  const lost = kept.count - stored.count;
  if (stored.count === 0)
    return `all its ${lost} confirmed writes are gone (is its folder the one that it was?)`;
  return lost === 1 ? "its last confirmed write is gone" : `its last ${lost} confirmed writes are gone`;
}

const unknownEnd = "so nothing says whether its last confirmed writes are there";
