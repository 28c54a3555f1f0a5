/** A context's deltas go from the store: those of the last index block first, and each before its block. */

import type { Removal } from "../deletion/removal.ts";
import type { ContextId } from "../ids.ts";
import { storeKeys } from "../store-keys.ts";
import { refuse } from "../wire/cbor.ts";
import { entriesPerBlock, idsIn } from "./index-blocks.ts";
import { headsPerBlock } from "./past-heads.ts";

/** True when nothing is left of `count` applied deltas. For use inside `decoding`. */
export function removeDeltas(contextId: ContextId, count: number, removal: Removal): boolean {
  const keyOf = (block: number) => storeKeys.indexBlock(contextId, block);
  const blocks = Math.ceil(count / entriesPerBlock);
  for (let block = removal.firstGone(0, blocks, keyOf) - 1; block >= 0; block -= 1) {
    if (!removal.hasRoom) return false;
    const stored = removal.read(keyOf(block)) ?? refuse("malformed", `index block ${block} is missing`);
    for (const id of idsIn(stored)) removal.remove(storeKeys.delta(id));
    const first = block * entriesPerBlock;
    if (first % headsPerBlock === 0) removal.remove(storeKeys.pastHeads(contextId, first / headsPerBlock));
    removal.remove(keyOf(block));
  }
  return true;
}
