/**
 * Range-based set reconciliation: what two peers say to each other until each knows which of its deltas the other
 * lacks. Pure functions over a view of one's own history; a peer's message may say what it likes, and costs
 * O(own deltas) at most, for its ranges are in order and do not overlap.
 *
 * Who opens splits its history so that ranges double from the newest back. A range whose fingerprints differ is
 * split into 16, or its ids are listed once they are few. Who is sent a list learns what the other lacks, and
 * answers which of the listed it lacks itself. So a range is over after a list and its answer.
 */

import { type Bound, endOfRanges, type Range, rangesMax, shortIdBytes } from "../../wire/ranges.ts";
import type { HistoryView } from "./history-view.ts";

/** The smallest range, the newest, of an opening. */
const newestCount = 16;
const fanOut = 16;
/** Ids that are listed rather than split. */
const listedMax = 64;
/** The same where a message has no room for more ranges. */
const listedCrowdedMax = 512;

export interface Answer {
  readonly ranges: readonly Range[];
  /** Positions of deltas that the other has been found to lack. */
  readonly toSend: readonly number[];
  /** Nothing in the answer asks for another. */
  readonly isLast: boolean;
}

/** The ranges that open a reconciliation. */
export function openRanges(view: HistoryView): readonly Range[] {
  const starts = [view.count];
  for (let size = newestCount, from = view.count; from > 0; size = starts.length > 2 ? size * 2 : size) {
    from = Math.max(0, from - size);
    starts.push(from);
  }
  const writer = new RangeWriter();
  if (view.count === 0) writer.fingerprint(view, { from: 0, to: 0, until: endOfRanges });
  for (let index = starts.length - 1; index > 0; index -= 1) {
    const [from, to] = [starts[index] ?? 0, starts[index - 1] ?? 0];
    const until = index === 1 ? endOfRanges : view.boundBefore(to);
    writer.fingerprint(view, { from, to, until });
  }
  return writer.ranges;
}

/** Does a message wait for an answer? */
export function asks(ranges: readonly Range[]): boolean {
  return ranges.some(({ content }) => content.kind === "fingerprint" || content.kind === "list");
}

/** What follows from a message of the other. */
export function answerRanges(view: HistoryView, theirs: readonly Range[]): Answer {
  const writer = new RangeWriter();
  const toSend: number[] = [];
  let from = 0;
  for (const [index, { until, content }] of theirs.entries()) {
    const own = { from, to: Math.max(from, view.placeOf(until)), until };
    from = own.to;
    writer.reserved = theirs.length - index;
    switch (content.kind) {
      case "skip":
        writer.skip(until);
        break;
      case "fingerprint":
        if (view.fingerprint(own.from, own.to) === content.fingerprint) writer.skip(until);
        else writer.detail(view, own);
        break;
      case "list":
        writer.wanted(until, compareLists(view, own, content.shortIds, toSend));
        break;
      case "wanted":
        collectWanted(view, own, content.bits, toSend);
        writer.skip(until);
        break;
    }
  }
  const { ranges } = writer;
  return { ranges, toSend, isLast: !asks(ranges) };
}

interface OwnRange {
  readonly from: number;
  readonly to: number;
  readonly until: Bound;
}

/** Writes ranges one after the other: those that are skipped side by side become one. */
class RangeWriter {
  readonly #ranges: Range[] = [];
  /** Ranges that will at least be written yet. */
  reserved = 0;

  /** Without what would be skipped at the end. */
  get ranges(): readonly Range[] {
    const last = this.#ranges.at(-1);
    return last?.content.kind === "skip" ? this.#ranges.slice(0, -1) : this.#ranges;
  }

  skip(until: Bound): void {
    if (this.#ranges.at(-1)?.content.kind === "skip") this.#ranges.pop();
    this.#ranges.push({ until, content: { kind: "skip" } });
  }

  fingerprint(view: HistoryView, { from, to, until }: OwnRange): void {
    this.#ranges.push({
      until,
      content: { kind: "fingerprint", fingerprint: view.fingerprint(from, to) },
    });
  }

  wanted(until: Bound, bits: Uint8Array): void {
    if (bits.every((byte) => byte === 0)) this.skip(until);
    else this.#ranges.push({ until, content: { kind: "wanted", bits } });
  }

  /** Says more of a range in which something differs: lists it, splits it, or, without room, names it again. */
  detail(view: HistoryView, own: OwnRange): void {
    const count = own.to - own.from;
    const hasRoom = this.#ranges.length + this.reserved + fanOut <= rangesMax;
    if (count <= (hasRoom ? listedMax : listedCrowdedMax)) this.#list(view, own);
    else if (hasRoom) this.#split(view, own);
    else this.fingerprint(view, own);
  }

  #list(view: HistoryView, { from, to, until }: OwnRange): void {
    this.#ranges.push({ until, content: { kind: "list", shortIds: view.shortIds(from, to) } });
  }

  /** Into 16 of about the same size; what no bound can keep apart is listed together. */
  #split(view: HistoryView, { from, to, until }: OwnRange): void {
    const places: number[] = [];
    let last = from;
    for (let part = 1; part < fanOut; part += 1) {
      const wished = from + Math.floor(((to - from) * part) / fanOut);
      const place = view.placeOf(view.boundBefore(wished));
      if (place <= last) continue;
      places.push(place);
      last = place;
    }
    if (places.length === 0) return this.#list(view, { from, to, until });
    let start = from;
    for (const place of places) {
      this.fingerprint(view, { from: start, to: place, until: view.boundBefore(place) });
      start = place;
    }
    this.fingerprint(view, { from: start, to, until });
  }
}

/** Collects what the other did not list; gives a bit for each listed id that is not here. */
function compareLists(
  view: HistoryView,
  { from, to }: OwnRange,
  theirs: Uint8Array,
  toSend: number[],
): Uint8Array {
  const own = new Map(shortIdsOf(view.shortIds(from, to)).map((id, index) => [id, from + index]));
  const listed = shortIdsOf(theirs);
  const bits = new Uint8Array(Math.ceil(listed.length / 8));
  listed.forEach((id, index) => {
    if (!own.delete(id)) bits[index >> 3] = (bits[index >> 3] ?? 0) | (1 << (index & 7));
  });
  for (const place of own.values()) toSend.push(view.position(place));
  return bits;
}

function collectWanted(view: HistoryView, { from, to }: OwnRange, bits: Uint8Array, toSend: number[]): void {
  for (let place = from; place < to; place += 1) {
    const index = place - from;
    if (((bits[index >> 3] ?? 0) >> (index & 7)) & 1) toSend.push(view.position(place));
  }
}

function shortIdsOf(bytes: Uint8Array): readonly bigint[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.length / shortIdBytes }, (_, index) =>
    view.getBigUint64(index * shortIdBytes),
  );
}
