/** Everything one node may say to another on a sync stream. A new variant breaks every `switch` that forgot it. */

import { present } from "../assert.ts";
import type { HeadsSummary } from "../dag/heads.ts";
import type { Fault } from "../fault.ts";
import {
  byteString,
  bytesOf,
  type ContextId,
  type DeltaId,
  type FrontierName,
  frontierNameBytes,
  type Hash,
} from "../ids.ts";
import { frameItemsMax, headsMax, hlcMsMax, idsMax, wireVersion } from "../limits.ts";
import { invitationBytesMax } from "../members/membership.ts";
import { decoding, encode, refuse } from "./cbor.ts";
import { deflated, expectMessage } from "./deflated.ts";
import { type DeltaBatch, encodeBatch, expectBatch } from "./delta-batch.ts";
import {
  expectByteString,
  expectBytes,
  expectFields,
  expectHeadsDigest,
  expectInteger,
  expectList,
} from "./expect.ts";
import { encodeRanges, expectRanges, type Range } from "./ranges.ts";

export type SyncMessage =
  /** "This is where I stand." Opens every session, both ways. */
  | Handshake
  /** "Send these deltas." Opens a pull; answered with `deltas` and `done`. */
  | { readonly kind: "delta-request"; readonly contextId: ContextId; readonly ids: readonly DeltaId[] }
  /** "This is what I have." A step of a reconciliation; the first one names the key that all hash ids with. */
  | { readonly kind: "ranges"; readonly key: string; readonly ranges: readonly Range[] }
  /** Deltas of the session's context in causal order. Each such message takes one credit. */
  | { readonly kind: "deltas"; readonly batch: DeltaBatch }
  /** "I keep what you sent; send this many messages more." */
  | { readonly kind: "credit"; readonly messages: number }
  /**
   * "Of these, and of what lies below them, I have no bodies." Sent before deltas, which then need credit anew: from
   * a side that has these. A side that has not answers `state-needed`.
   */
  | { readonly kind: "below"; readonly ids: readonly DeltaId[] }
  /** "Then nothing you could send helps me: I shall ask for your state." */
  | { readonly kind: "state-needed" }
  /** "You have everything I had to send." */
  | { readonly kind: "done" }
  /** A benign no. */
  | { readonly kind: "refusal"; readonly reason: SyncRefusal };

export interface Handshake extends HeadsSummary {
  readonly kind: "handshake";
  readonly contextId: ContextId;
  /** What the sender can run, in no order. */
  readonly protocols: readonly SyncProtocol[];
  /** What a responder chose; null in an opening, where nothing can be chosen yet. */
  readonly chosen: SyncProtocol | null;
  /** Names of common frontiers remembered with this peer, the newest first; of a responder, the one both hold. */
  readonly frontiers: readonly FrontierName[];
  /** Of what the sender applied since the newest of these, the newest first and ever sparser: 8 bytes of each id. */
  readonly recent: readonly string[];
  readonly stateRoot: Hash;
  readonly appliedCount: number;
  /** Of the deltas applied, those without bodies. */
  readonly horizon: number;
  readonly entityCount: number;
  readonly wallMs: number;
  /** Of a side that is no member yet: what lets it in. */
  readonly invitation: Uint8Array | null;
}

/**
 * How two peers come to stand on the same heads. `none`: they do. `delta-known`: one holds all heads of the other,
 * and so knows exactly what that one lacks. `delta-warm`: both remember a frontier below which all is common.
 * `delta-cold`: they find out by reconciliation what each lacks. The others: the side that applied fewer deltas takes
 * the other's state, on a stream of its own. By the code each has on the wire.
 */
export const syncProtocols = [
  "none",
  "delta-known",
  "delta-warm",
  "delta-cold",
  "hash-comparison",
  "level-wise",
  "snapshot",
] as const;
export type SyncProtocol = (typeof syncProtocols)[number];
export type StateProtocol = Extract<SyncProtocol, "hash-comparison" | "level-wise" | "snapshot">;

export function isStateProtocol(protocol: SyncProtocol | null): protocol is StateProtocol {
  return protocol === "hash-comparison" || protocol === "level-wise" || protocol === "snapshot";
}

/** `not-a-member`: what is here is not for you. `version`: the peer's wire version is none of ours. `busy`: ask again later. `protocol`: both have none in common that would do. */
export type SyncRefusal = "context-not-found" | "busy" | "version" | "protocol" | "not-a-member";

const refusalCodes: readonly SyncRefusal[] = [
  "context-not-found",
  "busy",
  "version",
  "protocol",
  "not-a-member",
];
const codes = {
  handshake: 0,
  "delta-request": 1,
  deltas: 2,
  credit: 3,
  done: 4,
  refusal: 5,
  ranges: 6,
  below: 18,
  "state-needed": 19,
} as const;

/** Frontiers that a handshake may name. */
export const frontiersMax = 2;
/** Ids of which a handshake may tell the beginning. */
export const recentMax = 24;
export const recentBytes = 8;
/** Of the key of a reconciliation. */
export const rangeKeyBytes = 8;
/** Protocols that a peer may name, those to come included. */
const protocolsMax = 32;

/** Credit a side starts with, and the most it can be given at once: what one turn may have to read and send. */
export const initialCredit = 32;
export const creditMax = 32;

