/**
 * Keys of the store. One character a byte, so that an adapter may keep them as bytes; the first character says
 * what is kept. The core reads exact keys only, so every list it needs is countable from a record it knows.
 */

import type { BlobId, ContextId, DeltaId, Hash } from "./ids.ts";

/** Which of the two spaces of a context's state: the one that shows is in either, what is to replace it in the other. */
export type SharedSpace = "s" | "u";
/** Whose a state is: a context's, or what a node keeps beside it for itself. */
export type StateSpace = `${SharedSpace}${ContextId}` | `p${ContextId}`;

export const storeKeys = {
  /** [format, incarnation, [context ids]]: the first thing a start reads. */
  node: "n",
  /** [ms, counter]: the last clock value this node stamped with. */
  clock: "h",
  /** What a replica keeps of a context besides its deltas and its state. */
  context: (contextId: ContextId): string => `c${contextId}`,
  /** A sealed delta. */
  delta: (id: DeltaId): string => `d${id}`,
  /** A block of the index of applied deltas, `entriesPerBlock` of them, in the order they were applied. */
  indexBlock: (contextId: ContextId, block: number): string => `i${contextId}${block}`,
  /** Runs of positions whose deltas have no body here: [from, until, from, until …]; absent while all have one. */
  withoutBodies: (contextId: ContextId): string => `b${contextId}`,
  /** A block of the heads of deltas that have no body here, by their positions. */
  pastHeads: (contextId: ContextId, block: number): string => `a${contextId}${block}`,
  /** The common frontiers with the one peer of those that share this slot who was met last. */
  frontiers: (contextId: ContextId, slot: number): string => `f${contextId}${slot}`,
  /** What finds a node's private state beside a context. */
  privateState: (contextId: ContextId): string => `p${contextId}`,
  /** Which checkpoints a context has and whom they wait for, as of the state as it was last written. */
  checkpoints: (contextId: ContextId): string => `l${contextId}`,
  /** An entity of a state, by the hash of its content. */
  entity: (space: StateSpace, hash: Hash): string => `e${space}${hash}`,
  /** A node of a state's tree. */
  treeNode: (space: StateSpace, prefix: string, version: number): string => `t${space}${version}/${prefix}`,
  /** The versions of a state's tree that left records for pins, or the keys of what one of them left. */
  keptForPins: (space: StateSpace, version: number | "" = ""): string => `k${space}${version}`,
  /** Verified parts of a state that is being received, some together. */
  staged: (contextId: ContextId, block: number): string => `v${contextId}${block}`,
  /** The lengths of a context's lines of owed work. */
  owed: (contextId: ContextId): string => `o${contextId}`,
  /** An entry of such a line. */
  owedEntry: (contextId: ContextId, line: string, number: number): string => `q${contextId}${line}:${number}`,
  /** [[blob, put here?], …]: the blobs this node keeps, whole or in part, those read longest ago first. */
  blobs: "x",
  /** [context id, …]: deleted from this node, and not all gone yet; absent where none is. */
  deletions: "g",
  /** A kept blob's manifest. */
  blobManifest: (blob: BlobId): string => `x${blob}`,
} as const;

/** Raised when what is stored changes shape, in a way that a reader does not see in the record itself: docs/decisions/0039-store-format.md. */
export const storeFormat = 4;
