/**
 * A state goes from the store: what was kept for pins, then entities before the bucket that names them, and nodes before
 * their parents. A node that is missing is gone with all beneath it.
 */

import type { Removal } from "../deletion/removal.ts";
import { byteString } from "../ids.ts";
import { type StateSpace, storeKeys } from "../store-keys.ts";
import { decodeValue } from "../wire/cbor.ts";
import { expectBytes, expectInteger, expectList } from "../wire/expect.ts";
import { decodeNode } from "./tree/node-codec.ts";
import { decodeTree } from "./tree/state-tree.ts";
import type { StoredNode } from "./tree/tree-node.ts";

/** True when nothing is left of it; `saved` is what finds it. For use inside `decoding`. */
export function removeState(space: StateSpace, saved: unknown, removal: Removal): boolean {
  const { root } = decodeTree(saved);
  return removeKept(space, removal) && (root === null || removeNode(root, space, removal));
}

/** What was kept for pins when the process ended, or when the context was deleted. */
function removeKept(space: StateSpace, removal: Removal): boolean {
  const list = removal.read(storeKeys.keptForPins(space));
  if (list === undefined) return true;
  const versions = expectList(decodeValue(list, bytesMax), bytesMax, (each) => expectInteger(each, bytesMax));
  for (const version of versions) {
    const key = storeKeys.keptForPins(space, version);
    const stored = removal.read(key);
    if (stored === undefined) continue;
    if (!removal.hasRoom) return false;
    const kept = expectList(decodeValue(stored, bytesMax), bytesMax, (each) => expectBytes(each, bytesMax));
    for (const each of kept) removal.remove(byteString(each));
    removal.remove(key);
  }
  removal.remove(storeKeys.keptForPins(space));
  return true;
}

function removeNode(stored: StoredNode, space: StateSpace, removal: Removal): boolean {
  const key = storeKeys.treeNode(space, stored.prefix, stored.version);
  const bytes = removal.read(key);
  if (bytes === undefined) return true;
  if (!removal.hasRoom) return false;
  const node = decodeNode(bytes, stored);
  if (node.kind === "bucket") {
    for (const { hash } of node.leaves) removal.remove(storeKeys.entity(space, hash));
  } else {
    for (const child of node.children)
      if (child?.kind === "stored" && !removeNode(child, space, removal)) return false;
  }
  removal.remove(key);
  return true;
}

const bytesMax = Number.MAX_SAFE_INTEGER;
