/**
 * A lock among processes: that of a LevelDB without entries, as the system releases it when its holder dies, and
 * nothing that Node brings has that. Beside it the holder writes what it does. The folder stays: a lock that is
 * removed can be held twice.
 */

import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Database, LevelDb } from "./leveldb.ts";
import { codeOf, messageOf, StoreError } from "./store.ts";

export type LockAttempt =
  /** `left`: what the holder before wrote, if it died as one. */
  | { readonly kind: "taken"; readonly lock: ProcessLock; readonly left: string | null }
  /** `note`: what its holder wrote; null where it has not yet. */
  | { readonly kind: "held"; readonly note: string | null };

/** A lock this process holds. A process tries for each of its locks once at a time. */
export class ProcessLock {
  readonly #notePath: string;
  readonly #level: Database;

  private constructor(notePath: string, level: Database) {
    this.#notePath = notePath;
    this.#level = level;
  }

  /** Rejects with a `StoreError` where the folder cannot be used. */
  static async attempt(path: string): Promise<LockAttempt> {
    const notePath = join(path, "holder");
    let level: Database;
    try {
      await mkdir(path, { recursive: true, mode: 0o700 });
      level = new LevelDb(join(path, "level"), {});
      await level.open();
    } catch (error) {
      if (codeOf(error) === "LEVEL_LOCKED") return { kind: "held", note: await readNote(notePath) };
      const message = `the lock at ${path} cannot be used (${messageOf(error)}): expected a folder that this user can write; if it is damaged, remove it`;
      throw new StoreError("store-failed", message, error);
    }
    return { kind: "taken", lock: new ProcessLock(notePath, level), left: await readNote(notePath) };
  }

  /** For those who find the lock held, and for the next holder if this one dies. */
  async note(what: string): Promise<void> {
    await writeFile(this.#notePath, what, { flush: true, mode: 0o600 });
  }

  async release(): Promise<void> {
    await rm(this.#notePath, { force: true });
    await this.#level.close();
  }
}

async function readNote(path: string): Promise<string | null> {
  return await readFile(path, "utf8").catch((error: unknown) => {
    if (codeOf(error) === "ENOENT") return null;
    throw error;
  });
}
