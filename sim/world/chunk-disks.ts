/**
 * The disks on which the chunks of nodes' blobs lie, beside their stores: each does one thing after the other, and a
 * chunk is there whole once it was stored, or not at all, as with files written beside and renamed. What was under
 * way when the node stopped never came about. A full or failing disk says so.
 */

import type { ChunkEffect } from "../../core/effect.ts";
import type { ChunkInput } from "../../core/input.ts";
import { mix32 } from "../random.ts";
import type { WorldPort } from "./events.ts";
import type { SimNode } from "./sim-node.ts";

/** About one chunk in so many is damaged by a crash that corrupts. */
const damagedOneOf = 4;

export class ChunkDisks {
  readonly #world: WorldPort;
  readonly #usualUs: readonly [number, number];

  constructor(world: WorldPort, usualUs: readonly [number, number]) {
    this.#world = world;
    this.#usualUs = usualUs;
  }

  /** A node asks its disk for something. */
  perform(node: SimNode, effect: ChunkEffect): void {
    const world = this.#world;
    node.chunkTurns += 1;
    const [min, max] = node.impairment.syncUs ?? this.#usualUs;
    const takesUs = min + (mix32(world.seed, node.index, node.chunkTurns, 18) % (max - min + 1));
    node.chunksBusyUntilUs = Math.max(node.chunksBusyUntilUs, world.nowUs) + takesUs;
    const event = { kind: "chunks", node: node.index, epoch: node.epoch, effect } as const;
    world.schedule(node.chunksBusyUntilUs, event);
  }

  /** The disk has come to it. */
  ended(node: SimNode, epoch: number, effect: ChunkEffect): void {
    if (node.epoch !== epoch) return;
    const input = this.#carryOut(node, effect);
    if (input !== null) this.#world.deliver(node.index, input);
  }

  /** Other bytes come back of some of what it holds. */
  damage(node: SimNode, seed: number): void {
    let place = 0;
    for (const [chunk, bytes] of node.chunks) {
      place += 1;
      if (bytes.length === 0 || mix32(seed, place, 0, 19) % damagedOneOf !== 0) continue;
      const damaged = bytes.slice();
      damaged[0] = (damaged[0] ?? 0) ^ 0xff;
      node.chunks.set(chunk, damaged);
      this.#world.counters.probe("disk-chunks-damaged", 1);
    }
  }

  #carryOut(node: SimNode, effect: ChunkEffect): ChunkInput | null {
    switch (effect.kind) {
      case "store-chunk": {
        const { chunk, bytes } = effect;
        const problem = this.#troubleOf(node);
        if (problem === null) node.chunks.set(chunk, bytes);
        return { kind: "chunk-stored", chunk, problem };
      }
      case "read-chunk": {
        const { chunk } = effect;
        const bytes = node.chunks.get(chunk);
        const found =
          bytes === undefined ? ({ kind: "absent" } as const) : ({ kind: "bytes", bytes } as const);
        return { kind: "chunk-read", chunk, found };
      }
      case "drop-chunks":
        for (const chunk of effect.chunks) node.chunks.delete(chunk);
        return null;
      case "list-chunks":
        return { kind: "chunks-listed", chunks: Array.from(node.chunks.keys()) };
    }
  }

  #troubleOf(node: SimNode): string | null {
    const { isDiskFull, failRate } = node.impairment;
    const { counters, seed } = this.#world;
    const isFailing = mix32(seed, node.index, node.chunkTurns, 20) < failRate * 0x1_0000_0000;
    if (!isDiskFull && !isFailing) return null;
    counters.fault(isDiskFull ? "disk-full" : "disk-fail");
    return isDiskFull ? "no space is left" : "the disk failed";
  }
}
