/**
 * Everything two nodes say to each other on a stream that moves a state at one cut. The receiver opens it and asks;
 * the server answers in order from the version it pinned. Each kind has a code that no message of a sync session has.
 */

import type { PastDelta } from "../delta-store/delta-store.ts";
import type { Fault } from "../fault.ts";
import { byteString, bytesOf, type ContextId, type DeltaId, type EntityId, type Hash } from "../ids.ts";
import { deltaBytesMax, frameBytesMax, frameItemsMax, headsMax, idsMax, wireVersion } from "../limits.ts";
import { commonPrefix } from "../state/tree/tree-node.ts";
import { decodeValue, decoding, encode, refuse } from "./cbor.ts";
import {
  expectByteString,
  expectBytes,
  expectFields,
  expectInteger,
  expectList,
  expectText,
} from "./expect.ts";
import { expectHistory, historyBytesMax, packHistory } from "./history-page.ts";

export type StateMessage =
  /** "Give me your state." `known` are ids the sender has with all below them: its heads, and a sample. */
  | { readonly kind: "state-request"; readonly contextId: ContextId; readonly known: readonly DeltaId[] }
  | StateOffer
  /** "Send deltas of the cut that I lack, from this one on." */
  | { readonly kind: "history-request"; readonly from: number }
  | { readonly kind: "history"; readonly deltas: readonly PastDelta[] }
  | { readonly kind: "state-query"; readonly queries: readonly StateQuery[] }
  /** Of the first queries of a message, one at least. */
  | { readonly kind: "state-answer"; readonly answers: readonly StateAnswer[] }
  /** "I have all I need." */
  | { readonly kind: "state-done" }
  /** A benign no. */
  | { readonly kind: "state-refusal"; readonly reason: StateRefusal };

/** What was pinned: every answer that follows is of this version. */
export interface StateOffer {
  readonly kind: "state-offer";
  /** Sealed. */
  readonly genesis: Uint8Array;
  /** Of the cut, all of them. */
  readonly heads: readonly DeltaId[];
  readonly root: Hash;
  /** Of the root, with all digits of their prefixes; none where a bucket holds all entities. */
  readonly children: readonly StateChild[];
  readonly entityCount: number;
  /** Deltas of the cut that the receiver may lack. */
  readonly historyCount: number;
}

/**
 * "What is beneath this prefix?" With short digests of what the sender has there, so that equal things are not sent:
 * of its own `children`, by digit, or of its own `leaves`, in the order of their ids.
 */
export interface StateQuery {
  readonly form: "children" | "leaves";
  readonly prefix: string;
  /** Two bytes each; of children 16, all zero where it has none; of leaves none where it has none, or too many. */
  readonly digests: string;
}

export type StateAnswer =
  | {
      readonly kind: "children";
      /** Digits whose child has the digest that was sent. */
      readonly same: readonly number[];
      readonly others: readonly StateChild[];
    }
  | {
      readonly kind: "leaves";
      /** Places among the digests that were sent of the leaves that are here too. */
      readonly same: readonly number[];
      /** Encoded entities of the others. */
      readonly entities: readonly Uint8Array[];
      /** Others, too large to send along: to be asked for one by one. */
      readonly named: readonly { readonly id: EntityId; readonly hash: Hash }[];
    };

export interface StateChild {
  /** What all ids beneath begin with after the prefix that was asked for: one digit at least. */
  readonly rest: string;
  readonly hash: Hash;
  /** Entities beneath. */
  readonly count: number;
}

export type StateRefusal = "context-not-found" | "busy" | "version";
const refusalCodes: readonly StateRefusal[] = ["context-not-found", "busy", "version"];

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

/** Of a child's or a leaf's hash, the first bytes: what is wrongly taken for equal is found when hashes are compared. */
export const digestBytes = 2;
export const noDigest = "\u0000".repeat(digestBytes);
/** In one message. */
export const queriesMax = 256;
/** Leaves that are asked for at once, and whose digests are sent. */
export const leavesMax = 64;
export const digestsMax = 256;
const prefixCharactersMax = 2_048;
const stateBytesMax = Number.MAX_SAFE_INTEGER;

/** Does a frame open a transfer of state? Judged by its first bytes: an array whose first value is the code. */
export function opensStateSession(frame: Uint8Array): boolean {
  return frame[0] === 0x84 && frame[1] === codes["state-request"];
}

export function encodeStateMessage(message: StateMessage): Uint8Array {
  const code = codes[message.kind];
  switch (message.kind) {
    case "state-request":
      return encode([code, wireVersion, bytesOf(message.contextId), message.known.map(bytesOf)]);
    case "state-offer":
      return encode([
        code,
        message.genesis,
        message.heads.map(bytesOf),
        bytesOf(message.root),
        message.children.map(encodeChild),
        message.entityCount,
        message.historyCount,
      ]);
    case "history-request":
      return encode([code, message.from]);
    case "history":
      return encode([code, packHistory(message.deltas)]);
    case "state-query":
      return encode([code, ...encodeQueries(message.queries)]);
    case "state-answer":
      return encode([code, message.answers.map(encodeAnswer)]);
    case "state-done":
      return encode([code]);
    case "state-refusal":
      return encode([code, refusalCodes.indexOf(message.reason)]);
  }
}

/** What all prefixes begin with is told once. */
function encodeQueries(queries: readonly StateQuery[]): readonly unknown[] {
  const common = queries.map(({ prefix }) => prefix).reduce((a, b) => commonPrefix(a, b));
  const rest = queries.map(({ form, prefix, digests }) => [
    form === "children" ? 0 : 1,
    prefix.slice(common.length),
    bytesOf(digests),
  ]);
  return [common, rest];
}

