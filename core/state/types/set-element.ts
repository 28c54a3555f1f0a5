/**
 * One element of a set in which additions win over concurrent removals: the observed-remove set in its optimized
 * form (Bieniusa et al., "An optimized conflict-free replicated set", 2012), with a moment where that counts.
 *
 * Each (author, incarnation) that ever added it has one entry: its latest addition, or up to which of them a removal
 * has seen. An author's later addition supersedes its earlier ones, so an element grows with those who add it and
 * not with how often they do.
 *
 * Merge law, contributor by contributor: the later moment, and of equal ones the removal. (A total order, so a
 * join.) A removal names the latest addition of each contributor that its author saw, and so cannot touch what they
 * add later. It lives while the addition of somebody is above the floor. The key is the SHA-256 of the value's
 * encoding in hexadecimal, in a sorted collection the value itself, which must be text; an addition under another is
 * void, and so is a removal of what was not before it.
 * docs/decisions/0014-sets-by-contributor.md.
 */

import { type AuthorId, bytesOf, type Incarnation, incarnationBytes, toHex } from "../../ids.ts";
import type { Json } from "../../json.ts";
import { actionsMax } from "../../limits.ts";
import { refuse } from "../../wire/cbor.ts";
import { expectByteString, expectFields, expectInteger, expectJson, expectList } from "../../wire/expect.ts";
import { compareMoments, encodeMoment, expectMoment, type Moment } from "../moment.ts";
import { isSorted } from "../path.ts";
import type { EntityType } from "./entity-type.ts";
import { expectValue, hashOfValue } from "./register.ts";

/** The latest addition of one contributor. */
export interface Addition {
  readonly author: AuthorId;
  readonly incarnation: Incarnation;
  readonly at: Moment;
}

export interface Adder extends Addition {
  /** False once a removal has seen the addition. */
  readonly isThere: boolean;
}

export interface ElementContent {
  readonly type: "element";
  /** Null where no addition is left. */
  readonly value: Json;
  /** Sorted by contributor, one each. */
  readonly adders: readonly Adder[];
}

export type ElementChange =
  | { readonly kind: "add"; readonly value: Json }
  /** `seen`: sorted by contributor, one each. */
  | { readonly kind: "remove"; readonly seen: readonly Addition[] };

export const element: EntityType<ElementContent, ElementChange> = {
  code: 3,
  nothing: null,
  said(change, { collection, key, origin, crypto }) {
    const { author, incarnation, at } = origin;
    if (change.kind === "add") {
      const named = isSorted(collection) ? change.value : toHex(hashOfValue(change.value, crypto));
      if (key !== named) return null;
      const adders = [{ author, incarnation, at, isThere: true }];
      return { content: { type: "element", value: change.value, adders }, deleted: null };
    }
    if (change.seen.some((addition) => compareMoments(addition.at, at) >= 0)) return null;
    const adders = change.seen.map((addition) => ({ ...addition, isThere: false }));
    return { content: { type: "element", value: null, adders }, deleted: null };
  },
  join(a, b) {
    const adders = joinAdders(a.adders, b.adders);
    if (isSame(adders, a.adders)) return a;
    if (isSame(adders, b.adders)) return b;
    const isThere = adders.some((adder) => adder.isThere);
    // An addition that is left was left on the side it came from, and so was the value.
    const value = !isThere ? null : a.adders.some((adder) => adder.isThere) ? a.value : b.value;
    return { type: "element", value, adders };
  },
  isLive: ({ adders }, floor) => adders.some(({ at, isThere }) => isThere && compareMoments(at, floor) > 0),
  encode: ({ value, adders }) => [
    value,
    adders.map((adder) => [...encodeAddition(adder), Number(adder.isThere)]),
  ],
  decode(value) {
    const [stored, adders] = expectFields(value, 2, "an element");
    return {
      type: "element",
      value: expectJson(stored),
      adders: expectList(adders, Number.MAX_SAFE_INTEGER, decodeAdder),
    };
  },
  encodeChange: (change) =>
    change.kind === "add" ? [0, change.value] : [1, change.seen.map(encodeAddition)],
  decodeChange(fields) {
    const [code, content] = expectFields(fields, 2, "a change of an element");
    if (expectInteger(code, 1) === 0) return { kind: "add", value: expectValue(content) };
    const seen = expectList(content, actionsMax, decodeAddition);
    if (seen.some((addition, index) => index > 0 && contributor(addition) <= contributorAt(seen, index - 1)))
      refuse("malformed", "the additions that a removal saw are not sorted by contributor, one each");
    return { kind: "remove", seen };
  },
};

function joinAdders(a: readonly Adder[], b: readonly Adder[]): readonly Adder[] {
  const joined = new Map(a.map((adder) => [contributor(adder), adder]));
  for (const adder of b) {
    const other = joined.get(contributor(adder));
    if (other === undefined || compareAdders(adder, other) > 0) joined.set(contributor(adder), adder);
  }
  return Array.from(joined)
    .sort(([x], [y]) => (x < y ? -1 : 1))
    .map(([, adder]) => adder);
}

function compareAdders(a: Adder, b: Adder): number {
  return compareMoments(a.at, b.at) || Number(b.isThere) - Number(a.isThere);
}

/** Of contributors that one of the two lists has, in the same order. */
function isSame(a: readonly Adder[], b: readonly Adder[]): boolean {
  return (
    a.length === b.length &&
    a.every((adder, index) => {
      const other = b[index];
      return adder === other || (other !== undefined && isEqual(adder, other));
    })
  );
}

function isEqual(a: Adder, b: Adder): boolean {
  return contributor(a) === contributor(b) && compareAdders(a, b) === 0;
}

function contributor({ author, incarnation }: Addition): string {
  return author + incarnation;
}

function contributorAt(additions: readonly Addition[], index: number): string {
  return contributor(additions[index] as Addition);
}

function encodeAddition({ author, incarnation, at }: Addition): readonly unknown[] {
  return [bytesOf(author), bytesOf(incarnation), encodeMoment(at)];
}

function decodeAddition(value: unknown): Addition {
  const [author, incarnation, at] = expectFields(value, 3, "an addition that was seen");
  return {
    author: expectByteString(author),
    incarnation: expectByteString(incarnation, incarnationBytes),
    at: expectMoment(at),
  };
}

function decodeAdder(value: unknown): Adder {
  const fields = expectFields(value, 4, "a stored addition");
  return { ...decodeAddition(fields.slice(0, 3)), isThere: expectInteger(fields[3], 1) === 1 };
}
