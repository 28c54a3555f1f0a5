/**
 * The folder around LevelDB's: the marker that says it is ours, who has it open, LevelDB's own folder, and the
 * tip file.
 *
 * Locking: one process may not open a folder twice (LevelDB would notice, but in doing so give the first one's
 * lock away); between processes LevelDB's lock decides, which the system releases when a process dies; the file
 * with the process id only says who it is.
 */

import { access, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { levelName, type Marker, readMarker, writeMarker } from "./marker.ts";
import { codeOf, messageOf, StoreError } from "./store.ts";
import { hindered } from "./store-damage.ts";
import { syncFolder } from "./sync-folder.ts";
import type { ValueFormat } from "./value-seal.ts";

/** The file with the tip, in the folder. */
export const tipName = "tip";

/** Folders this process has open, by their real path. */
const openFolders = new Set<string>();

/** A folder this process has claimed. */
export class StoreFolder {
  readonly path: string;
  readonly levelPath: string;
  readonly tipPath: string;
  readonly #lockPath: string;
  readonly #unmergedPath: string;
  #marker: Marker;

  private constructor(path: string, marker: Marker) {
    this.path = path;
    this.levelPath = join(path, levelName);
    this.tipPath = join(path, tipName);
    this.#lockPath = join(path, "pid");
    this.#unmergedPath = join(path, "unmerged");
    this.#marker = marker;
  }

  /** Finds the store at this place, or begins one there with such values, and keeps this process from opening it again. */
  static async claim(
    path: string,
    about: { readonly create: boolean; readonly values: ValueFormat },
  ): Promise<StoreFolder> {
    const found = await usingFolder(path, () => readMarker(path, about.create));
    const isNew = found === null || found.state === "creating";
    const marker: Marker = isNew ? { state: "creating", values: about.values } : found;
    if (isNew) await usingFolder(path, () => writeMarker(path, marker));
    const real = await usingFolder(path, () => realpath(path));
    if (openFolders.has(real)) throw locked(path, "this process");
    openFolders.add(real);
    return new StoreFolder(real, marker);
  }

  get marker(): Marker {
    return this.#marker;
  }

  /** To be said once LevelDB's lock is held. */
  async opened(): Promise<void> {
    await usingFolder(this.path, () => writeFile(this.#lockPath, `${process.pid}\n`));
  }

  async mark(marker: Marker): Promise<void> {
    await usingFolder(this.path, () => writeMarker(this.path, marker));
    this.#marker = marker;
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

  /** Did a process that had it open end without letting go of it? */
  async wasLeft(): Promise<boolean> {
    return (await this.#readPid()) !== "" && (await this.holder()) === null;
  }

  async #readPid(): Promise<string> {
    return await readFile(this.#lockPath, "utf8").then(
      (text) => text.trim(),
      () => "", // Its holder has not written it yet, or there is none.
    );
  }

  /** To be said before LevelDB makes its manifest anew. */
  async noteUnmerged(): Promise<void> {
    await usingFolder(this.path, async () => {
      await writeFile(this.#unmergedPath, "", { flush: true });
      await syncFolder(this.path);
    });
  }

  /** May an old value hide a newer one in LevelDB's tables? */
  async isUnmerged(): Promise<boolean> {
    return await usingFolder(this.path, () =>
      access(this.#unmergedPath).then(
        () => true,
        (error: unknown) => {
          if (codeOf(error) === "ENOENT") return false;
          throw error;
        },
      ),
    );
  }

  async noteMerged(): Promise<void> {
    await usingFolder(this.path, () => rm(this.#unmergedPath, { force: true }));
  }

  /** Lets go of the folder. `wasOpened`: LevelDB's lock was held, so the process id there is ours. */
  async release(wasOpened: boolean): Promise<void> {
    openFolders.delete(this.path);
    if (wasOpened) await usingFolder(this.path, () => rm(this.#lockPath, { force: true }));
  }
}

/** Is there nothing in the place of a store? Rejects with a `StoreError` where there is what is none. */
export async function mayBegin(path: string): Promise<boolean> {
  return (await usingFolder(path, () => readMarker(path, true))) === null;
}

/** Does something with the folder of a store; what the system says to that becomes a `StoreError`. */
export async function usingFolder<T>(path: string, operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    if (error instanceof StoreError) throw error;
    const hindrance = hindered({ path }, messageOf(error), error);
    if (hindrance !== null) throw hindrance;
    throw new StoreError(
      "store-failed",
      `the store at ${path} cannot be used (${messageOf(error)}): expected a folder this user can read and write`,
      error,
    );
  }
}

function locked(path: string, holder: string): StoreError {
  return new StoreError(
    "store-locked",
    `the store at ${path} is in use by ${holder}: expected that nobody has it open; stop the other node first`,
  );
}
