/** Which step sent what a node was given. */

import type { SimulationEvent } from "../simulation.ts";

/** By node: the steps in which it sent something, in order. */
type Senders = Map<number, number[]>;

export class Causes {
  readonly #indexes: ReadonlyMap<string, number>;
  /** By message. Bytes are handed on as they are, so they name it. */
  readonly #said = new WeakMap<Uint8Array, Senders>();
  readonly #sent = new WeakMap<Uint8Array, Senders>();
  /** Messages whose verdict is still out, by node and the driver's name. */
  readonly #judging = new Map<string, Uint8Array>();
  /** Who is at the other end, by node and its own number for the stream. */
  readonly #peers = new Map<string, number>();

  constructor(indexes: ReadonlyMap<string, number>) {
    this.#indexes = indexes;
  }

  /** The step that sent this input; -1 where none did. Notes what this step sends in turn. */
  of({ input, effects }: SimulationEvent, { node, step }: { node: number; step: number }): number {
    const cause = this.#causeOf(input, node);
    for (const effect of effects) {
      switch (effect.kind) {
        case "publish":
          note(this.#said, effect.message, { node, step });
          break;
        case "verdict":
          this.#judged(effect, { node, step });
          break;
        case "open-stream":
          this.#peers.set(`${node}/${effect.stream}`, this.#indexOf(effect.peer));
          break;
        case "send":
          note(this.#sent, effect.frame, { node, step });
          break;
      }
    }
    return cause;
  }

  #causeOf(input: SimulationEvent["input"], node: number): number {
    switch (input.kind) {
      case "gossip":
        this.#judging.set(`${node}/${input.gossip}`, input.message);
        return this.#said.get(input.message)?.get(this.#indexOf(input.from))?.[0] ?? -1;
      case "stream-opened":
        this.#peers.set(`${node}/${input.stream}`, this.#indexOf(input.peer));
        return -1;
      case "stream-frame": {
        const peer = this.#peers.get(`${node}/${input.stream}`) ?? -1;
        // A frame arrives once: the oldest that was sent is the one.
        return this.#sent.get(input.frame)?.get(peer)?.shift() ?? -1;
      }
      default:
        return -1;
    }
  }

  #judged(
    { gossip, verdict }: Extract<SimulationEvent["effects"][number], { kind: "verdict" }>,
    { node, step }: { node: number; step: number },
  ): void {
    const message = this.#judging.get(`${node}/${gossip}`);
    this.#judging.delete(`${node}/${gossip}`);
    if (message !== undefined && verdict === "accept") note(this.#said, message, { node, step });
  }

  #indexOf(peer: string): number {
    return this.#indexes.get(peer) ?? -1;
  }
}

function note(
  messages: WeakMap<Uint8Array, Senders>,
  bytes: Uint8Array,
  { node, step }: { node: number; step: number },
): void {
  const senders: Senders = messages.get(bytes) ?? new Map();
  messages.set(bytes, senders);
  const steps = senders.get(node) ?? [];
  senders.set(node, steps);
  steps.push(step);
}
