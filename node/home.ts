/** Where nodes keep their things: one folder per name, with configuration, key, store, and what a running node says. */

import { randomBytes } from "node:crypto";
import { access, mkdir, open, readFile, rename, rm, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { fileInTheWay } from "../adapters/level/file-in-the-way.ts";
import { storeMarkerName } from "../adapters/level/marker.ts";
import { Failure } from "./failure.ts";
import { namePattern } from "./settings.ts";

/** The paths of one node's things. */
export interface NodeFolder {
  readonly path: string;
  readonly configPath: string;
  readonly keyPath: string;
  readonly storePath: string;
  readonly blobsPath: string;
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
  return folderAt(join(home ?? join(homedir(), ".reconverge"), name));
}

/** The paths in a folder. */
export function folderAt(path: string): NodeFolder {
  return {
    path,
    configPath: join(path, "config.toml"),
    keyPath: join(path, "key"),
    storePath: join(path, "store"),
    blobsPath: join(path, "blobs"),
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

/**
 * Makes the folder; only its owner may look into it. Rejects with a `Failure`, which names what was `asked` for and says
 * what to choose instead.
 */
export async function makeFolder(
  { path }: NodeFolder,
  asked = { path, instead: "another --home" },
): Promise<void> {
  try {
    await makeWithParents(path);
  } catch (error) {
    const file = await fileInTheWay(path);
    const reason = file === null ? reasonOf(error) : `${file} is a file`;
    const message = `${asked.path} cannot be made (${reason}): expected a place where this user may make folders; choose ${asked.instead}`;
    throw new Failure("refused", "bad-home", message, error);
  }
}

/** Without the call that failed and its path, which nobody has given. */
function reasonOf(error: unknown): string {
  const reason = error instanceof Error ? error.message : String(error);
  return reason.replace(/, \w+ '.*'$/s, "");
}

/** One at a time: Node's `recursive` never ends where the system denies that a parent is there, as below /proc. */
async function makeWithParents(path: string): Promise<void> {
  const make = () => mkdir(path, { mode: 0o700 });
  try {
    await make();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST" && (await stat(path)).isDirectory()) return;
    if (code !== "ENOENT" || dirname(path) === path) throw error;
    await makeWithParents(dirname(path));
    await make();
  }
}

/** The node's seed, made when there is neither it nor a store that was written with it. Readable by its owner only. */
export async function obtainSeed(folder: NodeFolder): Promise<Uint8Array> {
  if (!(await exists(folder.keyPath))) {
    if (await exists(join(folder.storePath, storeMarkerName))) throw keyMissing(folder);
    await writeWhole(folder.keyPath, `${randomBytes(seedBytes).toString("hex")}\n`, 0o600);
  }
  const text = (await readFile(folder.keyPath, "utf8")).trim();
  if (/^[0-9a-f]{64}$/.test(text)) return new Uint8Array(Buffer.from(text, "hex"));
  const message = `${folder.keyPath} is no key: expected 64 hexadecimal digits; put the right file back, or remove it and the store to become another node`;
  throw new Failure("refused", "bad-key", message);
}

function keyMissing({ keyPath, storePath }: NodeFolder): Failure {
  const advice = "restore the key from a backup, or remove the store to become another node";
  return new Failure(
    "unusable",
    "key-missing",
    `the key ${keyPath} is missing, but the store ${storePath} that was written with it is there: ${advice}`,
  );
}

export async function writeRunRecord(folder: NodeFolder, record: RunRecord): Promise<void> {
  await writeWhole(folder.runPath, `${JSON.stringify(record)}\n`, 0o600);
}

export async function removeRunRecord(folder: NodeFolder): Promise<void> {
  await rm(folder.runPath, { force: true });
}

/**
 * What the running node of this folder says; null when none has run since it was last stopped in good order.
 * Rejects with a `Failure` when the file is not what a node writes.
 */
export async function readRunRecord({ runPath }: NodeFolder): Promise<RunRecord | null> {
  if (!(await exists(runPath))) return null;
  let record: unknown;
  try {
    record = JSON.parse(await readFile(runPath, "utf8"));
  } catch {
    record = null; // Unreadable and "not JSON" are told alike.
  }
  if (isRunRecord(record)) return record;
  const advice = "if the node runs, restart it, which writes the file anew; if it does not, start it";
  const message = `${runPath} does not say how to reach the node: it is damaged or of another version; ${advice}`;
  throw new Failure("unreachable", "bad-run-file", message);
}

function isRunRecord(value: unknown): value is RunRecord {
  if (typeof value !== "object" || value === null) return false;
  const { pid, peerId, addresses, apiUrl } = value as Partial<Record<keyof RunRecord, unknown>>;
  return (
    typeof pid === "number" &&
    typeof peerId === "string" &&
    Array.isArray(addresses) &&
    addresses.every((address) => typeof address === "string") &&
    typeof apiUrl === "string" &&
    URL.canParse(apiUrl)
  );
}
