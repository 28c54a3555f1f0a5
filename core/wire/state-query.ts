/**
 * What a receiver of a state asks about the server's tree, and the answers. Prefixes are digits of ids; what lies
 * beneath one is meant as the tree of those entities alone.
 */

import { byteString, bytesOf, type EntityId, type Hash } from "../ids.ts";
import { idDigitsMax } from "../state/entity-id.ts";
import { commonPrefix } from "../state/tree/tree-node.ts";
import { refuse } from "./cbor.ts";
import {
  expectByteString,
  expectBytes,
  expectFields,
  expectInteger,
  expectList,
  expectText,
} from "./expect.ts";

export type StateQuery =
  /** "Which nodes, with their hashes?" */
  | { readonly form: "children"; readonly prefix: string }
  /** "Which entities, but for those with the digests that I send?" In the order of their ids; none where none is here. */
  | { readonly form: "leaves"; readonly prefix: string; readonly digests: string }
  /** "Which nodes, by their digests?" */
  | { readonly form: "digests"; readonly prefix: string }
  /** "What do your entities sum up to?" So many sums. */
  | { readonly form: "sums"; readonly prefix: string; readonly count: number }
  /** "Which entities are at the places where this polynomial is zero?" Coefficients as sums are sent. */
  | { readonly form: "picks"; readonly prefix: string; readonly locator: readonly number[] };

/** Of the form that was asked for; `children` where there are more entities than that form may be about, `leaves` where a bucket holds them. */
export type StateAnswer =
  | { readonly kind: "children"; readonly others: readonly StateChild[] }
  | {
      readonly kind: "leaves";
      /** Places among the digests that were sent of the leaves that are here too. */
      readonly same: readonly number[];
      /** Encoded entities of the others. */
      readonly entities: readonly Uint8Array[];
      /** Others, too large to send along: to be asked for one by one. */
      readonly named: readonly { readonly id: EntityId; readonly hash: Hash }[];
    }
  | {
      readonly kind: "digests";
      /** Digits that follow the prefix in all ids. */
      readonly rest: string;
      /** Of 16 children, by the digit after that. */
      readonly digests: string;
    }
  | { readonly kind: "sums"; readonly sums: readonly number[] };

export interface StateChild {
  /** What all ids beneath begin with after the prefix that was asked for: one digit at least. */
  readonly rest: string;
  readonly hash: Hash;
  /** Entities beneath. */
  readonly count: number;
}

/** A branch by the digests of its 16 children. */
export interface NodeDigests {
  readonly prefix: string;
  readonly digests: string;
}

/** Of a hash, under the key of a transfer. */
export const digestBytes = 3;
/** Of nothing. */
export const noDigest = "\u0000".repeat(digestBytes);
/** A sum or a coefficient. */
export const sumBytes = 3;
/** In one message. */
export const queriesMax = 256;
/** Leaves that are asked for at once. */
export const leavesMax = 64;
/** Leaves whose digests are sent. */
export const digestsMax = 256;
/** Leaves that are summed up at once. */
export const summedMax = 1_024;
export const sumsMax = 64;
const stateBytesMax = Number.MAX_SAFE_INTEGER;

const forms: readonly StateQuery["form"][] = ["children", "leaves", "digests", "sums", "picks"];

/** What all prefixes begin with is told once. */
export function encodeQueries(queries: readonly StateQuery[]): readonly unknown[] {
  const common = queries.map(({ prefix }) => prefix).reduce((a, b) => commonPrefix(a, b));
  return [common, queries.map((query) => encodeQuery(query, query.prefix.slice(common.length)))];
}

function encodeQuery(query: StateQuery, rest: string): readonly unknown[] {
  const about = [forms.indexOf(query.form), rest];
  switch (query.form) {
    case "children":
    case "digests":
      return about;
    case "leaves":
      return [...about, bytesOf(query.digests)];
    case "sums":
      return [...about, query.count];
    case "picks":
      return [...about, packSums(query.locator)];
  }
}

export function decodeQuery(value: unknown, common: string): StateQuery {
  if (!Array.isArray(value)) return refuse("malformed", "a query is not an array");
  const form = forms[expectInteger(value[0], forms.length - 1)] ?? "children";
  const length = form === "children" || form === "digests" ? 2 : 3;
  const [, rest, detail] = expectFields(value, length, "a query");
  const prefix = common + expectPrefix(rest, 0);
  switch (form) {
    case "children":
    case "digests":
      return { form, prefix };
    case "leaves":
      return { form, prefix, digests: expectDigests(detail, digestsMax) };
    case "sums":
      return { form, prefix, count: expectInteger(detail, sumsMax, 1) };
    case "picks":
      return { form, prefix, locator: expectSums(detail, 1) };
  }
}

