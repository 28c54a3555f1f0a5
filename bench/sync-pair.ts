/**
 * Two real nodes and a link between them that carries whole frames, each in one hop, as fast as they come. What one
 * meeting costs is counted from the first frame until both stand on the same heads and nothing is on its way.
 */

import type { Effect } from "../core/effect.ts";
import { type ContextId, topicOf } from "../core/ids.ts";
import type { Input, StreamId } from "../core/input.ts";
import { decodeSyncMessage } from "../core/wire/sync-message.ts";
import type { BenchNode } from "./bench-node.ts";
import { type Side, sides } from "./sync-workload.ts";

interface Travelling {
  readonly to: Side;
  readonly stream: StreamId;
  readonly what: "open" | "close" | Uint8Array;
}

interface Said {
  readonly from: Side;
  readonly frame: Uint8Array;
  /** So many hops after the first frame. */
  readonly afterHops: number;
}

/** What a meeting came to. */
export interface Meeting {
  /** Streams that were opened: one for a session. */
  readonly streams: number;
  readonly frames: readonly Said[];
  /** On the wire, both ways, with the length before each frame. */
  readonly bytes: number;
  /** Until both stood on the same heads. */
  readonly hops: number;
  readonly cpuMs: readonly [number, number];
}

/** After this long without anything on its way two nodes that differ are not going to agree. */
const patienceMs = 60_000;

export class Pair {
  readonly nodes: readonly [BenchNode, BenchNode];
  readonly #contextId: ContextId;
  #travelling: Travelling[] = [];
  readonly #frames: Said[] = [];
  #streams = 0;
  #hops = 0;
  readonly #cpuMs: [number, number] = [0, 0];

  constructor(nodes: readonly [BenchNode, BenchNode], contextId: ContextId) {
    this.nodes = nodes;
    this.#contextId = contextId;
    const nowMs = Math.max(nodes[0].nowMs, nodes[1].nowMs);
    for (const node of nodes) node.nowMs = nowMs;
  }

  /** They connect and subscribe to the context, talk until they agree, and part. */
  meet(): Meeting {
    for (const side of sides) {
      const peer = this.nodes[(1 - side) as Side].identity.peer;
      this.#give(side, { kind: "peer-connected", peer });
      this.#give(side, { kind: "peer-subscribed", peer, topic: topicOf(this.#contextId) });
    }
    let agreedAfter: number | null = null;
    let waitedMs = 0;
    while (agreedAfter === null || this.#travelling.length > 0) {
      if (this.#travelling.length > 0) {
        this.#hops += 1;
        this.#arrive();
      } else {
        waitedMs += 1;
        if (waitedMs > patienceMs) throw new Error("two nodes met and did not agree");
      }
      this.#pass(1);
      if (agreedAfter === null && this.#agree()) agreedAfter = this.#hops;
    }
    for (const side of sides)
      this.#give(side, { kind: "peer-disconnected", peer: this.nodes[(1 - side) as Side].identity.peer });
    const bytes = bytesOf(this.#frames);
    return { streams: this.#streams, frames: this.#frames, bytes, hops: agreedAfter, cpuMs: this.#cpuMs };
  }

  #agree(): boolean {
    const [own, other] = this.nodes.map((node) => node.replica(this.#contextId).heads().join(""));
    return own === other;
  }

  /** Everything on its way now; what is said in answer travels in the next hop. */
  #arrive(): void {
    const arriving = this.#travelling;
    this.#travelling = [];
    for (const { to, stream, what } of arriving) {
      const { peer } = this.nodes[(1 - to) as Side].identity;
      if (what === "open") this.#give(to, { kind: "stream-opened", stream, peer });
      else if (what === "close") this.#give(to, { kind: "stream-closed", stream });
      else this.#give(to, { kind: "stream-frame", stream, frame: what });
    }
  }

  #pass(ms: number): void {
    for (const side of sides)
      this.#did(
        side,
        this.#timed(side, () => this.nodes[side].pass(ms)),
      );
  }

  #give(side: Side, input: Input): void {
    this.#did(
      side,
      this.#timed(side, () => this.nodes[side].handle(input)),
    );
  }

  #timed<T>(side: Side, work: () => T): T {
    const before = process.cpuUsage();
    const result = work();
    const { user, system } = process.cpuUsage(before);
    this.#cpuMs[side] += (user + system) / 1_000;
    return result;
  }

  /** A stream has a number at the side that opened it, and the negative of that at the other. */
  #did(side: Side, effects: readonly Effect[]): void {
    const to = (1 - side) as Side;
    for (const effect of effects) {
      if (effect.kind === "open-stream") this.#streams += 1;
      if (effect.kind === "open-stream") this.#travelling.push({ to, stream: -effect.stream, what: "open" });
      if (effect.kind === "close-stream")
        this.#travelling.push({ to, stream: -effect.stream, what: "close" });
      if (effect.kind !== "send") continue;
      this.#travelling.push({ to, stream: -effect.stream, what: effect.frame });
      this.#frames.push({ from: side, frame: effect.frame, afterHops: this.#hops });
    }
  }
}

/** The frames that hold deltas, or all others. */
export function framesOf({ frames }: Meeting, what: "deltas" | "else"): readonly Said[] {
  return frames.filter(({ frame }) => (decodeSyncMessage(frame).kind === "deltas") === (what === "deltas"));
}

/** On the wire, with the length before each. */
export function bytesOf(frames: readonly Said[]): number {
  return frames.reduce((sum, { frame }) => sum + frame.length + prefixBytes(frame.length), 0);
}

/** Of the unsigned varint before a frame of this length. */
function prefixBytes(length: number): number {
  return Math.max(1, Math.ceil(Math.log2(length + 1) / 7));
}
