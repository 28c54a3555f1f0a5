/** A step in a few words: what a node was given, and what came of it that others or its disk notice. */

import { unreachable } from "../../core/assert.ts";
import type { Effect } from "../../core/effect.ts";
import { type AuthorId, type BlobId, type Hash, toHex } from "../../core/ids.ts";
import type { ClientCall, Input } from "../../core/input.ts";
import type { SimulationEvent } from "../simulation.ts";
import { frameWords, noteWords } from "./sync-words.ts";

const shownMax = 80;
const outcomesShown = 12;
const shortDigits = 8;

/** What a node is called that signs with this key, if one of the run does. */
export type NameOf = (author: AuthorId) => string | undefined;

/** `kept`: deltas that the step brought to the disk. */
export function describeStep({ input, effects }: SimulationEvent, kept: number, nameOf: NameOf): string {
  const outcomes = [kept === 0 ? "" : `keeps ${kept}`, ...effects.map(outcome)].filter((word) => word !== "");
  const did = Array.from(new Set(outcomes));
  const given = describeInput(input, nameOf);
  const more = did.length > outcomesShown ? `, and ${did.length - outcomesShown} more` : "";
  return did.length === 0 ? given : `${given}: ${did.slice(0, outcomesShown).join(", ")}${more}`;
}

function describeInput(input: Input, nameOf: NameOf): string {
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
      return `${frameWords(input.frame)} on stream ${input.stream}`;
    case "chunk-stored":
    case "chunk-read":
      return `${input.kind} ${short(input.chunk)}`;
    case "request":
      return describeCall(input.call, nameOf).slice(0, shownMax);
    default:
      return input.kind;
  }
}

function describeCall(call: ClientCall, nameOf: NameOf): string {
  switch (call.kind) {
    case "execute":
      return `${call.method} ${JSON.stringify(call.args)}`;
    case "create-context":
      return `create-context ${call.application}`;
    case "join-context":
      return call.invitation === undefined ? "join-context" : "join-context by an invitation";
    case "invite":
      return `invite ${call.invitee === null ? "whoever comes" : named(call.invitee, nameOf)} as ${call.role}`;
    case "change-members":
      return describeChange(call.change, nameOf);
    case "write-blob":
      return `write-blob ${call.chunk.length} B`;
    case "finish-blob":
      return `finish-blob "${call.name}"`;
    case "read-blob":
      return `read-blob ${short(call.blob)}, chunk ${call.chunk}`;
    case "delete-blob":
      return `delete-blob ${short(call.blob)}`;
    case "restore":
      return `restore a delta, ${call.delta.length} B`;
    case "restore-state":
      return `restore a state of ${call.cut.entities.length} entities after ${call.cut.history.length} deltas`;
    case "restore-private":
      return `restore ${call.entities.length} private entities`;
    case "sync-now":
      return `sync-now with ${call.peer ?? "all"}`;
    case "abandon-blob":
    case "delete-context":
    case "retry-owed":
      return call.kind;
    default:
      return unreachable(call);
  }
}

function describeChange(
  change: Extract<ClientCall, { kind: "change-members" }>["change"],
  nameOf: NameOf,
): string {
  switch (change.kind) {
    case "leave":
      return "leave";
    case "remove":
      return `remove ${named(change.member, nameOf)}`;
    case "role":
      return `make ${named(change.member, nameOf)} ${change.role}`;
    default:
      return unreachable(change);
  }
}

/** Of the run's nodes by name; whoever else it is, by the beginning of the key. */
function named(author: AuthorId, nameOf: NameOf): string {
  return nameOf(author) ?? short(author);
}

function short(id: AuthorId | BlobId | Hash): string {
  return toHex(id).slice(0, shortDigits);
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
      return `sends ${frameWords(effect.frame)}`;
    case "close-stream":
      return "closes a stream";
    case "reply":
      return effect.outcome.kind === "refused" ? `refused (${effect.outcome.code})` : "answers";
    case "observe":
      return noteWords(effect.observation);
    case "fault":
      return `blames ${effect.peer} for ${effect.fault.code}`;
    default:
      return "";
  }
}
