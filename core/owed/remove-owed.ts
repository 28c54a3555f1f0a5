/** What a context is owed goes from the store: line after line, each from its end. */

import type { Removal } from "../deletion/removal.ts";
import type { ContextId } from "../ids.ts";
import { storeKeys } from "../store-keys.ts";
import { decodeLengths, parkedLine } from "./queue.ts";

/** True when nothing is left of it but how long the lines were. For use inside `decoding`. */
export function removeOwed(contextId: ContextId, removal: Removal): boolean {
  const stored = removal.read(storeKeys.owed(contextId));
  if (stored === undefined) return true;
  const { lines, parked } = decodeLengths(stored);
  const named = lines.map(({ first, next }, attempts) => ({ name: `${attempts}`, first, next }));
  return [...named, { ...parked, name: parkedLine }].every(({ name, first, next }) => {
    const keyOf = (number: number) => storeKeys.owedEntry(contextId, name, number);
    for (let number = removal.firstGone(first, next, keyOf) - 1; number >= first; number -= 1) {
      if (!removal.hasRoom) return false;
      removal.remove(keyOf(number));
    }
    return true;
  });
}
