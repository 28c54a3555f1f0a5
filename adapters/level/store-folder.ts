/**
 * The folder around LevelDB's: a marker that says it is ours, in which version, and whether it was ever
 * completed; who has it open; LevelDB's own folder; and the tip file.
 *
 * The marker is why deleting LevelDB's CURRENT does not lose data: a store that was once complete is never
 * opened in a way that could make a new one. Locking: one process may not open a folder twice (LevelDB would
 * notice, but in doing so give the first one's lock away); between processes LevelDB's lock decides, which the
 * system releases when a process dies; the file with the process id only says who it is.
 */

import { mkdir, open, readdir, readFile, realpath, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { codeOf, messageOf, StoreError } from "./store.ts";

/** Raised when the layout of the folder or the meaning of a key of ours changes. */
export const storeVersion = 1;

interface Marker {
  readonly kind: "reconverge-store";
  readonly version: number;
  /** `creating` until LevelDB and the tip file are there: then nothing can have been kept in it yet. */
  readonly state: "creating" | "ready";
}

/** Folders this process has open, by their real path. */
const openFolders = new Set<string>();

/** A folder this process has claimed. */
export class StoreFolder {
  readonly path: string;
  readonly levelPath: string;
  readonly tipPath: string;
  readonly state: Marker["state"];
  readonly #lockPath: string;
  readonly #markerPath: string;

  private constructor(path: string, state: Marker["state"]) {
    this.path = path;
    this.levelPath = join(path, "level");
    this.tipPath = join(path, "tip");
    this.state = state;
    this.#lockPath = join(path, "pid");
    this.#markerPath = join(path, storeMarkerName);
  }

  /** Finds the store at this place, or begins one there, and keeps this process from opening it again. */
  static async claim(path: string, create: boolean): Promise<StoreFolder> {
    const marker = await guarded(path, () => readMarker(path, create));
    if (marker === null) await guarded(path, () => writeMarker(path, "creating"));
    const real = await guarded(path, () => realpath(path));
    if (openFolders.has(real)) throw locked(path, "this process");
    openFolders.add(real);
    return new StoreFolder(real, marker?.state ?? "creating");
  }

  /** To be said once LevelDB's lock is held. */
  async opened(): Promise<void> {
    await guarded(this.path, () => writeFile(this.#lockPath, `${process.pid}\n`));
  }

  async completed(): Promise<void> {
    await guarded(this.path, () => writeMarker(this.path, "ready", this.#markerPath));
  }

  /** The error for a LevelDB that is locked. */
  async lockedByOther(): Promise<StoreError> {
    const pid = await this.#readPid();
    return locked(this.path, pid === "" ? "another process" : `process ${pid}`);
  }

  /** The living process that seems to have it open, or null. A hint: only LevelDB's lock decides. */
  async holder(): Promise<number | null> {
    const pid = Number(await this.#readPid());
    if (!Number.isSafeInteger(pid) || pid <= 0 || pid === process.pid) return null;
    try {
      process.kill(pid, 0);
      return pid;
    } catch (error) {
      return codeOf(error) === "EPERM" ? pid : null;
    }
  }

  async #readPid(): Promise<string> {
    return await readFile(this.#lockPath, "utf8").then(
      (text) => text.trim(),
      () => "", // Its holder has not written it yet, or there is none.
    );
  }

  /** Lets go of the folder. `wasOpened`: LevelDB's lock was held, so the process id there is ours. */
  async release(wasOpened: boolean): Promise<void> {
    openFolders.delete(this.path);
    if (wasOpened) await guarded(this.path, () => rm(this.#lockPath, { force: true }));
  }
}

/** The file that says a folder is a store. */
export const storeMarkerName = "store.json";

/** Null when a store may be begun here. */
async function readMarker(path: string, create: boolean): Promise<Marker | null> {
  const text = await readFile(join(path, storeMarkerName), "utf8").catch((error: unknown) => {
    if (codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR") return null;
    throw error;
  });
  if (text !== null) return parseMarker(path, text);
  const entries = await readdir(path).catch((error: unknown) => {
    if (codeOf(error) === "ENOENT") return [];
    throw codeOf(error) === "ENOTDIR" ? foreign(path, "is a file") : error;
  });
  if (entries.length > 0) throw foreign(path, `holds other things (${entries.slice(0, 3).join(", ")})`);
  if (create) return null;
  throw new StoreError(
    "store-missing",
    `there is no store at ${path}: expected the folder of a node that was run before; check the path`,
  );
}

function parseMarker(path: string, text: string): Marker {
  let marker: Partial<Marker> | null;
  try {
    marker = JSON.parse(text);
  } catch {
    throw foreign(path, `has a ${storeMarkerName} that is not JSON`);
  }
  if (marker?.kind !== "reconverge-store") throw foreign(path, `has a ${storeMarkerName} of something else`);
  if (marker.version !== storeVersion) {
    throw new StoreError(
      "store-version",
      `the store at ${path} has version ${marker.version}, this program expects version ${storeVersion}: run the version that wrote it`,
    );
  }
  return {
    kind: "reconverge-store",
    version: storeVersion,
    state: marker.state === "ready" ? "ready" : "creating",
  };
}

/** Written beside, synced and renamed, so that it is there whole or not at all. */
async function writeMarker(
  path: string,
  state: Marker["state"],
  target = join(path, storeMarkerName),
): Promise<void> {
  await mkdir(path, { recursive: true });
  const marker: Marker = { kind: "reconverge-store", version: storeVersion, state };
  const beside = `${target}.new`;
  await writeFile(beside, `${JSON.stringify(marker)}\n`, { flush: true });
  await rename(beside, target);
  await syncFolder(path);
}

/** Makes new names in a folder durable. Some systems have no such operation for folders. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(path, "r");
  await handle.sync().finally(() => handle.close());
}

async function guarded<T>(path: string, operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    if (error instanceof StoreError) throw error;
    throw new StoreError(
      "store-failed",
      `the store at ${path} cannot be used (${messageOf(error)}): expected a folder this user can read and write`,
      error,
    );
  }
}

function foreign(path: string, what: string): StoreError {
  return new StoreError(
    "store-foreign",
    `${path} ${what}: expected an empty folder or a store of reconverge; choose another place for the store`,
  );
}

function locked(path: string, holder: string): StoreError {
  return new StoreError(
    "store-locked",
    `the store at ${path} is in use by ${holder}: expected that nobody has it open; stop the other node first`,
  );
}
