/** What nodes say to each other on streams, and what they note of their sync sessions, in a few words. */

import { unreachable } from "../../core/assert.ts";
import type { Effect, Observation } from "../../core/effect.ts";
import { isFault } from "../../core/fault.ts";
import { type BlobMessage, decodeBlobMessage } from "../../core/wire/blob-message.ts";
import { decodeStateMessage, type StateMessage } from "../../core/wire/state-message.ts";
import { decodeSyncMessage, isStateProtocol, type SyncMessage } from "../../core/wire/sync-message.ts";
import { counted } from "../counted.ts";

type StreamMessage = SyncMessage | StateMessage | BlobMessage;

const choosing = ", chooses ";

/** A frame is told where it is sent, and again where it arrives. */
const told = new WeakMap<Uint8Array, string>();

/** What a frame says; by its length, where it says nothing that a node would understand. O(bytes), once for each. */
export function frameWords(frame: Uint8Array): string {
  const known = told.get(frame);
  if (known !== undefined) return known;
  const message = decoded(frame);
  const words = message === null ? `a frame of ${frame.length} B` : messageWords(message);
  told.set(frame, words);
  return words;
}

/** No code of a message is that of another kind of stream. */
function decoded(frame: Uint8Array): StreamMessage | null {
  for (const decode of [decodeSyncMessage, decodeStateMessage, decodeBlobMessage]) {
    const message = decode(frame);
    if (!isFault(message)) return message;
  }
  return null;
}

function messageWords(message: StreamMessage): string {
  switch (message.kind) {
    case "handshake":
      return handshakeWords(message);
    case "delta-request":
      return `delta-request for ${message.ids.length}`;
    case "ranges":
      return counted(message.ranges.length, "range");
    case "deltas":
      return counted(message.batch.entries.length, "delta");
    case "credit":
      return `credit for ${message.messages}`;
    case "below":
      return `below (no bodies of ${message.ids.length} and what is under them)`;
    case "refusal":
    case "state-refusal":
    case "blob-refusal":
      return `${message.kind} (${message.reason})`;
    case "state-offer":
      return `state-offer of ${counted(message.entityCount, "entity", "entities")}`;
    case "history":
      return `history of ${counted(message.heads.length, "delta")}`;
    case "state-query":
      return `state-query (${message.queries.length})`;
    case "state-answer":
      return `state-answer (${message.answers.length})`;
    case "chunk-request":
    case "chunk":
    case "chunk-absent":
      return `${message.kind} ${message.index}`;
    case "state-needed":
    case "done":
    case "state-request":
    case "history-request":
    case "state-done":
    case "blob-request":
    case "blob-offer":
      return message.kind;
    default:
      return unreachable(message);
  }
}

/** Of who answers with what it chose. Who takes the other's state shows in who then asks for one. */
function handshakeWords({
  appliedCount,
  horizon,
  chosen,
}: Extract<SyncMessage, { kind: "handshake" }>): string {
  const without = horizon === 0 ? "" : `, ${horizon} without bodies`;
  const choice = chosen === null ? "" : `${choosing}${chosen}`;
  const taker = isStateProtocol(chosen) ? ": who has fewer takes the other's state" : "";
  return `handshake (has ${counted(appliedCount, "delta")}${without})${choice}${taker}`;
}

/** By what was noted: what to say before the peer's name, and after it. */
const notes: { readonly [name in Observation["name"]]?: readonly [before: string, after: string] } = {
  "sync-started": ["starts a sync session with", ""],
  "sync-ended": ["its sync session with", "ends"],
  "sync-refused": ["is refused by", ""],
  "sync-silent": ["waits no longer for", ""],
  "sync-state-started": ["begins to take the state of", ""],
  "sync-hash-comparison": ["took over the state of", "by hash-comparison"],
  "sync-level-wise": ["took over the state of", "by level-wise"],
  "sync-snapshot": ["took over the state of", "by snapshot"],
  "state-untimely": ["cannot join the state of", "with its own"],
  "state-refused": ["is refused the state of", ""],
  "state-too-large": ["finds too large the state of", ""],
  "divergence-alarm": ["sees another state on the same heads at", ""],
};

/** Does a step begin or end a session, or choose its protocol? */
export function turnsSession(effects: readonly Effect[]): boolean {
  return effects.some(
    (effect) =>
      (effect.kind === "observe" && noteWords(effect.observation) !== "") ||
      (effect.kind === "send" && frameWords(effect.frame).includes(choosing)),
  );
}

/** Empty for what is of no session. */
export function noteWords({ name, peer, detail }: Observation): string {
  const words = notes[name];
  if (words === undefined || peer === undefined) return "";
  const [before, after] = words;
  const ended = detail === undefined || name !== "sync-ended" ? "" : `: ${detail}`;
  return `${before} ${peer}${after === "" ? "" : ` ${after}`}${ended}`;
}
