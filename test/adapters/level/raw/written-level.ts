// A LevelDB with known writes, and what it says itself.

import { cpSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Database, LevelDb } from "../../../../adapters/level/leveldb.ts";
import { RawLevel } from "../../../../adapters/level/raw/raw-level.ts";
import { temporaryFolder } from "../temporary-folder.ts";

export type Write = readonly [key: string, value: string | null];
/** A batch, or what LevelDB does in between: it starts anew, so that its log becomes a table, or merges its tables. */
export type Step = readonly Write[] | "reopen" | "merge";

export async function openDatabase(path: string): Promise<Database> {
  const level: Database = new LevelDb(path, { keyEncoding: "buffer", valueEncoding: "view" });
  await level.open();
  return level;
}

/** Gives where it is. */
export async function writeLevel(steps: readonly Step[]): Promise<string> {
  const path = join(temporaryFolder(), "level");
  let level = await openDatabase(path);
  for (const step of steps) {
    if (step === "merge") await level.compactRange(Buffer.alloc(1), Buffer.alloc(64, 0xff));
    else if (step === "reopen") {
      await level.close();
      level = await openDatabase(path);
    } else
      await level.batch(
        step.map(([key, value]) =>
          value === null
            ? { type: "del" as const, key: bytes(key) }
            : { type: "put" as const, key: bytes(key), value: bytes(value) },
        ),
      );
  }
  await level.close();
  return path;
}

/** What LevelDB reads of it, in a copy, as it changes what it opens. */
export async function readByLevelDb(path: string): Promise<readonly Write[]> {
  const copy = join(temporaryFolder(), "level");
  cpSync(path, copy, { recursive: true });
  const level = await openDatabase(copy);
  const found: Write[] = [];
  for await (const [key, value] of level.iterator()) found.push([text(key), text(value)]);
  await level.close();
  return found;
}

export async function readRaw(path: string): Promise<readonly Write[]> {
  const level = await RawLevel.open(path);
  return level.keys("").map((key): Write => {
    const value = level.get(key);
    return [key, value === undefined ? null : text(value)];
  });
}

export function filesOf(path: string, name: RegExp): readonly string[] {
  const found = readdirSync(path).filter((file) => name.test(file));
  return found.sort().map((file) => join(path, file));
}

export function firstFile(path: string, name: RegExp): Buffer {
  const [first] = filesOf(path, name);
  if (first === undefined) throw new Error(`no ${name} among ${readdirSync(path)}`);
  return readFileSync(first);
}

/** Text that LevelDB does not compress. */
export function noise(seed: number, length: number): string {
  let word = (seed * 2_654_435_761 + 1) >>> 0;
  return Array.from({ length }, () => {
    word = (Math.imul(word, 1_664_525) + 1_013_904_223) >>> 0;
    return String.fromCharCode(word >>> 24);
  }).join("");
}

export interface Range {
  readonly at: number;
  readonly end: number;
}

export function overlaps(a: Range, b: Range): boolean {
  return a.at < b.end && b.at < a.end;
}

/** A copy in which every byte of a range is another, or zero. */
export function spoil(file: Buffer, { at, end }: Range, how: "turned" | "zeroed" = "turned"): Buffer {
  const spoilt = Buffer.from(file);
  for (let place = at; place < Math.min(end, file.length); place += 1)
    spoilt[place] = how === "zeroed" ? 0 : (spoilt[place] as number) ^ 0xa5;
  return spoilt;
}

function bytes(value: string): Buffer {
  return Buffer.from(value, "latin1");
}

function text(value: Uint8Array): string {
  return Buffer.from(value).toString("latin1");
}
