/**
 * `node backup`: a copy of a node's folder, made in its place (`backup-place.ts`) and read again. A
 * node that runs copies its store itself, all of it as of one moment. What the node's settings name elsewhere, the
 * key of its store and files of applications, stays there.
 */

import { readFile, rm } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";
import { type CopiedChunks, copyChunks } from "../adapters/blob-files/copying.ts";
import { nodeCrypto } from "../adapters/crypto/node-crypto.ts";
import type { StoreCopyState } from "../adapters/http/api.ts";
import { openLevelStore } from "../adapters/level/level-store.ts";
import { StoreError } from "../adapters/level/store.ts";
import { hashOfChunk } from "../core/blobs/blob.ts";
import { makeInPlace } from "./backup-place.ts";
import type { ApiClient } from "./client.ts";
import { Failure } from "./failure.ts";
import { type NodeFolder, writeWhole } from "./home.ts";
import { checkStore, type StoredNode } from "./repair/repair.ts";
import { finishInterrupted } from "./repair/take-place.ts";
import { copyBeside } from "./store-copy.ts";

/** How often a running node is asked whether it has copied its store. */
const askEveryMs = 100;

export interface BackupSource
  extends Pick<StoredNode, "seed" | "peer" | "applications" | "config" | "secret"> {
  readonly folder: NodeFolder;
  /** The node's API, for when it runs. */
  readonly findApi: () => Promise<ApiClient>;
  /** Is told in a sentence of what backups before have left and cannot be removed. */
  readonly told: (what: string) => void;
}

export interface BackedUp {
  readonly folder: string;
  /** Of the store, all of which were read again. */
  readonly values: number;
  readonly chunks: CopiedChunks;
}

/** Rejects with a `Failure` or an adapter's error that says what is in the way; then there is no copy. O(store + blobs). */
export async function backUp(source: BackupSource, target: string): Promise<BackedUp> {
  return await makeInPlace(source, target, async (copy) => {
    const { folder, secret } = source;
    await copyStore(source, copy.storePath);
    for (const part of ["configPath", "keyPath"] as const)
      await writeWhole(copy[part], await readFile(folder[part], "utf8"), 0o600);
    // After the store, whose blobs are all here then.
    const chunks = await copyChunks(folder.blobsPath, copy.blobsPath, (bytes) =>
      hashOfChunk(bytes, nodeCrypto),
    );
    const reading = { acceptLoss: false, secret, told: () => {} };
    const values = await checkStore({ ...source, storePath: copy.storePath }, reading);
    if (typeof values !== "number") throw unreadable(folder, values.what);
    return { folder: target, values, chunks };
  });
}

async function copyStore({ folder, secret, findApi }: BackupSource, to: string): Promise<void> {
  await finishInterrupted(folder.storePath);
  const opening = { create: false, secret };
  const stopped = await openLevelStore(folder.storePath, opening).catch((error: unknown) => {
    if (error instanceof StoreError && error.code === "store-locked") return null;
    throw error;
  });
  const beside = copyBeside(folder.storePath);
  if (stopped === null) await haveCopied(await findApi());
  const store = stopped ?? (await openLevelStore(beside, opening));
  try {
    await store.copyTo(to);
  } finally {
    await store.close();
    await rm(beside, { recursive: true, force: true });
  }
}

/** Has a running node copy its store, and waits until it has. */
async function haveCopied(api: ApiClient): Promise<void> {
  const path = "/admin-api/store-copy";
  for (let { data } = await api.post(path, {}); ; { data } = await api.get(path)) {
    const copy = data as StoreCopyState;
    if (copy.state === "copied") return;
    if (copy.state === "failed") throw new Failure("unusable", "not-copied", copy.why);
    await setTimeout(askEveryMs);
  }
}

function unreadable(folder: NodeFolder, what: string): StoreError {
  const advice = 'stop the node, run "reconverge node repair" and back up again';
  return new StoreError("store-damaged", `the store at ${folder.storePath} is not whole: ${what}; ${advice}`);
}
