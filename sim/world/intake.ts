/**
 * What is for a node waits in its inbox while it cannot handle it: while it is paused, while it is busy with an
 * input before (a slow node takes time for each), and, as under the production driver, while so much is staged that
 * the disk must come first.
 */

import type { Input } from "../../core/input.ts";
import type { WorldPort } from "./events.ts";
import type { SimNode } from "./sim-node.ts";

/** As of the production driver: with more than this not synced, inputs wait for the disk. */
const unsyncedBytesMax = 33_554_432;

export class Intake {
  readonly #world: WorldPort;
  readonly #handle: (node: SimNode, input: Input) => void;

  constructor(world: WorldPort, handle: (node: SimNode, input: Input) => void) {
    this.#world = world;
    this.#handle = handle;
  }

  /** Has a node that is up handle an input, now or when its turn comes. */
  push(node: SimNode, input: Input): void {
    if (node.inbox.length === 0 && this.#isFree(node)) return this.#give(node, input);
    node.inbox.push(input);
    this.#comeBack(node);
  }

  /** Has the node handle what waits, as far as it can now. */
  drain(node: SimNode): void {
    while (node.inbox.length > 0 && this.#isFree(node)) this.#give(node, node.inbox.shift() as Input);
    this.#comeBack(node);
  }

  /** A slow node is through with what it was busy with. */
  ready(node: SimNode, epoch: number): void {
    if (node.epoch !== epoch) return;
    node.isReadyDue = false;
    this.drain(node);
  }

  #isFree(node: SimNode): boolean {
    return (
      !node.isPaused && node.busyUntilUs <= this.#world.nowUs && node.disk.unsyncedBytes <= unsyncedBytesMax
    );
  }

  #give(node: SimNode, input: Input): void {
    const { inputUs } = node.impairment;
    if (inputUs > 0) {
      this.#world.counters.fault("slow");
      node.busyUntilUs = this.#world.nowUs + inputUs;
    }
    this.#handle(node, input);
  }

  #comeBack(node: SimNode): void {
    if (node.inbox.length === 0 || node.isReadyDue || node.busyUntilUs <= this.#world.nowUs) return;
    node.isReadyDue = true;
    this.#world.schedule(node.busyUntilUs, { kind: "ready", node: node.index, epoch: node.epoch });
  }
}
