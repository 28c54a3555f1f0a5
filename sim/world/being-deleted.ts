/** Contexts that a node's disk says are being deleted: what is left of them is kept no more. */

import { decodeDeletions } from "../../core/deletion/deletions.ts";
import type { ContextId } from "../../core/ids.ts";
import { storeKeys } from "../../core/store-keys.ts";
import type { SimDisk } from "./disk.ts";

export function beingDeleted(disk: SimDisk): readonly ContextId[] {
  const stored = disk.get(storeKeys.deletions);
  return stored === undefined ? [] : decodeDeletions(stored);
}
