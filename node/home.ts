/** Where nodes keep their things: one folder per name, with configuration, key, store, and what a running node says. */

import { access, open, readFile, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileInTheWay } from "../adapters/level/file-in-the-way.ts";
import { makeFolderAt } from "../adapters/level/make-folder.ts";
import { Failure } from "./failure.ts";
import { namePattern } from "./settings.ts";
import { systemTrouble } from "./system-trouble.ts";

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

/**
 * Writes a file whole or not at all: beside it, synced, then renamed. `mode` as for chmod. Rejects with an error of the
 * system that names the file; then nothing is left beside it.
 */
export async function writeWhole(path: string, content: string, mode: number): Promise<void> {
  const beside = `${path}.new`;
  try {
    await rm(beside, { force: true });
    await writeNew(beside, content, mode);
    await rename(beside, path);
  } catch (error) {
    // What cannot be removed either is removed by whoever writes the file next.
    await rm(beside, { force: true }).catch(() => {});
    throw error instanceof Error ? Object.assign(error, { path }) : error;
  }
}

async function writeNew(path: string, content: string, mode: number): Promise<void> {
  const handle = await open(path, "wx", mode);
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Is there something at this path? Rejects with an error of the system where that cannot be told. */
export async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return false;
    throw error;
  }
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
    await makeFolderAt(path, 0o700);
  } catch (error) {
    const file = await fileInTheWay(path);
    const reason = file === null ? reasonOf(error) : `${file} is a file`;
    const message = `${asked.path} cannot be made (${reason}): expected a place where this user may make folders; choose ${asked.instead}`;
    throw new Failure(systemTrouble(error)?.kind ?? "refused", "bad-home", message, error);
  }
}

/** Without the call that failed and its path, which nobody has given. */
function reasonOf(error: unknown): string {
  const reason = error instanceof Error ? error.message : String(error);
  return reason.replace(/, \w+ '.*'$/s, "");
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
  } catch (error) {
    if (systemTrouble(error) !== null) throw error;
    record = null; // What else cannot be read, and what is not JSON, are told alike.
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
