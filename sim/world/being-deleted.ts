/** Contexts that a node's disk says are being deleted: what is left of them is kept no more. */

import { byteString, type ContextId } from "../../core/ids.ts";
import { storeKeys } from "../../core/store-keys.ts";
import { decodeValue } from "../../core/wire/cbor.ts";
import type { SimDisk } from "./disk.ts";

export function beingDeleted(disk: SimDisk): readonly ContextId[] {
  return deletionsIn(disk.get(storeKeys.deletions));
}

/** The contexts that a stored record of deletions names. */
export function deletionsIn(stored: Uint8Array | null | undefined): readonly ContextId[] {
  if (stored === null || stored === undefined) return [];
  return (decodeValue(stored, stored.length) as readonly Uint8Array[]).map((id) => byteString<ContextId>(id));
}
