/**
 * The marker: the file that says a folder is a store of ours, in which version, how its values are kept, and
 * whether it was ever completed. It is why deleting LevelDB's CURRENT does not lose data: a store that was once
 * complete is never opened in a way that could make a new one.
 *
 * Versions: 1 had bare values; 2 has each with a checksum, or sealed.
 */

import { readdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { whyNotThere } from "./file-in-the-way.ts";
import { makeFolderAt } from "./make-folder.ts";
import { codeOf, StoreError } from "./store.ts";
import { syncFolder } from "./sync-folder.ts";
import type { ValueFormat } from "./value-seal.ts";

/** Raised when the layout of the folder or the meaning of a key of ours changes. */
export const storeVersion = 2;

export type Marker =
  /** Nothing can have been kept in it yet. */
  | { readonly state: "creating"; readonly values: ValueFormat }
  /** Another store is being copied into it; see `copying.ts`. */
  | { readonly state: "copying"; readonly values: ValueFormat }
  | { readonly state: "ready"; readonly values: StoredFormat }
  /** Its values are being written again in another format; see `rewriting.ts`. */
  | { readonly state: "rewriting"; readonly from: StoredFormat; readonly values: ValueFormat };

/** `bare`: as version 1 has them. */
export type StoredFormat = ValueFormat | { readonly kind: "bare" };

/** The file that says a folder is a store. */
export const storeMarkerName = "store.json";
/** What a crash, or a full disk, leaves of it where a store was being begun. */
const besideName = `${storeMarkerName}.new`;

/** Where LevelDB has its files in the folder. */
export const levelName = "level";

/** Null when a store may be begun here. */
export async function readMarker(path: string, create: boolean): Promise<Marker | null> {
  const text = await readFile(join(path, storeMarkerName), "utf8").catch((error: unknown) => {
    if (codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR") return null;
    throw error;
  });
  if (text !== null) return await parseMarker(path, text);
  const entries: readonly string[] = await readdir(path).catch(async (error: unknown) => {
    if (codeOf(error) === "ENOENT") return [];
    if (codeOf(error) !== "ENOTDIR") throw error;
    throw foreign((await whyNotThere(path)) ?? `${path} is a file`);
  });
  if (entries.includes(levelName)) throw withoutMarker(path, "has lost its");
  const others = entries.filter((name) => name !== besideName);
  if (others.length > 0) throw foreign(`${path} holds other things (${others.slice(0, 3).join(", ")})`);
  if (create) return null;
  throw new StoreError(
    "store-missing",
    `there is no store at ${path}: expected the folder of a node that was run before; check the path`,
  );
}

/** Written beside, synced and renamed, so that it is there whole or not at all. */
export async function writeMarker(path: string, marker: Marker): Promise<void> {
  await makeFolderAt(path);
  const target = join(path, storeMarkerName);
  const beside = join(path, besideName);
  const content = { kind: "reconverge-store", version: storeVersion, ...marker };
  await writeFile(beside, `${JSON.stringify(content)}\n`, { flush: true });
  await rename(beside, target);
  await syncFolder(path);
}

interface MarkerFile {
  readonly kind: string;
  readonly version: number;
  readonly state: string;
  readonly from: StoredFormat;
  readonly values: ValueFormat;
}

async function parseMarker(path: string, text: string): Promise<Marker> {
  let file: Partial<MarkerFile> | null;
  try {
    file = JSON.parse(text);
  } catch {
    if ((await readdir(path)).includes(levelName)) throw withoutMarker(path, "has a damaged");
    throw foreign(`${path} has a ${storeMarkerName} that is not JSON`);
  }
  if (file?.kind !== "reconverge-store") throw foreign(`${path} has a ${storeMarkerName} of something else`);
  const { version, state, from, values = { kind: "checked" } } = file;
  if (version === 1 && state === "ready") return { state, values: { kind: "bare" } };
  if (version === 1) return { state: "creating", values };
  if (version !== storeVersion) {
    throw new StoreError(
      "store-version",
      `the store at ${path} has version ${version}, this program expects version 1 or ${storeVersion}: run the version that wrote it`,
    );
  }
  if (state === "copying") {
    const message = `the store at ${path} is a copy that was broken off: remove it, and make it again`;
    throw new StoreError("store-damaged", message);
  }
  if (state === "rewriting" && from !== undefined) return { state, from, values };
  return { state: state === "ready" ? "ready" : "creating", values };
}

/** It says how values are kept, so it is not guessed. */
function withoutMarker(path: string, what: string): StoreError {
  const content = JSON.stringify({
    kind: "reconverge-store",
    version: storeVersion,
    state: "ready",
    values: { kind: "checked" },
  });
  return new StoreError(
    "store-damaged",
    `the store at ${path} ${what} ${storeMarkerName}: put that file back from any backup of this store; for one that was never sealed (store.keyFile) it is ${content}`,
  );
}

function foreign(what: string): StoreError {
  return new StoreError(
    "store-foreign",
    `${what}: expected an empty folder or a store of reconverge; choose another place for the store`,
  );
}
