/** Where nodes keep their things: one folder per name, with configuration, key, store, and what a running node says. */

import { randomBytes } from "node:crypto";
import { access, mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { Failure } from "./failure.ts";
import { namePattern } from "./settings.ts";

/** The paths of one node's things. */
export interface NodeFolder {
  readonly path: string;
  readonly configPath: string;
  readonly keyPath: string;
  readonly storePath: string;
  /** Written while the node runs. */
  readonly runPath: string;
}

/** How to reach a running node. */
export interface RunRecord {
  readonly pid: number;
  readonly peerId: string;
  readonly addresses: readonly string[];
  readonly apiUrl: string;
}

export const defaultName = "default";
const seedBytes = 32;

/** The folder of the node of this name. Throws a `Failure` for a name that cannot be one. */
export function nodeFolder(home: string | undefined, name: string): NodeFolder {
  if (!namePattern.test(name)) {
    const message = `"${name}" cannot be a node's name: expected letters, digits, dots, dashes or underscores`;
    throw new Failure("refused", "bad-name", message);
  }
  const path = join(home ?? join(homedir(), ".reconverge"), name);
  return {
    path,
    configPath: join(path, "config.toml"),
    keyPath: join(path, "key"),
    storePath: join(path, "store"),
    runPath: join(path, "run.json"),
  };
}

/** Writes a file whole or not at all: beside it, synced, then renamed. `mode` as for chmod. */
export async function writeWhole(path: string, content: string, mode: number): Promise<void> {
  const beside = `${path}.new`;
  await rm(beside, { force: true });
  const handle = await open(beside, "wx", mode);
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(beside, path);
}

/** Is there something at this path? */
export async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}

/** Makes the folder; only its owner may look into it. */
export async function makeFolder(folder: NodeFolder): Promise<void> {
  await mkdir(folder.path, { recursive: true, mode: 0o700 });
}

/** The node's seed, made when there is none. Readable by its owner only. */
export async function obtainSeed(folder: NodeFolder): Promise<Uint8Array> {
  if (!(await exists(folder.keyPath)))
    await writeWhole(folder.keyPath, `${randomBytes(seedBytes).toString("hex")}\n`, 0o600);
  const text = (await readFile(folder.keyPath, "utf8")).trim();
  if (/^[0-9a-f]{64}$/.test(text)) return new Uint8Array(Buffer.from(text, "hex"));
  const message = `${folder.keyPath} is no key: expected 64 hexadecimal digits; put the right file back, or remove it to become another node`;
  throw new Failure("refused", "bad-key", message);
}

export async function writeRunRecord(folder: NodeFolder, record: RunRecord): Promise<void> {
  await writeWhole(folder.runPath, `${JSON.stringify(record)}\n`, 0o600);
}

export async function removeRunRecord(folder: NodeFolder): Promise<void> {
  await rm(folder.runPath, { force: true });
}

/** What the running node of this folder says; null when none has run since it was last stopped in good order. */
export async function readRunRecord(folder: NodeFolder): Promise<RunRecord | null> {
  if (!(await exists(folder.runPath))) return null;
  return JSON.parse(await readFile(folder.runPath, "utf8")) as RunRecord;
}
