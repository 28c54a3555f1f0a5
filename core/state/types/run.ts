/**
 * A run of a sequence: what one action inserted into a list or a text. Fugue (Weidner & Kleppmann, "The Art of the
 * Fugue: Minimizing Interleaving in Collaborative Text Editing", 2023), with the items of one insertion kept
 * together: each is the right child of the one before it. Where runs stand in the document: `../fugue.ts`.
 *
 * Merge law: the insertion is named by its action and so the same everywhere; deletions are marks on its items, as
 * ranges of offsets, joined by union. Nothing is ever split, moved or unmarked.
 */

import type { Json } from "../../json.ts";
import { actionsMax, deltaBytesMax, keyCharactersMax, valueBytesMax } from "../../limits.ts";
import { encode, refuse } from "../../wire/cbor.ts";
import { expectFields, expectInteger, expectJson, expectList, expectText } from "../../wire/expect.ts";
import { type ActionName, decodeName, encodeName, nameText, resolveName } from "../action-name.ts";
import { compareMoments, encodeMoment, expectMoment, type Moment } from "../moment.ts";
import type { EntityType } from "./entity-type.ts";

export type Side = "left" | "right";

/** Offsets from `start`, up to and without `end`. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

export interface Insertion {
  /** Of a text: characters (code points). Never empty. */
  readonly items: readonly Json[];
  /** The item this run hangs under, by its run's key; null for the root. */
  readonly parent: { readonly run: string; readonly offset: number } | null;
  readonly side: Side;
  readonly at: Moment;
}

export interface RunContent {
  readonly type: "run";
  /** Null while only marks are known. */
  readonly insertion: Insertion | null;
  /** Sorted, apart from each other, none empty. */
  readonly marks: readonly Range[];
}

export type RunChange =
  /** The key is empty: the run is named by the action. */
  | {
      readonly kind: "insert";
      readonly parent: { readonly run: ActionName; readonly offset: number } | null;
      readonly side: Side;
      readonly items: readonly Json[];
    }
  | { readonly kind: "mark"; readonly run: ActionName; readonly ranges: readonly Range[] };

const sideCodes = { left: 0, right: 1 } as const;

export const run: EntityType<RunContent, RunChange> = {
  code: 6,
  nothing: null,
  said(change, { key, origin }) {
    if (key !== "") return null;
    if (change.kind === "mark") {
      const name = resolveName(change.run, origin);
      if (name === null) return null;
      const content = { type: "run", insertion: null, marks: joinRanges(change.ranges, []) } as const;
      return { content, deleted: null, key: nameText(name) };
    }
    // Under the root there is no left and right.
    if (change.parent === null && change.side !== "right") return null;
    const above = change.parent === null ? null : resolveName(change.parent.run, origin);
    if (above === null && change.parent !== null) return null;
    const parent = above === null ? null : { run: nameText(above), offset: change.parent?.offset ?? 0 };
    const insertion = { items: change.items, parent, side: change.side, at: origin.at };
    return { content: { type: "run", insertion, marks: [] }, deleted: null, key: nameText(origin) };
  },
  join(a, b) {
    const insertion = joinInsertions(a.insertion, b.insertion);
    const marks = joinRanges(a.marks, b.marks);
    if (insertion === a.insertion && isSame(marks, a.marks)) return a;
    if (insertion === b.insertion && isSame(marks, b.marks)) return b;
    return { type: "run", insertion, marks };
  },
  isLive: ({ insertion, marks }, floor) =>
    insertion !== null &&
    compareMoments(insertion.at, floor) > 0 &&
    !areAllMarked(insertion.items.length, marks),
  encode: ({ insertion, marks }) => [
    ...(insertion === null ? [] : encodeInsertion(insertion)),
    marks.map(({ start, end }) => [start, end]),
  ],
  decode(value) {
    const fields = Array.isArray(value) && value.length === 1 ? value : expectFields(value, 5, "a run");
    return {
      type: "run",
      insertion: fields.length === 1 ? null : decodeInsertion(fields.slice(0, 4)),
      marks: expectList(fields.at(-1), Number.MAX_SAFE_INTEGER, decodeRange),
    };
  },
  encodeChange: (change) =>
    change.kind === "mark"
      ? [encodeName(change.run), change.ranges.map(({ start, end }) => [start, end])]
      : [
          change.parent === null ? [] : [encodeName(change.parent.run), change.parent.offset],
          sideCodes[change.side],
          encodeItems(change.items),
        ],
  decodeChange(fields) {
    if (fields.length === 2) {
      const ranges = expectList(fields[1], actionsMax, decodeRange);
      return { kind: "mark", run: decodeName(fields[0]), ranges };
    }
    const [parent, side, items] = expectFields(fields, 3, "a change of a sequence");
    return {
      kind: "insert",
      parent: decodeParent(parent),
      side: decodeSide(side),
      items: decodeItems(items),
    };
  },
};

