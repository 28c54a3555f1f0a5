/**
 * What backups that were killed have left: folders `X.unfinished` with the node's key in them, in any place, on disks that
 * may not be there now. Each is noted in `backup.left`, in the node's folder, before it is made, and stays noted until
 * this program has removed it itself. Read and written by whoever has the lock of the node's backups.
 */

import { lstat, readFile, rm, rmdir } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import { codeOf, messageOf } from "../adapters/level/store.ts";
import { syncFolder } from "../adapters/level/sync-folder.ts";
import type { PeerId } from "../core/ids.ts";
import { Failure } from "./failure.ts";
import { type NodeFolder, writeWhole } from "./home.ts";

export const unfinishedMark = ".unfinished";

/** Whose backup is made. */
export interface Owner {
  readonly folder: NodeFolder;
  readonly peer: PeerId;
  /** Is told in a sentence of what cannot be removed. */
  readonly told: (what: string) => void;
}

/** Named after the node, so that whose it is stands from the first moment to the last. */
export function ownPlace(unfinished: string, { peer }: Pick<Owner, "peer">): string {
  return join(unfinished, peer);
}

export class BackupLeftovers {
  readonly #owner: Owner;
  readonly #path: string;
  #noted: readonly string[];

  private constructor(owner: Owner, path: string, noted: readonly string[]) {
    this.#owner = owner;
    this.#path = path;
    this.#noted = noted;
  }

  /** Rejects with a `Failure` where the notes cannot be read. */
  static async read(owner: Owner): Promise<BackupLeftovers> {
    const path = join(owner.folder.path, "backup.left");
    return new BackupLeftovers(owner, path, await readNotes(path));
  }

  /** Rejects with a `Failure` where that cannot be written; then nothing may be made there. */
  async note(unfinished: string): Promise<void> {
    await this.#write([...this.#noted.filter((noted) => noted !== unfinished), unfinished]);
  }

  /** For what was never made, or is removed. */
  async forget(unfinished: string): Promise<void> {
    await this.#write(this.#noted.filter((noted) => noted !== unfinished));
  }

  async removeAll(): Promise<void> {
    for (const unfinished of this.#noted) await this.remove(unfinished);
  }

  /** What cannot be removed is told, and stays noted; so does, without a word, what is not there. */
  async remove(unfinished: string): Promise<void> {
    try {
      if (await removeOwn(unfinished, this.#owner)) await this.forget(unfinished);
    } catch (error) {
      this.#owner.told(error instanceof Failure ? error.message : cannotRemove(unfinished, error));
    }
  }

  async #write(noted: readonly string[]): Promise<void> {
    try {
      if (noted.length === 0) await rm(this.#path, { force: true });
      else await writeWhole(this.#path, `${JSON.stringify(noted)}\n`, 0o600);
      await syncFolder(this.#owner.folder.path);
    } catch (error) {
      const message = `${this.#path}, which notes what a killed backup leaves, cannot be written (${messageOf(error)}): check the space and health of the node's disk`;
      throw new Failure("unusable", "not-noted", message, error);
    }
    this.#noted = noted;
  }
}

/**
 * What is not this node's stays: others may have begun in the same place since. False where there was nothing to remove:
 * it may be on a disk that is not there now.
 */
async function removeOwn(unfinished: string, owner: Owner): Promise<boolean> {
  const own = ownPlace(unfinished, owner);
  const wasThere = await unless(absentCodes, lstat(own));
  // Asked before, since `rm` says ENOTDIR also of what may not be removed.
  if (wasThere) await rm(own, { recursive: true });
  return (await unless(othersCodes, rmdir(unfinished))) || wasThere;
}

/** Did it succeed? Rejects with errors of other codes. */
async function unless(codes: ReadonlySet<string>, trying: Promise<unknown>): Promise<boolean> {
  try {
    await trying;
    return true;
  } catch (error) {
    if (codes.has(codeOf(error))) return false;
    throw error;
  }
}

const absentCodes: ReadonlySet<string> = new Set(["ENOENT", "ENOTDIR"]);

/** There is something else in the folder, there is none, or it is something else itself. */
const othersCodes: ReadonlySet<string> = new Set([...absentCodes, "ENOTEMPTY", "EEXIST"]);

function cannotRemove(unfinished: string, error: unknown): string {
  return `${unfinished}, which a backup of this node has left, cannot be removed (${messageOf(error)}): remove it by hand, since it may hold the node's key; every backup tries again`;
}

async function readNotes(path: string): Promise<readonly string[]> {
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    if (codeOf(error) === "ENOENT") return "[]";
    throw unreadable(path, messageOf(error), error);
  });
  let notes: unknown;
  try {
    notes = JSON.parse(text);
  } catch (error) {
    throw unreadable(path, "it is not JSON", error);
  }
  if (Array.isArray(notes) && notes.every(isNote)) return notes;
  throw unreadable(path, "it is something else");
}

function isNote(note: unknown): note is string {
  return typeof note === "string" && isAbsolute(note) && note.endsWith(unfinishedMark);
}

function unreadable(path: string, why: string, cause?: unknown): Failure {
  const message = `${path} cannot be read (${why}): expected a list of the folders that killed backups have left, which hold the node's key; put it right, or remove these folders (*${unfinishedMark}) and it by hand`;
  return new Failure("unusable", "bad-notes", message, cause);
}
