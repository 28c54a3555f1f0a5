/**
 * One element of a set in which additions win over concurrent removals: the observed-remove set (Shapiro et al.,
 * 2011, spec. 15; removed tags kept by name).
 *
 * Merge law: the union of tags and of removed names, tags less what is removed. Each addition is a tag named by its
 * action; a removal names the tags its author saw and so cannot touch others. It lives while a tag is left that is
 * above the floor. The key is the SHA-256 of the value's encoding in hexadecimal; an addition under another is void.
 */

import { toHex } from "../../ids.ts";
import type { Json } from "../../json.ts";
import { actionsMax } from "../../limits.ts";
import { refuse } from "../../wire/cbor.ts";
import { expectFields, expectInteger, expectJson, expectList } from "../../wire/expect.ts";
import { type ActionName, decodeName, encodeName, nameText, unionByName } from "../action-name.ts";
import { compareMoments, encodeMoment, expectMoment, type Moment } from "../moment.ts";
import type { EntityType } from "./entity-type.ts";
import { expectValue, hashOfValue } from "./register.ts";

export interface Tag extends ActionName {
  readonly at: Moment;
}

export interface ElementContent {
  readonly type: "element";
  /** Null where no tag is left. */
  readonly value: Json;
  /** Sorted by name; none of them removed. */
  readonly tags: readonly Tag[];
  /** Sorted. */
  readonly removed: readonly ActionName[];
}

export type ElementChange =
  | { readonly kind: "add"; readonly value: Json }
  | { readonly kind: "remove"; readonly tags: readonly ActionName[] };

export const element: EntityType<ElementContent, ElementChange> = {
  code: 3,
  said(change, { key, origin, crypto }) {
    const { delta, index, at } = origin;
    if (change.kind === "add") {
      if (key !== toHex(hashOfValue(change.value, crypto))) return null;
      const tags = [{ delta, index, at }];
      return { content: { type: "element", value: change.value, tags, removed: [] }, deleted: null };
    }
    const removed = unionByName(change.tags, []);
    return { content: { type: "element", value: null, tags: [], removed }, deleted: null };
  },
  join(a, b) {
    const removed = unionByName(a.removed, b.removed);
    const gone = new Set(removed.map(nameText));
    const tags = unionByName(a.tags, b.tags).filter((tag) => !gone.has(nameText(tag)));
    const isThat = (one: ElementContent) =>
      one.removed.length === removed.length && one.tags.length === tags.length && isSubset(tags, one.tags);
    if (isThat(a)) return a;
    if (isThat(b)) return b;
    const value = tags.length === 0 ? null : a.tags.length > 0 ? a.value : b.value;
    return { type: "element", value, tags, removed };
  },
  isLive: ({ tags }, floor) => tags.some(({ at }) => compareMoments(at, floor) > 0),
  encode: ({ value, tags, removed }) => [
    value,
    tags.map((tag) => [encodeName(tag), encodeMoment(tag.at)]),
    removed.map(encodeName),
  ],
  decode(value) {
    const [stored, tags, removed] = expectFields(value, 3, "an element");
    return {
      type: "element",
      value: expectJson(stored),
      tags: expectList(tags, Number.MAX_SAFE_INTEGER, decodeTag),
      removed: expectList(removed, Number.MAX_SAFE_INTEGER, decodeName),
    };
  },
  encodeChange: (change) => (change.kind === "add" ? [0, change.value] : [1, change.tags.map(encodeName)]),
  decodeChange(fields) {
    const [code, content] = expectFields(fields, 2, "a change of an element");
    if (expectInteger(code, 1) === 0) return { kind: "add", value: expectValue(content) };
    const tags = expectList(content, actionsMax, decodeName);
    if (tags.some(({ delta }) => delta === "")) refuse("malformed", "a removal of a tag of its own delta");
    return { kind: "remove", tags };
  },
};

function isSubset(a: readonly ActionName[], b: readonly ActionName[]): boolean {
  const names = new Set(b.map(nameText));
  return a.every((name) => names.has(nameText(name)));
}

function decodeTag(value: unknown): Tag {
  const [name, at] = expectFields(value, 2, "a tag");
  return { ...decodeName(name), at: expectMoment(at) };
}
