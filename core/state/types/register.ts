/**
 * A last-writer-wins register (Johnson & Thomas, RFC 677, 1975; Shapiro et al., "A comprehensive study of
 * Convergent and Commutative Replicated Data Types", 2011, spec. 8).
 *
 * Merge law: the maximum of (moment, SHA-256 of the value's encoding). A total order, so joining is commutative,
 * associative and idempotent. It lives while its moment is above the floor. Deleted itself it holds nothing, so that
 * what is kept of it does not depend on what came first, and the deletion may be collected.
 */

import { byteString } from "../../ids.ts";
import type { Json } from "../../json.ts";
import { valueBytesMax } from "../../limits.ts";
import type { Crypto } from "../../ports.ts";
import { encode, refuse } from "../../wire/cbor.ts";
import { expectFields, expectJson } from "../../wire/expect.ts";
import { compareMoments, decodeMoment, encodeMoment, type Moment } from "../moment.ts";
import type { EntityType, Origin } from "./entity-type.ts";

/** What has one value at a time: three types share the law and differ in what a write must satisfy. */
export interface ValueContent<Name extends string> {
  readonly type: Name;
  /** Null also where `updated` is null. */
  readonly value: Json;
  /** When the value was written, or null when it never was. */
  readonly updated: Moment | null;
}

export type RegisterContent = ValueContent<"register">;
export type RegisterChange = { readonly kind: "put"; readonly value: Json } | { readonly kind: "remove" };

interface ValueTypeOptions<Name extends string> {
  readonly type: Name;
  readonly code: number;
  /** A change that may not be made is void. */
  readonly mayChange: (
    change: RegisterChange,
    about: { readonly key: string; readonly origin: Origin; readonly crypto: Crypto },
  ) => boolean;
}

export function createValueType<Name extends string>({
  type,
  code,
  mayChange,
}: ValueTypeOptions<Name>): EntityType<ValueContent<Name>, RegisterChange> {
  return {
    code,
    nothing: Object.freeze({ type, value: null, updated: null }),
    said(change, about) {
      if (!mayChange(change, about)) return null;
      const { at } = about.origin;
      return change.kind === "put"
        ? { content: { type, value: change.value, updated: at }, deleted: null }
        : { content: { type, value: null, updated: null }, deleted: at };
    },
    join: (a, b, crypto) => (compareValues(a, b, crypto) >= 0 ? a : b),
    isLive: ({ updated }, floor) => compareMoments(updated, floor) > 0,
    encode: ({ value, updated }) => [value, encodeMoment(updated)],
    decode(value) {
      const [stored, updated] = expectFields(value, 2, "a value");
      return { type, value: expectJson(stored), updated: decodeMoment(updated) };
    },
    encodeChange: (change) => (change.kind === "put" ? [change.value] : []),
    decodeChange(fields) {
      if (fields.length === 0) return { kind: "remove" };
      return { kind: "put", value: expectValue(expectFields(fields, 1, "a change of a value")[0]) };
    },
  };
}

export const register = createValueType({ type: "register", code: 0, mayChange: () => true });

/** A value within its bound. For use inside `decoding`. */
export function expectValue(value: unknown): Json {
  const json = expectJson(value);
  if (encode(json).length > valueBytesMax) refuse("too-large", `a value above ${valueBytesMax} bytes`);
  return json;
}

export function hashOfValue(value: Json, crypto: Crypto): string {
  return byteString(crypto.sha256(encode(value)));
}

function compareValues(a: ValueContent<string>, b: ValueContent<string>, crypto: Crypto): number {
  const byMoment = compareMoments(a.updated, b.updated);
  if (byMoment !== 0 || a.updated === null || a === b) return byMoment;
  const [x, y] = [hashOfValue(a.value, crypto), hashOfValue(b.value, crypto)];
  return x === y ? 0 : x < y ? -1 : 1;
}
