/**
 * Everything two nodes say to each other on a stream that moves a state at one cut. The receiver opens it and asks;
 * the server answers in order from the version it pinned. Each kind has a code that no message of a sync session has.
 */

import { type Fault, isFault } from "../fault.ts";
import { bytesOf, type ContextId, type DeltaId, type Hash } from "../ids.ts";
import { deltaBytesMax, frameItemsMax, headsMax, idsMax, wireVersion } from "../limits.ts";
import { commonPrefix } from "../state/tree/tree-node.ts";
import { decoding, encode, refuse } from "./cbor.ts";
import { deflated, expectMessage } from "./deflated.ts";
import { expectByteString, expectBytes, expectFields, expectInteger, expectList } from "./expect.ts";
import { expectHeads, historyBytesMax, type PackedHead, packHeads } from "./history-page.ts";
import {
  decodeAnswer,
  decodeChild,
  decodeQuery,
  encodeAnswer,
  encodeChild,
  encodeQueries,
  expectChildDigests,
  expectPrefix,
  type NodeDigests,
  queriesMax,
  type StateAnswer,
  type StateChild,
  type StateQuery,
} from "./state-query.ts";
import { decodeSyncMessage } from "./sync-message.ts";

export type StateMessage =
  | StateRequest
  | StateOffer
  /** "Send deltas of the cut that I lack, from this one on." */
  | { readonly kind: "history-request"; readonly from: number }
  /** `changes`: of these, those that change who is a member, sealed. */
  | {
      readonly kind: "history";
      readonly heads: readonly PackedHead[];
      readonly changes: readonly Uint8Array[];
    }
  | { readonly kind: "state-query"; readonly queries: readonly StateQuery[] }
  /** Of the first queries of a message, one at least. */
  | { readonly kind: "state-answer"; readonly answers: readonly StateAnswer[] }
  /** "I have all I need." */
  | { readonly kind: "state-done" }
  /** A benign no. */
  | { readonly kind: "state-refusal"; readonly reason: StateRefusal };

/** "Give me your state." */
export interface StateRequest {
  readonly kind: "state-request";
  readonly contextId: ContextId;
  /** Ids the sender has with all below them: its heads, and a sample. */
  readonly known: readonly DeltaId[];
  /** Under which both hash shortly from here on: `stateKeyBytes`. */
  readonly key: string;
  /** Is the offer to tell the root's children by their hashes? Else by digests alone. */
  readonly tellsHashes: boolean;
}

/** What was pinned: every answer that follows is of this version. */
export interface StateOffer {
  readonly kind: "state-offer";
  /** Sealed. */
  readonly genesis: Uint8Array;
  /** Of the cut, all of them. */
  readonly heads: readonly DeltaId[];
  readonly root: Hash;
  /** Of the root, with all digits of their prefixes; none where a bucket holds all entities, or digests were asked for. */
  readonly children: readonly StateChild[];
  /** Of the root, where digests were asked for, and of each of its children that is no bucket. */
  readonly nodes: readonly NodeDigests[];
  readonly entityCount: number;
  /** Deltas of the cut that the receiver may lack. */
  readonly historyCount: number;
}

export type StateRefusal = "context-not-found" | "busy" | "version" | "not-a-member";
const refusalCodes: readonly StateRefusal[] = ["context-not-found", "busy", "version", "not-a-member"];

const codes = {
  "state-request": 20,
  "state-offer": 21,
  "history-request": 22,
  history: 23,
  "state-query": 24,
  "state-answer": 25,
  "state-done": 26,
  "state-refusal": 27,
} as const;

/** Of the key under which a transfer hashes shortly. */
export const stateKeyBytes = 8;

/** Does a frame open a transfer of state? Judged by its first bytes: an array whose first value is the code. */
export function opensStateSession(frame: Uint8Array): boolean {
  return frame[0] === 0x86 && frame[1] === codes["state-request"];
}

export function encodeStateMessage(message: StateMessage): Uint8Array {
  const code = codes[message.kind];
  switch (message.kind) {
    case "state-request":
      return encode([
        code,
        wireVersion,
        bytesOf(message.contextId),
        message.known.map(bytesOf),
        bytesOf(message.key),
        message.tellsHashes,
      ]);
    case "state-offer":
      return encode([
        code,
        message.genesis,
        message.heads.map(bytesOf),
        bytesOf(message.root),
        ...encodeTop(message),
        message.entityCount,
        message.historyCount,
      ]);
    case "history-request":
      return encode([code, message.from]);
    case "history":
      return encode([code, packHeads(message.heads), message.changes]);
    case "state-query":
      return deflated(encode([code, ...encodeQueries(message.queries)]));
    case "state-answer":
      return deflated(encode([code, message.answers.map(encodeAnswer)]));
    case "state-done":
      return encode([code]);
    case "state-refusal":
      return encode([code, refusalCodes.indexOf(message.reason)]);
  }
}

