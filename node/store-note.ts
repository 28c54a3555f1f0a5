/**
 * A file beside a node's store, `store.made`, that says whose store was made there. So a store that is gone is told
 * from one that never was: a folder that is not mounted is empty, too. It is written once a store is open, and names
 * the node, as with another key there is another node, which has had none.
 */

import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { messageOf, StoreError } from "../adapters/level/store.ts";
import { mayBegin } from "../adapters/level/store-folder.ts";
import { syncFolder } from "../adapters/level/sync-folder.ts";
import type { PeerId } from "../core/ids.ts";
import { exists, writeWhole } from "./home.ts";

/** A node and the place of its store. */
export interface StoreOwner {
  readonly storePath: string;
  readonly peer: PeerId;
}

export function notePath(storePath: string): string {
  return `${storePath}.made`;
}

/** Had the node a store here, of which nothing is left? Rejects with a `StoreError` where that cannot be told. */
export async function isStoreGone({ storePath, peer }: StoreOwner): Promise<boolean> {
  return (await readNote(storePath)) === peer && (await mayBegin(storePath));
}

/** To be said of a store that is open. Rejects with a `StoreError` where it cannot be written. */
export async function noteStore({ storePath, peer }: StoreOwner): Promise<void> {
  const path = notePath(storePath);
  if ((await readNote(storePath)) === peer) return;
  try {
    await writeWhole(path, `${peer}\n`, 0o600);
    await syncFolder(dirname(path));
  } catch (error) {
    const message = `${path}, which says that this node has a store, cannot be written (${messageOf(error)}): check the space and health of the node's disk`;
    throw new StoreError("store-failed", message, error);
  }
}

/** What is refused, and how to go on. */
export function storeGone(storePath: string): StoreError {
  const found = `the store at ${storePath} is gone, though this node had one (${notePath(storePath)} says so)`;
  const why = "its folder is not mounted, or was moved or removed";
  const advice =
    'mount it, put it or a backup of the node back, or begin an empty one with "reconverge node repair --accept-loss": what no peer holds is lost then';
  return new StoreError("store-missing", `${found}: ${why}; ${advice}`);
}

/** What was accepted. */
export function storeBegunAnew(storePath: string): string {
  return `the store at ${storePath} was gone, and an empty one is begun in its place`;
}

/** Whose store was made there; null where none was. Rejects with a `StoreError` where that cannot be told. */
export async function readNote(storePath: string): Promise<string | null> {
  const path = notePath(storePath);
  try {
    return (await exists(path)) ? (await readFile(path, "utf8")).trim() : null;
  } catch (error) {
    const message = `${path}, which says whether this node had a store, cannot be read (${messageOf(error)}): expected a file that this user can read`;
    throw new StoreError("store-failed", message, error);
  }
}
