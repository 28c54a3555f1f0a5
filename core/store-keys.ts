/**
 * Keys of the store. One character a byte, so that an adapter may keep them as bytes; the first character says
 * what is kept. The core reads exact keys only, so every list it needs is countable from a record it knows.
 */

import type { ContextId, DeltaId } from "./ids.ts";

export const storeKeys = {
  /** [format, incarnation, [context ids]]: the first thing a start reads. */
  node: "n",
  /** [ms, counter]: the last clock value this node stamped with. */
  clock: "h",
  /** [applied count, entity count] of a context. */
  context: (contextId: ContextId): string => `c${contextId}`,
  /** A sealed delta. */
  delta: (id: DeltaId): string => `d${id}`,
  /** A block of the index of applied deltas, `entriesPerBlock` of them, in the order they were applied. */
  indexBlock: (contextId: ContextId, block: number): string => `i${contextId}${block}`,
  /** An entity, numbered in the order of first appearance. */
  entity: (contextId: ContextId, ordinal: number): string => `e${contextId}${ordinal}`,
} as const;

/** Raised when what is stored changes shape. */
export const storeFormat = 1;
