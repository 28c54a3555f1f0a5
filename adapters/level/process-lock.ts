/**
 * A lock among processes: that of a LevelDB without entries, as the system releases it when its holder dies, and
 * nothing that Node brings has that. Beside it the holder says what it does, for those who find it held. The folder
 * stays: a lock that is removed while a process has it can be held twice.
 */

import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Database, LevelDb } from "./leveldb.ts";
import { makeFolderAt } from "./make-folder.ts";
import { codeOf, messageOf, StoreError } from "./store.ts";

export type LockAttempt =
  | { readonly kind: "taken"; readonly lock: ProcessLock }
  /** `note`: what its holder wrote; null where it has not yet. */
  | { readonly kind: "held"; readonly note: string | null };

/** A lock this process holds. A process tries for each of its locks once at a time. */
export class ProcessLock {
  readonly #path: string;
  readonly #level: Database;

  private constructor(path: string, level: Database) {
    this.#path = path;
    this.#level = level;
  }

  /**
   * `note`: for those who find it held then. Rejects with a `StoreError` where the folder cannot be used; then the lock
   * is not held.
   */
  static async attempt(path: string, note: string): Promise<LockAttempt> {
    try {
      const level = await openLevel(path);
      if (level === null) return { kind: "held", note: await readNote(path) };
      try {
        await writeFile(notePath(path), note, { mode: 0o600 });
        return { kind: "taken", lock: new ProcessLock(path, level) };
      } catch (error) {
        await level.close();
        throw error;
      }
    } catch (error) {
      throw unusable(path, error);
    }
  }

  /** Rejects with a `StoreError` where the note cannot be removed; the lock is given back all the same. */
  async release(): Promise<void> {
    try {
      await rm(notePath(this.#path), { force: true });
    } catch (error) {
      throw unusable(this.#path, error);
    } finally {
      await this.#level.close();
    }
  }
}

function notePath(path: string): string {
  return join(path, "holder");
}

/** Null where another has it. */
async function openLevel(path: string): Promise<Database | null> {
  await makeFolderAt(path, 0o700);
  const level = new LevelDb(join(path, "level"), {});
  try {
    await level.open();
    return level;
  } catch (error) {
    if (codeOf(error) === "LEVEL_LOCKED") return null;
    throw error;
  }
}

async function readNote(path: string): Promise<string | null> {
  return await readFile(notePath(path), "utf8").catch((error: unknown) => {
    if (codeOf(error) === "ENOENT") return null;
    throw error;
  });
}

/** LevelDB says it in words alone. */
const ofDisk =
  /E(NOSPC|DQUOT|ROFS|ACCES|PERM|IO)\b|no space left|quota exceeded|read-only|permission denied/i;

function unusable(path: string, error: unknown): StoreError {
  const reason = messageOf(error);
  const advice = ofDisk.test(reason)
    ? "check who owns it, and the space and health of its disk"
    : "if it is damaged, remove it while no process uses it";
  const message = `the lock at ${path} cannot be used (${reason}): expected a folder that this user can write; ${advice}`;
  return new StoreError("store-failed", message, error);
}
