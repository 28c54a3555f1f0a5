/**
 * What the naive model's answer for a place rests on, in lines for people: the writes it counted, in the order in
 * which it took them, each with what it made of it, and what the node has made of the same.
 */

import { unreachable } from "../../../core/assert.ts";
import { type AuthorId, type DeltaId, toHex } from "../../../core/ids.ts";
import type { Json } from "../../../core/json.ts";
import type { Replica } from "../../../core/replica.ts";
import type { Moment } from "../../../core/state/moment.ts";
import { plainly } from "../../trace/plainly.ts";
import { compareTimes, later, type Time, type Write } from "./history.ts";
import { isSeen, lastOf, sinceOf, timeOf, type WriteOf } from "./laws.ts";
import type { Behind, NaiveModel, Place } from "./model.ts";

/** What a node is called that signs with this key, if one of the run does. */
export type NameOfAuthor = (author: AuthorId) => string | undefined;

export interface EvidenceAbout {
  readonly model: NaiveModel;
  /** The node's, which was judged. */
  readonly replica: Replica;
  readonly node: string;
  readonly nameOf: NameOfAuthor;
}

/** Writes that are told, the last ones. */
const writesShown = 8;
const valueShown = 60;
const entityShown = 400;
const idDigits = 8;

/** What has no key is the one value of its collection. */
export function nameOfPlace({ type, collection, key }: Place): string {
  if (type === "run") return `the sequence ${collection}`;
  return key === ""
    ? `the value of ${type} ${collection}`
    : `${type} ${JSON.stringify(key)} of ${collection}`;
}

/** Lines; none for no place. O(writes of the place log of them). */
export function evidenceOf(place: Place | null, about: EvidenceAbout): readonly string[] {
  if (place === null) return [];
  const behind = about.model.behind(place);
  const writes = [...behind.writes, ...behind.refused].toSorted((a, b) => compareTimes(a.time, b.time));
  const shown = writes.slice(-writesShown);
  const hidden = writes.length - shown.length;
  return [
    `writes of ${nameOfPlace(place)}, in the order of the times the model derives (clock ms.counter):`,
    ...(hidden === 0 ? [] : [`  … ${hidden} earlier`]),
    ...shown.map((write) => `  ${tellWrite(write, behind, about)}`),
    ...(behind.floor === null ? [] : [`  what it lies in was deleted at ${tellTime(behind.floor)}`]),
    // Of a sequence one entity says little.
    ...(place.type === "run" ? [] : [`${about.node} keeps ${tellKept(place, about)}`]),
  ];
}

function tellWrite(write: Write, behind: Behind, { nameOf, replica, node }: EvidenceAbout): string {
  const { author, delta, index, time } = write;
  const who = nameOf(author) ?? short(author);
  const stamp = `${time[2]}.${time[3]}`;
  const [derived, theirs] = [tellDelta(time), derivedBy(replica, delta)];
  const other = theirs === null || theirs === derived ? "" : ` (${node} derives ${theirs})`;
  const made = behind.refused.includes(write)
    ? "not counted: its author may not write there"
    : verdictOf(write, behind);
  return `${who} in delta ${short(delta)}, action ${index}, stamped ${stamp}, derived ${derived}${other}: ${tellChange(write)}: ${made}`;
}

function derivedBy({ deltas }: Replica, delta: DeltaId): string | null {
  const at = deltas.graph.get(delta)?.at;
  return at === undefined ? null : `${at.ms}.${at.counter}`;
}

function tellChange(write: Write): string {
  const { change } = write.action;
  switch (change.kind) {
    case "put":
    case "add":
      return `${change.kind} ${showValue(change.value)}`;
    case "count":
      return `total +${change.plus} -${change.minus} since ${tellSince(sinceOf(change.since, write.time))}`;
    case "insert":
      return `insert ${showValue(change.items)}`;
    case "remove":
      return "seen" in change ? `remove what it saw, ${change.seen.length} additions` : "delete";
    case "mark":
      return "ranges" in change
        ? `delete items of ${short(change.run.delta || write.delta)}`
        : "make it be there";
    case "rotate":
      return `let ${change.writers.length} write`;
    default:
      return unreachable(change);
  }
}

