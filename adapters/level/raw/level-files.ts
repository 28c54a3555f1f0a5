/** The files of a LevelDB that hold what was written: tables, and logs, which are not in a table yet. */

import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { codeOf } from "../store.ts";
import { findGap, findHole } from "./log-file.ts";
import { type LiveFiles, readManifest } from "./manifest.ts";
import { readTable } from "./table-file.ts";

export interface LevelFile {
  readonly path: string;
  readonly kind: "table" | "log";
}

const kinds = { ldb: "table", sst: "table", log: "log" } as const;

interface NumberedFile extends LevelFile {
  readonly number: number;
}

interface LevelFiles {
  /** Oldest first. */
  readonly files: readonly NumberedFile[];
  /** A table that the manifest names, and that is not there. */
  readonly missing: number | null;
}

/** Those that the manifest says count; all where there is none, or it is not that of these tables. O(files). */
export async function levelFilesOf(levelPath: string): Promise<LevelFiles> {
  const all = await allFilesOf(levelPath);
  const live = await readManifest(levelPath);
  if (live === null) return { files: all, missing: null };
  const missing = Array.from(live.tables).find((number) => !all.some((file) => isTable(file, number)));
  if (missing !== undefined) return { files: all, missing };
  return { files: all.filter((file) => isLive(file, live)), missing: null };
}

function isTable({ kind, number }: NumberedFile, wanted: number): boolean {
  return kind === "table" && number === wanted;
}

function isLive({ kind, number }: NumberedFile, live: LiveFiles): boolean {
  return kind === "table" ? live.tables.has(number) : live.isLive(number);
}

async function allFilesOf(levelPath: string): Promise<readonly NumberedFile[]> {
  const found = await readdir(levelPath, { withFileTypes: true }).catch((error: unknown) => {
    // A folder that is gone has nothing in it.
    if (codeOf(error) === "ENOENT") return [];
    throw error;
  });
  return found
    .filter((entry) => !entry.isDirectory())
    .flatMap(({ name }) => {
      const [, number, ending] = /^(\d+)\.(ldb|sst|log)$/.exec(name) ?? [];
      if (number === undefined || ending === undefined) return [];
      const kind = kinds[ending as keyof typeof kinds];
      return [{ path: join(levelPath, name), kind, number: Number(number) }];
    })
    .sort((a, b) => a.number - b.number);
}

/** What is wrong with the files of a LevelDB. */
export interface FileDamage {
  /** A clause that names the file. */
  readonly what: string;
  /** Nothing behind it can be read: LevelDB goes on without, and the tip tells whether that was confirmed. */
  readonly isTornEnd: boolean;
}

/** The first damage of its tables and logs by their checksums, that of torn ends last; or null. O(bytes). */
export async function findFileDamage(levelPath: string): Promise<FileDamage | null> {
  const { files, missing } = await levelFilesOf(levelPath);
  if (missing !== null) return { what: `its table number ${missing} is gone`, isTornEnd: false };
  let torn: FileDamage | null = null;
  for (const file of files) {
    const damage = damageOf(file, await readFile(file.path));
    if (damage?.isTornEnd === false) return damage;
    torn ??= damage;
  }
  return torn;
}

function damageOf({ path, kind }: LevelFile, bytes: Buffer): FileDamage | null {
  if (kind === "table") {
    const { damage } = readTable(bytes);
    return damage === null ? null : { what: `its table ${path} is damaged: ${damage}`, isTornEnd: false };
  }
  const hole = findHole(bytes, "next-readable");
  if (hole !== null)
    return { what: `its log ${path} is damaged at byte ${hole}, and more follows`, isTornEnd: false };
  const spoilt = findGap(bytes);
  return spoilt === null ? null : { what: `its log ${path} is damaged at byte ${spoilt}`, isTornEnd: true };
}
