// What a history means, once more and without the core's code: keep all operations and fold. It knows who had seen
// what, which the core never asks; it keeps single characters in a tree, where the core keeps runs.

import type { Json } from "../../../core/json.ts";
import { type Operation, runName, type Written } from "./world.ts";

/** One operation of a call: later ones of the call have seen it. */
interface Event {
  readonly call: Written;
  readonly step: number;
  readonly operation: Operation;
}

function isBefore(a: Event, b: Event): boolean {
  if (a.call === b.call) return a.step < b.step;
  return a.call.clock - b.call.clock !== 0
    ? a.call.clock < b.call.clock
    : a.call.author !== b.call.author
      ? a.call.author < b.call.author
      : a.call.name < b.call.name;
}

function hasSeen(event: Event, other: Event): boolean {
  return event.call === other.call ? other.step < event.step : event.call.seen.has(other.call.name);
}

function last(events: readonly Event[]): Event | undefined {
  return events.reduce<Event | undefined>((a, b) => (a === undefined || isBefore(a, b) ? b : a), undefined);
}

/** What an application reads after these calls. */
export function fold(calls: readonly Written[]): Json {
  const events = calls.flatMap((call) =>
    call.operations.map((operation, step) => ({ call, step, operation })),
  );
  return {
    values: Object.fromEntries(["k", "l"].flatMap((key) => foldValue(events, key))),
    tags: [0, 1].filter((value) => hasTag(events, value)),
    total: foldCounter(
      events.flatMap((event) =>
        event.operation.kind === "count" ? [{ event, by: event.operation.by }] : [],
      ),
      events.filter(({ operation }) => operation.kind === "reset"),
    ),
    note: foldText(events),
    nested: Object.fromEntries(["x", "y/%"].flatMap((outer) => foldNested(events, outer))),
    ...foldShared(calls, events),
  };
}

function foldValue(events: readonly Event[], key: string): [string, Json][] {
  const winner = last(
    events.filter(
      ({ operation }) => (operation.kind === "set" || operation.kind === "delete") && operation.key === key,
    ),
  );
  return winner?.operation.kind === "set" ? [[key, winner.operation.value]] : [];
}

function hasTag(events: readonly Event[], value: number): boolean {
  const of = (kind: "add" | "drop") =>
    events.filter(({ operation }) => operation.kind === kind && operation.value === value);
  return of("add").some((add) => !of("drop").some((drop) => hasSeen(drop, add)));
}

/** Increments whose author had seen the last deletion. */
function foldCounter(
  counts: readonly { readonly event: Event; readonly by: number }[],
  deletions: readonly Event[],
): number {
  const end = last(deletions);
  return counts
    .filter(({ event }) => end === undefined || hasSeen(event, end))
    .reduce((sum, { by }) => sum + by, 0);
}

function foldNested(events: readonly Event[], outer: string): [string, Json][] {
  const end = last(events.filter(({ operation }) => operation.kind === "fell" && operation.outer === outer));
  const writes = events.filter(({ operation }) => operation.kind === "nested" && operation.outer === outer);
  const later = writes.filter((event) => end === undefined || isBefore(end, event));
  if (later.length === 0) return [];
  const keyOf = ({ operation }: Event) => (operation.kind === "nested" ? operation.key : "");
  const byOf = ({ operation }: Event) => (operation.kind === "nested" ? operation.by : 0);
  const keys = Array.from(new Set(later.map(keyOf))).sort();
  const value = (key: string) =>
    foldCounter(
      writes.filter((event) => keyOf(event) === key).map((event) => ({ event, by: byOf(event) })),
      end === undefined ? [] : [end],
    );
  return [[outer, Object.fromEntries(keys.map((key) => [key, value(key)]))]];
}

/** Calls are in an order in which each comes after all it had seen: whether one counts is known before it is needed. */
function foldShared(calls: readonly Written[], events: readonly Event[]) {
  const valid: Event[] = [];
  const writersOf = (known: readonly Event[]): readonly number[] => {
    const rotation = last(known.filter(({ operation }) => operation.kind === "rotate"));
    return rotation?.operation.kind === "rotate" ? rotation.operation.writers : [0];
  };
  for (const call of calls) {
    const writers = writersOf(valid.filter((event) => call.seen.has(event.call.name)));
    if (!writers.includes(call.author)) continue;
    const kinds = ["share", "withdraw", "rotate"];
    valid.push(...events.filter((event) => event.call === call && kinds.includes(event.operation.kind)));
  }
  const winner = last([
    ...valid.filter(({ operation }) => operation.kind !== "rotate"),
    ...events.filter(({ operation }) => operation.kind === "raze"),
  ]);
  const notice = winner?.operation.kind === "share" ? winner.operation.value : null;
  return { notice, writers: writersOf(valid) };
}

/** A character in Fugue's tree. */
interface Character {
  readonly event: Event;
  readonly content: string;
  readonly left: Character[];
  readonly right: Character[];
  readonly deletedBy: Event[];
}

function foldText(events: readonly Event[]): string {
  const root: Character = {
    event: { call: {} as Written, step: 0, operation: { kind: "reset" } },
    content: "",
    left: [],
    right: [],
    deletedBy: [],
  };
  const all: Character[] = [];
  const isKnown = (character: Character, event: Event) =>
    hasSeen(event, character.event) || character.event === event;
  // Calls are in an order in which each comes after all it had seen.
  for (const event of events) {
    const { operation } = event;
    if (operation.kind !== "insert" && operation.kind !== "cut") continue;
    const document = traverse(root, (character) => isKnown(character, event));
    const visible = document.filter(
      ({ deletedBy }) => !deletedBy.some((deletion) => hasSeen(event, deletion)),
    );
    if (operation.kind === "cut") {
      if (visible.length > 0) visible[operation.at % visible.length]?.deletedBy.push(event);
      continue;
    }
    let left = visible[(operation.at % (visible.length + 1)) - 1] ?? root;
    for (const content of operation.content) {
      const character: Character = { event, content, left: [], right: [], deletedBy: [] };
      all.push(character);
      const now = traverse(root, (each) => isKnown(each, event));
      if (!left.right.some((each) => isKnown(each, event))) left.right.push(character);
      else now[now.indexOf(left) + 1]?.left.push(character);
      left = character;
    }
  }
  return traverse(root, () => true)
    .filter(({ deletedBy }) => deletedBy.length === 0)
    .map(({ content }) => content)
    .join("");
}

/** Recursive and slow, as the paper has it. Siblings by the names of their runs, a run's own next first. */
function traverse(root: Character, isThere: (character: Character) => boolean): readonly Character[] {
  const walk = (node: Character): readonly Character[] => [
    ...sorted(node.left).flatMap(walk),
    ...(node.content !== "" && isThere(node) ? [node] : []),
    ...sorted(node.right).flatMap(walk),
  ];
  return walk(root);
}

function sorted(siblings: readonly Character[]): readonly Character[] {
  const name = ({ event }: Character) => runName(event.call.name);
  return [...siblings].sort((a, b) => (name(a) < name(b) ? -1 : 1));
}