/** What the model made of a write. */
function verdictOf(write: Write, { writes, floor }: Behind): string {
  const { change } = write.action;
  switch (change.kind) {
    case "put":
      return ofLast(write, { kind: "put", writes, floor });
    case "count":
      return ofCount(write as WriteOf<"counter">, { writes, floor });
    case "add":
      return ofAddition(write, { writes, floor });
    case "insert":
      return isAbove(write.time, floor)
        ? "its items are there but for those deleted"
        : "deleted with what it lies in";
    case "mark":
      return "ranges" in change ? "counted" : ofLast(write, { kind: "mark", writes, floor });
    case "remove":
      if ("seen" in change) return "counted";
      return compareTimes(write.time, lastOf(writes, "remove")) === 0
        ? "the latest deletion: it ends what is not later"
        : "a later one deletes too";
    case "rotate":
      return "counted";
    default:
      return unreachable(change);
  }
}

interface Among {
  readonly writes: readonly Write[];
  readonly floor: Time | null;
}

function ofLast({ time }: Write, { writes, floor, kind }: Among & { readonly kind: "put" | "mark" }): string {
  const last = writes
    .filter(({ action }) => action.change.kind === kind)
    .reduce<Time | null>((latest, each) => later(latest, each.time), null);
  if (compareTimes(time, last) < 0) return "overwritten by a later one";
  const end = later(lastOf(writes, "remove"), floor);
  return isAbove(time, end)
    ? "the latest, later than any deletion: it stands"
    : `deleted at ${tellSince(end)}`;
}

function ofCount(
  { action: { change }, time, contributor }: WriteOf<"counter">,
  { writes, floor }: Among,
): string {
  if (change.kind === "remove") return "";
  const since = sinceOf(change.since, time);
  const end = later(lastOf(writes, "remove"), floor);
  if (compareTimes(since, end) < 0)
    return `not counted: ${tellSince(since)} is before the deletion at ${tellSince(end)}`;
  const own = writes.flatMap(({ action, ...each }) =>
    action.type === "counter" && action.change.kind === "count" && each.contributor === contributor
      ? [{ ...action.change, since: sinceOf(action.change.since, each.time) }]
      : [],
  );
  const isOutdone = own.some(
    (each) =>
      compareTimes(each.since, since) > 0 ||
      (compareTimes(each.since, since) === 0 && each.plus + each.minus > change.plus + change.minus),
  );
  return isOutdone ? "a further total of the same author is counted instead" : "counted";
}

function ofAddition({ time, contributor }: Write, { writes, floor }: Among): string {
  if (!isAbove(time, floor)) return "deleted with what it lies in";
  const removals = writes.flatMap(({ action }) =>
    action.type === "element" && action.change.kind === "remove" ? action.change.seen : [],
  );
  return isSeen({ time, contributor }, removals)
    ? "a removal has seen it"
    : "no removal has seen it: it stands";
}

function isAbove(time: Time, floor: Time | null): boolean {
  return compareTimes(time, floor) > 0;
}

/** What the node's own state holds of it, moments and names as short as above. */
function tellKept({ type, collection, key }: Place, { replica, nameOf }: EvidenceAbout): string {
  const entity = replica.state.get(type, collection, key);
  if (entity === undefined) return "nothing of it";
  const { content, deleted } = entity;
  return JSON.stringify(briefly({ content, deleted }, nameOf)).slice(0, entityShown);
}

function briefly(value: unknown, nameOf: NameOfAuthor): Json {
  if (typeof value === "string") return nameOf(value as AuthorId) ?? plainly(value);
  if (Array.isArray(value)) return value.map((each) => briefly(each, nameOf));
  if (typeof value !== "object" || value === null) return plainly(value);
  if (isMoment(value)) return tellTime(timeOf(value));
  const fields = Object.entries(value).filter(([name]) => name !== "incarnation");
  return Object.fromEntries(fields.map(([name, held]) => [name, briefly(held, nameOf)]));
}

function isMoment(value: object): value is Moment {
  return "at" in value && "hlc" in value && "step" in value;
}

function tellDelta(time: Time): string {
  return `${time[0]}.${time[1]}`;
}

function tellTime(time: Time): string {
  return `${tellDelta(time)} action ${time[4]}`;
}

function tellSince(time: Time | null): string {
  return time === null ? "the beginning" : tellTime(time);
}

function short(id: AuthorId | DeltaId): string {
  return toHex(id).slice(0, idDigits);
}

function showValue(value: Json): string {
  const text = JSON.stringify(value);
  return text.length <= valueShown ? text : `${text.slice(0, valueShown)}…`;
}