export function encodeSyncMessage(message: SyncMessage): Uint8Array {
  const code = codes[message.kind];
  switch (message.kind) {
    case "handshake":
      return encode([
        code,
        wireVersion,
        bytesOf(message.contextId),
        message.heads.map(bytesOf),
        message.headCount,
        bytesOf(message.headsDigest),
        message.protocols.map((protocol) => syncProtocols.indexOf(protocol)),
        message.chosen === null ? null : syncProtocols.indexOf(message.chosen),
        message.frontiers.map(bytesOf),
        bytesOf(message.recent.join("")),
        bytesOf(message.stateRoot),
        message.appliedCount,
        message.horizon,
        message.entityCount,
        message.wallMs,
        message.invitation,
      ]);
    case "delta-request":
      return encode([code, wireVersion, bytesOf(message.contextId), message.ids.map(bytesOf)]);
    case "ranges":
      return encode([code, bytesOf(message.key), encodeRanges(message.ranges)]);
    case "deltas":
      return deflated(encode([code, ...encodeBatch(message.batch)]));
    case "credit":
      return encode([code, message.messages]);
    case "below":
      return encode([code, message.ids.map(bytesOf)]);
    case "done":
    case "state-needed":
      return encode([code]);
    case "refusal":
      return encode([code, refusalCodes.indexOf(message.reason)]);
  }
}

/** `isFirst`: what a side says first never travels deflated, so it costs little to see who speaks. */
export function decodeSyncMessage(frame: Uint8Array, { isFirst = false } = {}): SyncMessage | Fault {
  return decoding("sync message", () => {
    const deflatable = isFirst ? [] : [codes.deltas];
    const fields = expectMessage(frame, { deflatable, itemsMax: frameItemsMax });
    switch (fields[0]) {
      case codes.handshake:
        return decodeHandshake(expectOpening(fields, 16, "a handshake"));
      case codes["delta-request"]: {
        const [, , contextId, ids] = expectOpening(fields, 4, "a delta request");
        return { kind: "delta-request", contextId: expectByteString(contextId), ids: expectIds(ids, idsMax) };
      }
      case codes.ranges: {
        const [, key, ranges] = expectFields(fields, 3, "ranges");
        const keyBytes = expectBytes(key, rangeKeyBytes).length === 0 ? 0 : rangeKeyBytes;
        return { kind: "ranges", key: expectByteString(key, keyBytes), ranges: expectRanges(ranges) };
      }
      case codes.deltas:
        return { kind: "deltas", batch: expectBatch(expectFields(fields, 4, "deltas").slice(1)) };
      case codes.credit:
        return {
          kind: "credit",
          messages: expectInteger(expectFields(fields, 2, "a credit")[1], creditMax, 1),
        };
      case codes.below: {
        const [, ids] = expectFields(fields, 2, "a below");
        return { kind: "below", ids: expectIds(ids, headsMax) };
      }
      case codes["state-needed"]:
        expectFields(fields, 1, "a state needed");
        return { kind: "state-needed" };
      case codes.done:
        expectFields(fields, 1, "a done");
        return { kind: "done" };
      case codes.refusal: {
        const reason =
          refusalCodes[expectInteger(expectFields(fields, 2, "a refusal")[1], refusalCodes.length - 1)];
        return { kind: "refusal", reason: reason ?? "busy" };
      }
      default:
        return refuse("malformed", "an unknown kind of message");
    }
  });
}

/** The fields of a message that opens a stream: it carries the wire version, which is judged before the rest. */
function expectOpening(fields: readonly unknown[], length: number, what: string): readonly unknown[] {
  if (fields[1] !== wireVersion)
    refuse("unknown-version", `${what} of version ${String(fields[1])}, expected ${wireVersion}`);
  return expectFields(fields, length, what);
}

function decodeHandshake(fields: readonly unknown[]): Handshake {
  return {
    kind: "handshake",
    contextId: expectByteString(fields[2]),
    heads: expectIds(fields[3], headsMax),
    headCount: expectInteger(fields[4], Number.MAX_SAFE_INTEGER),
    headsDigest: expectHeadsDigest(fields[5]),
    protocols: expectList(fields[6], protocolsMax, (code) => expectInteger(code, 255)).flatMap(
      (code) => syncProtocols[code] ?? [],
    ),
    chosen: fields[7] === null ? null : expectChosen(fields[7]),
    frontiers: expectList(fields[8], frontiersMax, (name) => expectByteString(name, frontierNameBytes)),
    recent: expectRecent(fields[9]),
    stateRoot: expectByteString(fields[10]),
    appliedCount: expectInteger(fields[11], Number.MAX_SAFE_INTEGER),
    horizon: expectInteger(fields[12], Number.MAX_SAFE_INTEGER),
    entityCount: expectInteger(fields[13], Number.MAX_SAFE_INTEGER),
    wallMs: expectInteger(fields[14], hlcMsMax),
    invitation: fields[15] === null ? null : expectBytes(fields[15], invitationBytesMax),
  };
}

function expectChosen(value: unknown): SyncProtocol {
  return present(syncProtocols[expectInteger(value, syncProtocols.length - 1)], "a protocol's name");
}

function expectRecent(value: unknown): readonly string[] {
  const bytes = expectBytes(value, recentMax * recentBytes);
  if (bytes.length % recentBytes !== 0) refuse("malformed", "the beginning of an id is cut off");
  return Array.from({ length: bytes.length / recentBytes }, (_, index) =>
    byteString(bytes.subarray(index * recentBytes, (index + 1) * recentBytes)),
  );
}

function expectIds(value: unknown, max: number): readonly DeltaId[] {
  const ids = expectList(value, max, (id) => expectByteString<DeltaId>(id));
  if (new Set(ids).size !== ids.length) refuse("malformed", "an id is listed twice");
  return ids;
}
