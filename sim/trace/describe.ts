/** A step in a few words: what a node was given, and what came of it that others or its disk notice. */

import type { Effect } from "../../core/effect.ts";
import { toHex } from "../../core/ids.ts";
import type { Input } from "../../core/input.ts";
import type { SimulationEvent } from "../simulation.ts";

const shownMax = 80;
const chunkDigits = 8;

/** `kept`: deltas that the step brought to the disk. */
export function describeStep({ input, effects }: SimulationEvent, kept: number): string {
  const outcomes = [kept === 0 ? "" : `keeps ${kept}`, ...effects.map(outcome)].filter((word) => word !== "");
  const did = Array.from(new Set(outcomes));
  return did.length === 0 ? describeInput(input) : `${describeInput(input)}: ${did.join(", ")}`;
}

function describeInput(input: Input): string {
  switch (input.kind) {
    case "peer-found":
    case "peer-connected":
    case "peer-disconnected":
    case "dial-failed":
    case "peer-subscribed":
    case "peer-unsubscribed":
    case "stream-opened":
      return `${input.kind} ${input.peer}`;
    case "gossip":
      return `gossip from ${input.from}, ${input.message.length} B`;
    case "stream-frame":
      return `frame on stream ${input.stream}, ${input.frame.length} B`;
    case "chunk-stored":
    case "chunk-read":
      return `${input.kind} ${toHex(input.chunk).slice(0, chunkDigits)}`;
    case "request":
      return input.call.kind === "execute"
        ? `${input.call.method} ${JSON.stringify(input.call.args)}`.slice(0, shownMax)
        : input.call.kind;
    default:
      return input.kind;
  }
}

function outcome(effect: Effect): string {
  switch (effect.kind) {
    case "publish":
      return "publishes";
    case "verdict":
      return effect.verdict === "accept" ? "" : `${effect.verdict}s`;
    case "dial":
      return `dials ${effect.peer}`;
    case "store-chunk":
      return "stores a chunk";
    case "read-chunk":
      return "reads a chunk";
    case "drop-chunks":
      return `drops ${effect.chunks.length} chunks`;
    case "open-stream":
      return `opens a stream to ${effect.peer}`;
    case "send":
      return "sends";
    case "close-stream":
      return "closes a stream";
    case "reply":
      return effect.outcome.kind === "refused" ? `refused (${effect.outcome.code})` : "answers";
    case "fault":
      return `blames ${effect.peer} for ${effect.fault.code}`;
    default:
      return "";
  }
}
