// A store as the previous version of its layout had it: bare values. `npm run previous-store` writes one into
// `previous-store.json`, with what is in it; to be run again when what the core keeps changes (`storeFormat`).

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { LevelDb } from "../../../adapters/level/leveldb.ts";
import { emptyTip, encodeTip, nextTip, ringKey, TipFile } from "../../../adapters/level/tip.ts";
import type { Commit } from "../../../core/effect.ts";
import { type ContextId, fromHex, toHex } from "../../../core/ids.ts";
import { storeFormat } from "../../../core/store-keys.ts";
import { StoredNode } from "../../node/repair/stored-history.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const file = fileURLToPath(new URL("./previous-store.json", import.meta.url));

export interface PreviousStore {
  /** Of the layout: `store.json`. */
  readonly version: number;
  /** Of what the core keeps: `storeFormat`. */
  readonly format: number;
  readonly contextIds: readonly ContextId[];
  readonly entries: number;
}

/** Puts the store at this path, and says what is in it. */
export function unpackPrevious(path: string): PreviousStore {
  const { files, contextIds, ...about } = JSON.parse(readFileSync(file, "utf8"));
  unpackFiles(files, path);
  return { ...about, contextIds: contextIds.map((hex: string) => fromHex(hex)) };
}

/** A store's files in base64, by their names in its folder. */
export type PackedFiles = Readonly<Record<string, string>>;

export function packFiles(path: string): PackedFiles {
  const names = ["store.json", "tip", ...readdirSync(join(path, "level")).map((name) => `level/${name}`)];
  const kept = names.filter((name) => !/LOCK|LOG/.test(name));
  return Object.fromEntries(kept.map((name) => [name, readFileSync(join(path, name), "base64")]));
}

export function unpackFiles(files: PackedFiles, path: string): void {
  mkdirSync(join(path, "level"), { recursive: true });
  for (const [name, content] of Object.entries(files))
    writeFileSync(join(path, name), Buffer.from(content, "base64"));
}

/** Writes the store anew. */
export async function writePrevious(): Promise<void> {
  const commits: Commit["writes"][] = [];
  const values = new Map<string, Uint8Array>();
  const node = new StoredNode({
    get: (key) => values.get(key),
    stage: (writes) => {
      commits.push(writes);
      for (const [key, value] of writes)
        if (value === null) values.delete(key);
        else values.set(key, value);
    },
  });
  const contextIds = [node.create(), node.create()];
  const entries = 12;
  for (let index = 0; index < entries; index += 1)
    for (const contextId of contextIds) node.set(contextId, `key ${index}`, `value ${index}`);
  node.stop();
  const path = temporaryFolder();
  await writeBare(path, commits);
  writeFileSync(join(path, "store.json"), '{"kind":"reconverge-store","version":1,"state":"ready"}\n');
  const files = packFiles(path);
  const about = { version: 1, format: storeFormat, contextIds: contextIds.map(toHex), entries };
  writeFileSync(file, `${JSON.stringify({ ...about, files }, null, 2)}\n`);
}

/** A flush for each commit. */
async function writeBare(path: string, commits: readonly Commit["writes"][]): Promise<void> {
  const options = { keyEncoding: "buffer", valueEncoding: "view", createIfMissing: true } as const;
  const level = new LevelDb(join(path, "level"), options);
  await level.open();
  const tipFile = await TipFile.create(join(path, "tip"));
  let tip = emptyTip;
  for (const writes of commits) {
    const record = nextTip(tip, [writes]);
    const batch = level.batch();
    for (const [key, value] of writes)
      if (value === null) batch.del(Buffer.from(key, "latin1"));
      else batch.put(Buffer.from(key, "latin1"), value);
    batch.put(ringKey(record.count), encodeTip(record));
    await batch.write({ sync: true });
    await tipFile.write(record);
    tip = record;
  }
  await level.close();
  await tipFile.close();
}