/** The union of ranges in its one form. O(n log n). */
export function joinRanges(a: readonly Range[], b: readonly Range[]): readonly Range[] {
  const joined: Range[] = [];
  for (const range of [...a, ...b].sort((x, y) => x.start - y.start)) {
    const last = joined.at(-1);
    if (last === undefined || range.start > last.end) joined.push(range);
    else if (range.end > last.end) joined[joined.length - 1] = { start: last.start, end: range.end };
  }
  return joined;
}

/** Ranges that touch are joined, so what marks all items is one range. */
function areAllMarked(length: number, marks: readonly Range[]): boolean {
  return marks.some(({ start, end }) => start === 0 && end >= length);
}

function isSame(a: readonly Range[], b: readonly Range[]): boolean {
  return (
    a.length === b.length && a.every(({ start, end }, at) => start === b[at]?.start && end === b[at]?.end)
  );
}

/** Two of one name are the same; should they ever differ, the larger encoding stays. */
function joinInsertions(a: Insertion | null, b: Insertion | null): Insertion | null {
  if (a === null || b === null || a === b) return a ?? b;
  const [x, y] = [encode(encodeInsertion(a)), encode(encodeInsertion(b))];
  const differs = x.findIndex((byte, index) => byte !== y[index]);
  return differs < 0 || (x[differs] ?? 0) > (y[differs] ?? -1) ? a : b;
}

function encodeInsertion({ items, parent, side, at }: Insertion): readonly unknown[] {
  return [
    encodeItems(items),
    parent === null ? [] : [parent.run, parent.offset],
    sideCodes[side],
    encodeMoment(at),
  ];
}

function decodeInsertion(value: unknown): Insertion {
  const [items, parent, side, at] = expectFields(value, 4, "an insertion");
  return {
    items: decodeItems(items),
    parent: Array.isArray(parent) && parent.length === 0 ? null : decodeStoredParent(parent),
    side: decodeSide(side),
    at: expectMoment(at),
  };
}

function decodeStoredParent(value: unknown): { readonly run: string; readonly offset: number } {
  const [name, offset] = expectFields(value, 2, "a parent");
  return { run: expectText(name, keyCharactersMax), offset: expectInteger(offset, deltaBytesMax) };
}

function decodeParent(value: unknown): { readonly run: ActionName; readonly offset: number } | null {
  if (Array.isArray(value) && value.length === 0) return null;
  const [name, offset] = expectFields(value, 2, "a parent");
  return { run: decodeName(name), offset: expectInteger(offset, deltaBytesMax) };
}

function decodeSide(value: unknown): Side {
  return expectInteger(value, 1) === sideCodes.left ? "left" : "right";
}

/** Characters as one text, other items as a list. */
function encodeItems(items: readonly Json[]): string | readonly Json[] {
  return items.every(isCharacter) ? items.join("") : items;
}

function decodeItems(value: unknown): readonly Json[] {
  const items = typeof value === "string" ? Array.from(value) : expectJson(value);
  if (!Array.isArray(items) || items.length === 0) return refuse("malformed", "an insertion of nothing");
  if (typeof value !== "string" && items.every(isCharacter))
    refuse("non-canonical", "characters in a list, not in a text");
  if (encode(value).length > valueBytesMax) refuse("too-large", `an insertion above ${valueBytesMax} bytes`);
  return items;
}

/** One code point that no text could join with its neighbour into another. */
function isCharacter(item: Json): boolean {
  if (typeof item !== "string" || item.length === 0 || item.length > 2) return false;
  const code = item.codePointAt(0) ?? 0;
  return code > 0xffff ? item.length === 2 : item.length === 1 && (code < 0xd800 || code > 0xdfff);
}

function decodeRange(value: unknown): Range {
  const [start, end] = expectFields(value, 2, "a range");
  const from = expectInteger(start, deltaBytesMax);
  return { start: from, end: expectInteger(end, deltaBytesMax, from + 1) };
}