/** What all prefixes begin with is told once. */
function encodeTop({ children, nodes }: StateOffer): readonly unknown[] {
  const prefixes = [...children.map(({ rest }) => rest), ...nodes.map(({ prefix }) => prefix)];
  const common = prefixes.reduce(commonPrefix, prefixes[0] ?? "");
  const rest = children.map((child) => encodeChild({ ...child, rest: child.rest.slice(common.length) }));
  const digests = nodes.map(({ prefix, digests: own }) => [prefix.slice(common.length), bytesOf(own)]);
  return [common, rest, digests];
}

/** What answers a request. A peer with no room refuses a stream before it reads what it is for, in the words of a session. */
export function decodeFirstAnswer(frame: Uint8Array): StateMessage | Fault {
  const refusal = decodeSyncMessage(frame, { isFirst: true });
  const isFull = !isFault(refusal) && refusal.kind === "refusal" && refusal.reason === "busy";
  return isFull ? { kind: "state-refusal", reason: "busy" } : decodeStateMessage(frame, { isFirst: true });
}

/** `isFirst`: what a side says first never travels deflated. */
export function decodeStateMessage(frame: Uint8Array, { isFirst = false } = {}): StateMessage | Fault {
  return decoding("state message", () => {
    const deflatable = isFirst ? [] : [codes["state-query"], codes["state-answer"]];
    const fields = expectMessage(frame, { deflatable, itemsMax: frameItemsMax * 2 });
    switch (fields[0]) {
      case codes["state-request"]: {
        if (fields[1] !== wireVersion)
          refuse(
            "unknown-version",
            `a state request of version ${String(fields[1])}, expected ${wireVersion}`,
          );
        const [, , contextId, known, key, tellsHashes] = expectFields(fields, 6, "a state request");
        return {
          kind: "state-request",
          contextId: expectByteString(contextId),
          known: expectIds(known),
          key: expectByteString(key, stateKeyBytes),
          tellsHashes: expectInteger(Number(tellsHashes), 1) === 1,
        };
      }
      case codes["state-offer"]:
        return decodeOffer(expectFields(fields, 9, "a state offer"));
      case codes["history-request"]: {
        const [, from] = expectFields(fields, 2, "a history request");
        return { kind: "history-request", from: expectInteger(from, Number.MAX_SAFE_INTEGER) };
      }
      case codes.history: {
        const [, packed, changes] = expectFields(fields, 3, "a history");
        return {
          kind: "history",
          heads: expectHeads(expectBytes(packed, historyBytesMax)),
          changes: expectList(changes, frameItemsMax, (sealed) => expectBytes(sealed, deltaBytesMax)),
        };
      }
      case codes["state-query"]: {
        const [, common, queries] = expectFields(fields, 3, "a state query");
        const prefix = expectPrefix(common, 0);
        const read = expectList(queries, queriesMax, (query) => decodeQuery(query, prefix));
        return { kind: "state-query", queries: read };
      }
      case codes["state-answer"]: {
        const [, answers] = expectFields(fields, 2, "a state answer");
        return { kind: "state-answer", answers: expectList(answers, queriesMax, decodeAnswer) };
      }
      case codes["state-done"]:
        expectFields(fields, 1, "a state done");
        return { kind: "state-done" };
      case codes["state-refusal"]: {
        const [, reason] = expectFields(fields, 2, "a state refusal");
        const read = refusalCodes[expectInteger(reason, refusalCodes.length - 1)];
        return { kind: "state-refusal", reason: read ?? "busy" };
      }
      default:
        return refuse("malformed", "an unknown kind of message about a state");
    }
  });
}

function decodeOffer(fields: readonly unknown[]): StateOffer {
  const common = expectPrefix(fields[4], 0);
  return {
    kind: "state-offer",
    genesis: expectBytes(fields[1], deltaBytesMax + 256),
    heads: expectIds(fields[2]),
    root: expectByteString(fields[3]),
    children: expectList(fields[5], 16, (child) => decodeChild(child, common)),
    nodes: expectList(fields[6], 17, (node) => decodeNodeDigests(node, common)),
    entityCount: expectInteger(fields[7], Number.MAX_SAFE_INTEGER),
    historyCount: expectInteger(fields[8], Number.MAX_SAFE_INTEGER),
  };
}

function decodeNodeDigests(value: unknown, common: string): NodeDigests {
  const [rest, digests] = expectFields(value, 2, "digests of a node");
  return { prefix: common + expectPrefix(rest, 0), digests: expectChildDigests(digests) };
}

function expectIds(value: unknown): readonly DeltaId[] {
  const ids = expectList(value, Math.max(headsMax, idsMax), (id) => expectByteString<DeltaId>(id));
  if (new Set(ids).size !== ids.length) refuse("malformed", "an id is listed twice");
  return ids;
}
