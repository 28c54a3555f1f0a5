/** What a node's driver needs of a store: synchronous reads, and commits made durable in groups. */

import type { Commit } from "../../core/effect.ts";
import type { StateView } from "../../core/ports.ts";

/** One node's store. Used by one driver, which flushes one batch at a time. */
export interface Store extends StateView {
  /** The value, staged ones included. Must not be changed by the caller. Throws a `StoreError` when it cannot be read. */
  get(key: string): Uint8Array | undefined;
  /** Takes a commit after those before it. `get` sees it at once; it is not durable yet. */
  stage(writes: Commit["writes"]): void;
  /**
   * Makes all that is staged durable, as one atomic batch, and gives the number of commits that became so.
   * Rejects with a `StoreError` when it could not: then all of it is still staged, and it may be called again.
   * Not to be called while another flush is under way.
   */
  flush(): Promise<number>;
  /** Bytes of keys and values that are staged. */
  readonly stagedBytes: number;
  /** Gives the store back. What is staged and was not flushed is lost. */
  close(): Promise<void>;
}

export type StoreErrorCode =
  /** There is no store at this place, and none was to be made. */
  | "store-missing"
  /** Another process, or this one, has it open. */
  | "store-locked"
  /** What is at this place is no store of ours. */
  | "store-foreign"
  /** It is ours, but not whole. */
  | "store-damaged"
  /** Written by another version. */
  | "store-version"
  /** Its values are sealed, and the key is not the one. */
  | "store-sealed"
  /** There is no room on its disk. */
  | "store-full"
  /** The file system or LevelDB refused an operation: no permission, a device that fails. */
  | "store-failed";

/** The world's trouble with a store. The message is one sentence for people: what, where, expected, what to do. */
export class StoreError extends Error {
  override readonly name = "StoreError";
  readonly code: StoreErrorCode;

  constructor(code: StoreErrorCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

/** The message of whatever was thrown, that of its cause included. */
export function messageOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  return thrown.cause === undefined ? thrown.message : `${thrown.message}: ${messageOf(thrown.cause)}`;
}

/** The code of a file system or LevelDB error, its cause's where it has none of its own that says more. */
export function codeOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return "";
  const inner = codeOf(thrown.cause);
  return inner !== "" ? inner : "code" in thrown ? String(thrown.code) : "";
}
