// Two nodes without a world: their streams are lists, and a test decides what arrives when.

import type { Effect } from "../../../core/effect.ts";
import type { PeerId } from "../../../core/ids.ts";
import type { StreamId } from "../../../core/input.ts";
import { decodeStateMessage, type StateMessage } from "../../../core/wire/state-message.ts";
import { decodeSyncMessage, type SyncMessage } from "../../../core/wire/sync-message.ts";
import type { LoneNode } from "../lone-node.ts";

interface Travelling {
  readonly stream: StreamId;
  readonly what: "open" | "close" | Uint8Array;
}

export type Side = 0 | 1;

/** Streams that side 0 opened have odd numbers here, those of side 1 even ones. */
export class Link {
  readonly nodes: readonly [LoneNode, LoneNode];
  /** By the side they travel to. */
  readonly travelling: readonly [Travelling[], Travelling[]] = [[], []];
  /** Of everything that was said, with who said it. */
  readonly heard: { readonly side: Side; readonly stream: StreamId; readonly message: SyncMessage }[] = [];
  readonly effects: readonly [Effect[], Effect[]] = [[], []];
  /** Of what was said about states, with its length in bytes. */
  readonly ofStates: { readonly side: Side; readonly bytes: number; readonly message: StateMessage }[] = [];
  /** What becomes of a frame that a side says. */
  tamper: (side: Side, frame: Uint8Array) => Uint8Array = (_, frame) => frame;

  constructor(nodes: readonly [LoneNode, LoneNode]) {
    this.nodes = nodes;
  }

  /** Takes over what a side did: its streams travel from here on. */
  did(side: Side, effects: readonly Effect[]): void {
    const other = (1 - side) as Side;
    this.effects[side].push(...effects);
    for (const effect of effects) {
      if (effect.kind === "open-stream") this.#send(other, this.#shared(side, effect.stream), "open");
      if (effect.kind === "close-stream") this.#send(other, this.#shared(side, effect.stream), "close");
      if (effect.kind !== "send") continue;
      const stream = this.#shared(side, effect.stream);
      const frame = this.tamper(side, effect.frame);
      this.#send(other, stream, frame);
      const message = decodeSyncMessage(frame);
      if (message.kind !== "fault") this.heard.push({ side, stream, message });
      else this.#hearOfState(side, frame);
    }
  }

  /** The next thing reaches a side; false when nothing travels to it. */
  arrive(side: Side): boolean {
    const next = this.travelling[side].shift();
    if (next === undefined) return false;
    const { stream: shared, what } = next;
    const stream = this.#own(side, shared);
    const peer = (side === 0 ? "b" : "a") as PeerId;
    if (what === "open") this.did(side, this.nodes[side].give({ kind: "stream-opened", stream, peer }));
    else if (what === "close") this.did(side, this.nodes[side].give({ kind: "stream-closed", stream }));
    else this.did(side, this.nodes[side].give({ kind: "stream-frame", stream, frame: what }));
    return true;
  }

  /** Both ends learn that they are connected and subscribe to the same. */
  meet(contextId: Parameters<LoneNode["meet"]>[1]): void {
    this.did(0, this.nodes[0].meet("b", contextId));
    this.did(1, this.nodes[1].meet("a", contextId));
  }

  /** Time passes for both, and what travels arrives, until nothing does. */
  pass(ms: number): void {
    for (const side of [0, 1] as const) this.did(side, this.nodes[side].pass(ms));
    while (this.arrive(0) || this.arrive(1));
  }

  #hearOfState(side: Side, frame: Uint8Array): void {
    const message = decodeStateMessage(frame);
    if (message.kind === "fault") throw new Error(message.detail);
    this.ofStates.push({ side, bytes: frame.length, message });
  }

  #send(to: Side, stream: StreamId, what: Travelling["what"]): void {
    this.travelling[to].push({ stream, what });
  }

  #shared(side: Side, own: StreamId): StreamId {
    const opener = own > 0 ? side : 1 - side;
    return Math.abs(own) * 2 - (opener === 0 ? 1 : 0);
  }

  #own(side: Side, shared: StreamId): StreamId {
    const opener = shared % 2 === 1 ? 0 : 1;
    const number = Math.ceil(shared / 2);
    return opener === side ? number : -number;
  }
}
