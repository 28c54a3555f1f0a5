/**
 * How a context goes from the store, a bounded part at a time. Nothing notes how far it is: what leads to other records
 * goes after them, so that what is left is found again from the context's own record, which goes last.
 */

import { otherSpace } from "../beside-record.ts";
import { removeDeltas } from "../delta-store/remove-deltas.ts";
import { removeStranded } from "../delta-store/stranded.ts";
import type { ContextId } from "../ids.ts";
import { removeOwed } from "../owed/remove-owed.ts";
import { readPrivateRecord } from "../private-state.ts";
import { decodeReplicaRecord } from "../replica-record.ts";
import { removeState } from "../state/remove-state.ts";
import { storeKeys } from "../store-keys.ts";
import { frontierSlots } from "../sync/frontiers.ts";
import type { Removal } from "./removal.ts";

/** True when nothing is left of it. For use inside `decoding`. */
export function removeContext(contextId: ContextId, removal: Removal): boolean {
  return (
    removeShared(contextId, removal) &&
    removePrivate(contextId, removal) &&
    removeOwed(contextId, removal) &&
    removeStranded(contextId, removal) &&
    removeBeside(contextId, removal)
  );
}

/** The state and the deltas; without a record of it, nothing of either was ever written. */
function removeShared(contextId: ContextId, removal: Removal): boolean {
  const stored = removal.read(storeKeys.context(contextId));
  if (stored === undefined) return true;
  const { state, count, beside } = decodeReplicaRecord(stored);
  const { space, stagedBlocks, other } = beside;
  for (let block = 0; block < stagedBlocks; block += 1) {
    if (removal.read(storeKeys.staged(contextId, block)) === undefined) continue;
    if (!removal.hasRoom) return false;
    removal.remove(storeKeys.staged(contextId, block));
  }
  return (
    (other === null || removeState(`${otherSpace(space)}${contextId}`, other, removal)) &&
    removeState(`${space}${contextId}`, state, removal) &&
    removeDeltas(contextId, count, removal)
  );
}

function removePrivate(contextId: ContextId, removal: Removal): boolean {
  const stored = removal.read(storeKeys.privateState(contextId));
  return stored === undefined || removeState(`p${contextId}`, readPrivateRecord(stored), removal);
}

/** What is small: in one commit, the context's own record with it. */
function removeBeside(contextId: ContextId, removal: Removal): boolean {
  if (!removal.hasRoom) return false;
  const slots = Array.from({ length: frontierSlots }, (_, slot) => storeKeys.frontiers(contextId, slot));
  const keys = [
    ...slots,
    storeKeys.withoutBodies(contextId),
    storeKeys.privateState(contextId),
    storeKeys.owed(contextId),
    storeKeys.stranded(contextId),
    storeKeys.checkpoints(contextId),
    storeKeys.context(contextId),
  ];
  for (const key of keys) if (removal.read(key) !== undefined) removal.remove(key);
  return true;
}
