/** What can be due in the simulated world. Plain data, ordered by the event queue. */

import type { ChunkEffect } from "../../core/effect.ts";
import type { Input } from "../../core/input.ts";
import type { Direction } from "./conditions.ts";
import type { Carried, Connection } from "./connections.ts";
import type { FaultChange } from "./fault-injector.ts";
import type { GossipCopy, Message } from "./gossip-links.ts";

export type WorldEvent =
  /** Something happens to a node, unless it restarted since (`epoch`). */
  | { readonly kind: "input"; readonly node: number; readonly epoch: number; readonly input: Input }
  | { readonly kind: "wake"; readonly node: number; readonly token: number }
  | { readonly kind: "synced"; readonly node: number; readonly epoch: number }
  /** A disk that failed is tried once more. */
  | { readonly kind: "sync-again"; readonly node: number; readonly epoch: number }
  /** A node that its disk stopped is started again. */
  | { readonly kind: "revived"; readonly node: number; readonly epoch: number }
  /** A slow node can handle its next input. */
  | { readonly kind: "ready"; readonly node: number; readonly epoch: number }
  | { readonly kind: "dialled"; readonly from: number; readonly link: number; readonly epoch: number }
  /** Something ordered and reliable reaches the end of a connection. */
  | {
      readonly kind: "carried";
      readonly connection: Connection;
      readonly direction: Direction;
      readonly sequence: number;
      readonly carried: Carried;
      /** Damaged on its way. */
      readonly isCorrupt: boolean;
    }
  /** One end of a broken connection learns of it. */
  | {
      readonly kind: "noticed";
      readonly connection: Connection;
      readonly node: number;
      readonly epoch: number;
    }
  | { readonly kind: "keepalive"; readonly connection: Connection; readonly silentSinceUs: number }
  | { readonly kind: "gossip"; readonly copy: GossipCopy }
  | {
      readonly kind: "ihave";
      readonly connection: Connection;
      readonly from: number;
      readonly to: number;
      readonly messages: readonly Message[];
    }
  | {
      readonly kind: "iwant";
      readonly connection: Connection;
      readonly from: number;
      readonly to: number;
      readonly messages: readonly Message[];
    }
  | { readonly kind: "mesh-heartbeat"; readonly node: number; readonly epoch: number; readonly nth: number }
  /** The disk of a node's blobs has come to what it was asked for. */
  | {
      readonly kind: "chunks";
      readonly node: number;
      readonly epoch: number;
      readonly effect: ChunkEffect;
    }
  | { readonly kind: "operation"; readonly index: number }
  /** Everything that begins or ends at one moment, in order. */
  | { readonly kind: "faults"; readonly changes: readonly FaultChange[] };

/** What the parts of the world need of it. */
export interface WorldPort {
  readonly seed: number;
  readonly nowUs: number;
  schedule(timeUs: number, event: WorldEvent): void;
  /** Gives a node an input now. A node that is down does not get it; for a paused one it waits. */
  deliver(node: number, input: Input): void;
  /** Started, not crashed, not left. */
  isUp(node: number): boolean;
  isPaused(node: number): boolean;
  /** Counts the starts of a node. */
  epochOf(node: number): number;
  readonly counters: Counters;
}

export type CountersMemory = Pick<Counters, "messages" | "bytes" | "faults" | "probes">;

/** What a run counts. Names appear in the result as they are. */
export class Counters {
  readonly messages: Record<string, number>;
  readonly bytes: { gossip: number; sync: number; payload: number };
  readonly faults: Record<string, number>;
  readonly probes: Record<string, number>;

  constructor(memory?: CountersMemory) {
    this.messages = memory?.messages ?? {};
    this.bytes = memory?.bytes ?? { gossip: 0, sync: 0, payload: 0 };
    this.faults = memory?.faults ?? {};
    this.probes = memory?.probes ?? {};
  }

  get memory(): CountersMemory {
    const { messages, bytes, faults, probes } = this;
    return { messages, bytes, faults, probes };
  }

  message(kind: string, count = 1): void {
    this.messages[kind] = (this.messages[kind] ?? 0) + count;
  }

  fault(kind: string, count = 1): void {
    this.faults[kind] = (this.faults[kind] ?? 0) + count;
  }

  probe(name: string, amount: number): void {
    this.probes[name] = (this.probes[name] ?? 0) + amount;
  }
}