export function encodeAnswer(answer: StateAnswer): readonly unknown[] {
  switch (answer.kind) {
    case "children":
      return [0, answer.others.map(encodeChild)];
    case "leaves":
      return [
        1,
        bitsOf(answer.same),
        answer.entities,
        answer.named.map(({ id, hash }) => [id, bytesOf(hash)]),
      ];
    case "digests":
      return [2, answer.rest, bytesOf(answer.digests)];
    case "sums":
      return [3, packSums(answer.sums)];
  }
}

export function decodeAnswer(value: unknown): StateAnswer {
  if (!Array.isArray(value)) return refuse("malformed", "an answer is not an array");
  switch (value[0]) {
    case 0: {
      const [, others] = expectFields(value, 2, "an answer of children");
      return { kind: "children", others: expectList(others, 16, (child) => decodeChild(child)) };
    }
    case 1: {
      const [, same, entities, named] = expectFields(value, 4, "an answer of leaves");
      return {
        kind: "leaves",
        same: expectBits(same, digestsMax),
        entities: expectList(entities, leavesMax, (bytes) => expectBytes(bytes, stateBytesMax)),
        named: expectList(named, leavesMax, decodeNamed),
      };
    }
    case 2: {
      const [, rest, digests] = expectFields(value, 3, "an answer of digests");
      return { kind: "digests", rest: expectPrefix(rest, 0), digests: expectChildDigests(digests) };
    }
    case 3: {
      const [, sums] = expectFields(value, 2, "an answer of sums");
      return { kind: "sums", sums: expectSums(sums, 1) };
    }
    default:
      return refuse("malformed", "an unknown form of answer");
  }
}

export function encodeChild({ rest, hash, count }: StateChild): readonly unknown[] {
  return [rest, bytesOf(hash), count];
}

/** `common` is what its prefix begins with. */
export function decodeChild(value: unknown, common = ""): StateChild {
  const [rest, hash, count] = expectFields(value, 3, "a child");
  return {
    rest: common + expectPrefix(rest, common === "" ? 1 : 0),
    hash: expectByteString(hash),
    count: expectInteger(count, Number.MAX_SAFE_INTEGER, 1),
  };
}

function decodeNamed(value: unknown): { readonly id: EntityId; readonly hash: Hash } {
  const [id, hash] = expectFields(value, 2, "a named entity");
  return { id: expectPrefix(id, 1) as EntityId, hash: expectByteString(hash) };
}

export function expectPrefix(value: unknown, charactersMin: number): string {
  const prefix = expectText(value, idDigitsMax);
  if (prefix.length < charactersMin || !/^[0-9a-f]*$/.test(prefix)) refuse("malformed", "no digits of an id");
  return prefix;
}

export function expectChildDigests(value: unknown): string {
  const digests = expectDigests(value, 16);
  if (digests.length !== 16 * digestBytes) refuse("malformed", "digests of fewer than 16 children");
  return digests;
}

/** Whole digests, at most so many. */
function expectDigests(value: unknown, max: number): string {
  const bytes = expectBytes(value, digestBytes * max);
  if (bytes.length % digestBytes !== 0) refuse("malformed", `${bytes.length} bytes of digests`);
  return byteString(bytes);
}

/** The digest at a place among many. */
export function digestAt(digests: string, place: number): string {
  return digests.slice(place * digestBytes, (place + 1) * digestBytes);
}

function packSums(sums: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(sums.length * sumBytes);
  sums.forEach((sum, index) => {
    bytes.set([sum >>> 16, (sum >>> 8) & 0xff, sum & 0xff], index * sumBytes);
  });
  return bytes;
}

/** Not all are below the modulus where a peer invents them: they are only ever computed with. */
function expectSums(value: unknown, min: number): readonly number[] {
  const bytes = expectBytes(value, sumsMax * sumBytes);
  const count = bytes.length / sumBytes;
  if (!Number.isInteger(count) || count < min) refuse("malformed", `${bytes.length} bytes of sums`);
  const at = (index: number) => bytes[index] as number; // below the length
  return Array.from(
    { length: count },
    (_, index) => (at(index * 3) << 16) | (at(index * 3 + 1) << 8) | at(index * 3 + 2),
  );
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
