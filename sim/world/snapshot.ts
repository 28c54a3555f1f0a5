/** A world at one moment: what changes, copied, and what costs much to make and never changes, shared. */

import type { ContextId } from "../../core/ids.ts";
import type { Identity } from "../../core/ports.ts";
import type { TraceMemory } from "../../core/trace.ts";
import type { Codec } from "../../core/wire/codec.ts";
import type { BlobClientsMemory } from "./blob-clients.ts";
import type { ConditionsMemory } from "./conditions.ts";
import type { ConnectionsMemory } from "./connections.ts";
import type { QueueMemory } from "./event-queue.ts";
import type { CountersMemory, WorldEvent } from "./events.ts";
import type { FaultMemory } from "./fault-injector.ts";
import type { MeshMemory } from "./mesh.ts";
import type { SimNodeMemory } from "./sim-node.ts";
import type { StreamsMemory } from "./streams.ts";

/** The memory of every part. Connections and messages that several of them refer to are the same in each. */
export interface WorldMemory {
  readonly nowUs: number;
  readonly untilUs: number;
  readonly events: number;
  readonly skipped: number;
  readonly unanswered: number;
  readonly isStopped: boolean;
  readonly contextIds: ReadonlyMap<string, ContextId>;
  readonly counters: CountersMemory;
  readonly trace: TraceMemory;
  readonly queue: QueueMemory<WorldEvent>;
  readonly nodes: readonly SimNodeMemory[];
  readonly conditions: ConditionsMemory;
  readonly connections: ConnectionsMemory;
  readonly streams: StreamsMemory;
  readonly mesh: MeshMemory;
  readonly faults: FaultMemory;
  readonly blobClients: BlobClientsMemory;
}

export interface WorldSnapshot {
  readonly codec: Codec;
  readonly identities: readonly Identity[];
  readonly memory: WorldMemory;
}