function encodeChild({ rest, hash, count }: StateChild): readonly unknown[] {
  return [rest, bytesOf(hash), count];
}

function encodeAnswer(answer: StateAnswer): readonly unknown[] {
  const same = bitsOf(answer.same);
  if (answer.kind === "children") {
    return [0, same, answer.others.map(encodeChild)];
  }
  return [1, same, answer.entities, answer.named.map(({ id, hash }) => [id, bytesOf(hash)])];
}

export function decodeStateMessage(frame: Uint8Array): StateMessage | Fault {
  return decoding("state message", () => {
    const fields = decodeValue(frame, frameBytesMax, frameItemsMax * 2);
    if (!Array.isArray(fields)) return refuse("malformed", "not an array");
    switch (fields[0]) {
      case codes["state-request"]: {
        if (fields[1] !== wireVersion)
          refuse(
            "unknown-version",
            `a state request of version ${String(fields[1])}, expected ${wireVersion}`,
          );
        const [, , contextId, known] = expectFields(fields, 4, "a state request");
        return { kind: "state-request", contextId: expectByteString(contextId), known: expectIds(known) };
      }
      case codes["state-offer"]:
        return decodeOffer(expectFields(fields, 7, "a state offer"));
      case codes["history-request"]: {
        const [, from] = expectFields(fields, 2, "a history request");
        return { kind: "history-request", from: expectInteger(from, Number.MAX_SAFE_INTEGER) };
      }
      case codes.history: {
        const [, packed] = expectFields(fields, 2, "a history");
        return { kind: "history", deltas: expectHistory(expectBytes(packed, historyBytesMax)) };
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
  return {
    kind: "state-offer",
    genesis: expectBytes(fields[1], deltaBytesMax + 256),
    heads: expectIds(fields[2]),
    root: expectByteString(fields[3]),
    children: expectList(fields[4], 16, decodeChild),
    entityCount: expectInteger(fields[5], Number.MAX_SAFE_INTEGER),
    historyCount: expectInteger(fields[6], Number.MAX_SAFE_INTEGER),
  };
}

function decodeQuery(value: unknown, common: string): StateQuery {
  const [form, prefix, digests] = expectFields(value, 3, "a query");
  const isOfLeaves = expectInteger(form, 1) === 1;
  const bytes = expectBytes(digests, digestBytes * (isOfLeaves ? digestsMax : 16));
  const isRight = isOfLeaves ? bytes.length % digestBytes === 0 : bytes.length === digestBytes * 16;
  if (!isRight) refuse("malformed", `${bytes.length} bytes of digests`);
  const read = { prefix: common + expectPrefix(prefix, 0), digests: byteString(bytes) };
  return isOfLeaves ? { form: "leaves", ...read } : { form: "children", ...read };
}

function decodeAnswer(value: unknown): StateAnswer {
  if (!Array.isArray(value)) return refuse("malformed", "an answer is not an array");
  if (value[0] === 0) {
    const [, same, others] = expectFields(value, 3, "an answer of children");
    return { kind: "children", same: expectBits(same, 16), others: expectList(others, 16, decodeChild) };
  }
  if (value[0] !== 1) refuse("malformed", "an unknown form of answer");
  const [, same, entities, named] = expectFields(value, 4, "an answer of leaves");
  return {
    kind: "leaves",
    same: expectBits(same, digestsMax),
    entities: expectList(entities, leavesMax, (bytes) => expectBytes(bytes, stateBytesMax)),
    named: expectList(named, leavesMax, decodeNamed),
  };
}

function decodeChild(value: unknown): StateChild {
  const [rest, hash, count] = expectFields(value, 3, "a child");
  return {
    rest: expectPrefix(rest, 1),
    hash: expectByteString(hash),
    count: expectInteger(count, Number.MAX_SAFE_INTEGER, 1),
  };
}

function decodeNamed(value: unknown): { readonly id: EntityId; readonly hash: Hash } {
  const [id, hash] = expectFields(value, 2, "a named entity");
  return { id: expectPrefix(id, 1) as EntityId, hash: expectByteString(hash) };
}

function expectPrefix(value: unknown, charactersMin: number): string {
  const prefix = expectText(value, prefixCharactersMax);
  if (prefix.length < charactersMin || !/^[0-9a-f]*$/.test(prefix)) refuse("malformed", "no digits of an id");
  return prefix;
}

/** Places, ascending, as a set of bits without zero bytes at its end. */
function bitsOf(places: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(((places.at(-1) ?? -1) + 1) / 8));
  for (const place of places) bytes[place >> 3] = (bytes[place >> 3] as number) | (1 << (place & 7));
  return bytes;
}

function expectBits(value: unknown, placesMax: number): readonly number[] {
  const bytes = expectBytes(value, Math.ceil(placesMax / 8));
  if (bytes.at(-1) === 0) refuse("malformed", "a set of bits that ends with a zero byte");
  const places: number[] = [];
  for (let place = 0; place < bytes.length * 8; place += 1)
    if (((bytes[place >> 3] as number) >> (place & 7)) & 1) places.push(place);
  return places;
}

function expectIds(value: unknown): readonly DeltaId[] {
  const ids = expectList(value, Math.max(headsMax, idsMax), (id) => expectByteString<DeltaId>(id));
  if (new Set(ids).size !== ids.length) refuse("malformed", "an id is listed twice");
  return ids;
}
