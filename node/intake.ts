/**
 * The inputs that wait for the core. Each peer has a lane of its own, as have clients, and lanes take turns: a peer
 * that says much waits for itself, and another waits for one input of it at most. Within a lane order is kept.
 *
 * Bounded: frames and requests wait for room, gossip is refused and counted, and what may not be lost (who is
 * there, which streams end) is always taken, being few. When all is full, each lane may still hold a little.
 */

import type { Intake, NetworkInput } from "../adapters/libp2p/port.ts";
import type { PeerId } from "../core/ids.ts";
import type { ChunkInput, Input } from "../core/input.ts";

/** Inputs that may wait, besides those that may not be lost and the little that each lane may always hold. */
export const intakeMax = 1_000;
const bytesMax = 67_108_864;
export const laneAlways = { inputs: 16, bytes: 1_048_576 } as const;
/** Said once each time the intake fills up this far. */
const warnAt = 0.8 * intakeMax;

/** Whose input it is. */
type LaneName = PeerId | "clients" | "core";

interface Lane {
  readonly inputs: Input[];
  bytes: number;
  readonly waiting: { readonly input: Input; readonly taken: () => void }[];
}

export class InputQueue implements Intake {
  readonly #arrived: () => void;
  readonly #filling: (length: number) => void;
  /** Those in which something is or waits, the next one first. */
  readonly #lanes = new Map<LaneName, Lane>();
  #length = 0;
  #bytes = 0;
  #refused = 0;
  #isWarned = false;
  #isClosed = false;

  constructor(about: { readonly arrived: () => void; readonly filling: (length: number) => void }) {
    this.#arrived = about.arrived;
    this.#filling = about.filling;
  }

  get length(): number {
    return this.#length;
  }

  /** Gossip messages refused since the start because there was no room. */
  get refused(): number {
    return this.#refused;
  }

  push(
    input: NetworkInput | ChunkInput | { readonly kind: "start" } | { readonly kind: "woken" },
    from: LaneName,
  ): void {
    this.#add(input, from);
  }

  pushWhenRoom(input: Input, from: LaneName): Promise<void> {
    if (this.#isClosed || this.#hasRoom(from)) {
      this.#add(input, from);
      return Promise.resolve();
    }
    return new Promise((taken) => {
      this.#laneOf(from).waiting.push({ input, taken });
    });
  }

  offer(input: NetworkInput, from: LaneName): boolean {
    if (this.#hasRoom(from)) {
      this.#add(input, from);
      return true;
    }
    this.#refused += 1;
    return false;
  }

  /** The next input, or undefined. O(1) but for lanes that wait for room. */
  take(): Input | undefined {
    for (const [name, lane] of this.#lanes) {
      const input = lane.inputs.shift();
      // To the end of the line.
      this.#lanes.delete(name);
      if (lane.inputs.length > 0 || lane.waiting.length > 0) this.#lanes.set(name, lane);
      if (input === undefined) continue;
      this.#length -= 1;
      this.#bytes -= bytesOf(input);
      lane.bytes -= bytesOf(input);
      if (this.#length < warnAt) this.#isWarned = false;
      this.#letIn();
      return input;
    }
    return undefined;
  }

  /** Drops what waits, and takes nothing more. Whoever waits for room is let go. */
  close(): void {
    this.#isClosed = true;
    const waiting = Array.from(this.#lanes.values()).flatMap((lane) => lane.waiting);
    this.#lanes.clear();
    this.#length = 0;
    for (const { taken } of waiting) taken();
  }

  #hasRoom(from: LaneName): boolean {
    if (this.#length < intakeMax && this.#bytes < bytesMax) return true;
    const lane = this.#lanes.get(from);
    return lane === undefined || (lane.inputs.length < laneAlways.inputs && lane.bytes < laneAlways.bytes);
  }

  /** Takes what waits and has room now. */
  #letIn(): void {
    for (const [name, lane] of this.#lanes) {
      if (lane.waiting.length === 0 || !this.#hasRoom(name)) continue;
      const next = lane.waiting.shift();
      if (next === undefined) continue;
      this.#add(next.input, name);
      next.taken();
    }
  }

  #laneOf(name: LaneName): Lane {
    const known = this.#lanes.get(name);
    if (known !== undefined) return known;
    const lane: Lane = { inputs: [], bytes: 0, waiting: [] };
    this.#lanes.set(name, lane);
    return lane;
  }

  #add(input: Input, from: LaneName): void {
    if (this.#isClosed) return;
    const lane = this.#laneOf(from);
    lane.inputs.push(input);
    lane.bytes += bytesOf(input);
    this.#length += 1;
    this.#bytes += bytesOf(input);
    if (this.#length >= warnAt && !this.#isWarned) {
      this.#isWarned = true;
      this.#filling(this.#length);
    }
    this.#arrived();
  }
}

function bytesOf(input: Input): number {
  if (input.kind === "stream-frame") return input.frame.length;
  return input.kind === "gossip" ? input.message.length : 0;
}
