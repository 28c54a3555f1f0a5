/** What the two sides of a transfer of state say to each other, as effects. */

import type { StreamId } from "../../input.ts";
import type { Turn } from "../../turn.ts";
import { encodeStateMessage, type StateMessage, type StateRefusal } from "../../wire/state-message.ts";
import { bringOn } from "../pace.ts";
import type { ServingMemory } from "./serving.ts";

export function say(stream: StreamId, message: StateMessage, turn: Turn): void {
  turn.perform({ kind: "send", stream, frame: encodeStateMessage(message) });
}

/** What was asked for, which brings a transfer on as far as it says something. */
export function give({ stream, pace }: ServingMemory, message: StateMessage, turn: Turn): void {
  const frame = encodeStateMessage(message);
  turn.perform({ kind: "send", stream, frame });
  bringOn(pace, frame.length, turn.now.monotonicMs);
}

export function refuse(stream: StreamId, reason: Exclude<StateRefusal, "version">, turn: Turn): void {
  say(stream, { kind: "state-refusal", reason }, turn);
  turn.perform({ kind: "close-stream", stream });
}
