/** All that changes in one context on this node: plain data. */

import { createDeltaStoreMemory, type DeltaStoreMemory } from "./delta-store/delta-store.ts";
import type { AuthorId, ContextId } from "./ids.ts";
import { createGovernanceMemory, type GovernanceMemory } from "./members/governance.ts";
import { createOwedMemory, type OwedMemory } from "./owed/queue.ts";
import { type ClosingMemory, createClosingMemory } from "./past/closing.ts";
import { createStateMemory, type StateMemory } from "./state/state-store.ts";
import { type BesideMemory, createBesideMemory } from "./states.ts";

export interface ReplicaMemory {
  readonly contextId: ContextId;
  readonly deltas: DeltaStoreMemory;
  /** Replaced as a whole by another that was made beside it. */
  state: StateMemory;
  readonly beside: BesideMemory;
  readonly private: StateMemory;
  readonly owed: OwedMemory;
  readonly governance: GovernanceMemory;
  readonly closing: ClosingMemory;
  /** Named by the genesis; empty until it has arrived. */
  application: string;
  /** The author of the genesis; null until it has arrived. */
  creator: AuthorId | null;
  /** How long deletions are kept, by the genesis; null: for ever, or until it has arrived. */
  retentionMs: number | null;
  /** This node has written here, so it may tidy up many heads. */
  isWriter: boolean;
  /** How many deltas, from the first, are in the state as it was last written. */
  writtenDeltas: number;
  /** Of the deltas since, encoded. */
  unwrittenBytes: number;
  /** Old bodies are being dropped, some each turn. */
  isCompacting: boolean;
}

export function createReplicaMemory(contextId: ContextId): ReplicaMemory {
  return {
    contextId,
    deltas: createDeltaStoreMemory(),
    state: createStateMemory(),
    beside: createBesideMemory(),
    private: createStateMemory(),
    owed: createOwedMemory(),
    governance: createGovernanceMemory(),
    closing: createClosingMemory(),
    application: "",
    creator: null,
    retentionMs: null,
    isWriter: false,
    writtenDeltas: 0,
    unwrittenBytes: 0,
    isCompacting: false,
  };
}
