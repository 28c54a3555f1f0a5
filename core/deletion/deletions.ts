/**
 * Contexts that were deleted from this node and are not all gone from its store. Which these are is in the store too,
 * from the commit in which they were deleted until the one that takes the last of them: a start goes on with what a crash
 * broke off. Meanwhile such a context is on this node no more, and cannot come again. docs/decisions/0030-deleting-contexts.md.
 */

import { bytesOf, type ContextId } from "../ids.ts";
import { type Services, timerName } from "../services.ts";
import { storeKeys } from "../store-keys.ts";
import { UnreadableStoreError } from "../stored-node.ts";
import type { Turn } from "../turn.ts";
import { decodeValue, decoding, encode } from "../wire/cbor.ts";
import { expectByteString, expectList } from "../wire/expect.ts";
import { Removal } from "./removal.ts";
import { removeContext } from "./remove-context.ts";

/** The first goes first. */
export type DeletionsMemory = Set<ContextId>;

const contextsMax = 1_000_000;
const recordBytesMax = 64 * 1_048_576;

export class Deletions {
  readonly #memory: DeletionsMemory;
  readonly #services: Services;

  constructor(memory: DeletionsMemory, services: Services) {
    this.#memory = memory;
    this.#services = services;
  }

  /** Is some of it still in the store? */
  has(contextId: ContextId): boolean {
    return this.#memory.has(contextId);
  }

  /** A context is on this node no more: its records go in later turns. */
  begin(contextId: ContextId, turn: Turn): void {
    this.#memory.add(contextId);
    this.#save(turn);
    this.#goOnLater(turn);
  }

  /** The timer is due: removes as much as a turn may. */
  goOn(turn: Turn): void {
    const [contextId] = this.#memory;
    if (contextId === undefined) return;
    const removed = decoding("a context that is being deleted", () => {
      const isGone = removeContext(contextId, new Removal(turn));
      return { kind: "removed", isGone } as const;
    });
    if (removed.kind === "fault") throw new UnreadableStoreError(removed);
    if (removed.isGone) {
      this.#memory.delete(contextId);
      this.#save(turn);
      turn.observe("context-deleted", { contextId });
    }
    this.#goOnLater(turn);
  }

  /** Reads which these are. For use inside `decoding`. */
  load(turn: Turn): void {
    const stored = turn.read(storeKeys.deletions);
    if (stored === undefined) return;
    for (const contextId of decodeDeletions(stored)) this.#memory.add(contextId);
    this.#goOnLater(turn);
  }

  #save(turn: Turn): void {
    if (this.#memory.size === 0) turn.remove(storeKeys.deletions);
    else turn.put(storeKeys.deletions, encode(Array.from(this.#memory, bytesOf)));
  }

  #goOnLater(turn: Turn): void {
    if (this.#memory.size > 0) this.#services.timers.set(timerName("deletion"), turn.now.monotonicMs);
  }
}

/** The contexts that a stored record names. For use inside `decoding`. */
export function decodeDeletions(stored: Uint8Array): readonly ContextId[] {
  return expectList(decodeValue(stored, recordBytesMax), contextsMax, (contextId) =>
    expectByteString<ContextId>(contextId),
  );
}
