// Three authors who write through the fields of an application into states of their own, and hear of each other's
// deltas in any causal order: random causally closed histories over every type, whole.

import * as fc from "fast-check";
import { nodeCrypto } from "../../../adapters/crypto/node-crypto.ts";
import { Draft } from "../../../core/app/draft.ts";
import { counter } from "../../../core/app/fields/counter.ts";
import { map } from "../../../core/app/fields/map.ts";
import { register } from "../../../core/app/fields/register.ts";
import { text } from "../../../core/app/fields/sequence.ts";
import { set } from "../../../core/app/fields/set.ts";
import { shared } from "../../../core/app/fields/shared.ts";
import { type AuthorId, byteString, type DeltaId, type Incarnation, toHex } from "../../../core/ids.ts";
import type { Json } from "../../../core/json.ts";
import { type Entity, entityOf } from "../../../core/state/entity.ts";
import type { StateStore } from "../../../core/state/state-store.ts";
import { latestRotation } from "../../../core/state/types/shared.ts";
import { SimDisk } from "../../../sim/world/disk.ts";
import { hashOf } from "../authors.ts";
import { authors } from "./operations.ts";
import { stateOn } from "./states.ts";

export type Operation =
  | { readonly kind: "set"; readonly key: string; readonly value: number }
  | { readonly kind: "delete"; readonly key: string }
  | { readonly kind: "add" | "drop"; readonly value: number }
  | { readonly kind: "count"; readonly by: number }
  | { readonly kind: "reset" }
  | { readonly kind: "insert"; readonly at: number; readonly content: string }
  | { readonly kind: "cut"; readonly at: number }
  | { readonly kind: "nested"; readonly outer: string; readonly key: string; readonly by: number }
  | { readonly kind: "fell"; readonly outer: string }
  /** Of a shared value under a key; what its author may not do is left undone. */
  | { readonly kind: "share"; readonly value: number }
  | { readonly kind: "withdraw" }
  | { readonly kind: "rotate"; readonly writers: readonly number[] }
  /** Anybody may remove the key it is under. */
  | { readonly kind: "raze" };

/** One call of one author, and which calls it had seen. */
export interface Written {
  readonly name: number;
  readonly author: number;
  readonly clock: number;
  readonly operations: readonly Operation[];
  readonly seen: ReadonlySet<number>;
}

const outers = ["x", "y/%"] as const;
const keys = fc.constantFrom("k", "l");
const plain = { noNullPrototype: true } as const;
const kind = <Name extends string>(name: Name) => fc.constant(name);
const operations: fc.Arbitrary<Operation> = fc.oneof(
  fc.record({ kind: kind("set"), key: keys, value: fc.nat(2) }, plain),
  fc.record({ kind: kind("delete"), key: keys }, plain),
  fc.record({ kind: fc.constantFrom("add" as const, "drop" as const), value: fc.nat(1) }, plain),
  fc.record({ kind: kind("count"), by: fc.integer({ min: -3, max: 5 }) }, plain),
  fc.record({ kind: kind("reset") }, plain),
  fc.record({ kind: kind("insert"), at: fc.nat(20), content: fc.constantFrom("a", "bc", "def") }, plain),
  fc.record({ kind: kind("cut"), at: fc.nat(20) }, plain),
  fc.record({ kind: kind("nested"), outer: fc.constantFrom(...outers), key: keys, by: fc.nat(3) }, plain),
  fc.record({ kind: kind("fell"), outer: fc.constantFrom(...outers) }, plain),
  { weight: 2, arbitrary: fc.record({ kind: kind("share"), value: fc.nat(2) }, plain) },
  fc.record({ kind: fc.constantFrom("withdraw" as const, "raze" as const) }, plain),
  {
    weight: 3,
    arbitrary: fc.record({ kind: kind("rotate"), writers: fc.subarray([0, 1, 2], { minLength: 1 }) }, plain),
  },
);

/** Who calls with what, and whom each hears before: all of another's knowledge. */
export const scripts = fc.array(
  fc.record({
    author: fc.nat(2),
    hears: fc.option(fc.nat(2), { freq: 2 }),
    operations: fc.array(operations, { minLength: 1, maxLength: 3 }),
  }),
  { maxLength: 14 },
);
export type Script = typeof scripts extends fc.Arbitrary<infer T> ? T : never;

const fields = {
  values: map(register<number>()),
  tags: set<number>(),
  total: counter(),
  note: text(),
  nested: map(map(counter())),
  board: map(shared<number>()),
};

function open(draft: Draft) {
  return {
    values: fields.values.open("values", draft),
    tags: fields.tags.open("tags", draft),
    total: fields.total.open("total", draft),
    note: fields.note.open("note", draft),
    nested: fields.nested.open("nested", draft),
    board: fields.board.open("board", draft),
  };
}

function perform(draft: Draft, operation: Operation): void {
  const { values, tags, total, note, nested, board } = open(draft);
  const notice = board.at("b");
  switch (operation.kind) {
    case "set":
      return values.set(operation.key, operation.value);
    case "delete":
      return values.delete(operation.key);
    case "add":
      return tags.add(operation.value);
    case "drop":
      tags.delete(operation.value);
      return;
    case "count":
      return total.increment(operation.by);
    case "reset":
      return total.reset();
    case "insert":
      return note.insert(operation.at % (note.length + 1), operation.content);
    case "cut":
      return note.length === 0 ? undefined : note.delete(operation.at % note.length);
    case "nested":
      return nested.at(operation.outer).at(operation.key).increment(operation.by);
    case "fell":
      return nested.delete(operation.outer);
    case "share":
      return notice.mayWrite ? notice.set(operation.value) : undefined;
    case "withdraw":
      return notice.mayWrite ? notice.delete() : undefined;
    case "rotate":
      return notice.mayWrite
        ? notice.rotate(operation.writers.map((writer) => toHex(keyOf(writer))))
        : undefined;
    case "raze":
      return board.delete("b");
  }
}

/** What an application reads. */
export function readAll(state: StateStore): Json {
  const { values, tags, total, note, nested, board } = open(draftOf(state, 0));
  return {
    values: Object.fromEntries(values),
    tags: [...tags].sort(),
    total: total.value,
    note: note.toString(),
    nested: Object.fromEntries(
      nested
        .entries()
        .map(([outer, inner]) => [
          outer,
          Object.fromEntries(inner.entries().map(([key, { value }]) => [key, value])),
        ]),
    ),
    notice: board.at("b").get() ?? null,
    writers: [0, 1, 2].filter((writer) => board.at("b").writers.includes(toHex(keyOf(writer)))),
  };
}

export function emptyState(): StateStore {
  return stateOn(new SimDisk());
}

export function joinInto(state: StateStore, entities: readonly Entity[]): void {
  for (const entity of entities) state.join(entity);
}

/** What siblings in a sequence are ordered by: the delta of a call, as the keys of its runs begin. */
export function runName(call: number): string {
  return toHex(deltaOf(call));
}

function deltaOf(call: number): DeltaId {
  return byteString<DeltaId>(hashOf(`call ${call}`));
}

export interface World {
  readonly calls: readonly Written[];
  /** What each call's delta says. */
  readonly entities: readonly (readonly Entity[])[];
  /** Of each author, in the end. */
  readonly states: readonly { readonly state: StateStore; readonly known: ReadonlySet<number> }[];
}

/** Plays a script. */
export function play(script: Script): World {
  const nodes = [0, 1, 2].map(() => ({ state: emptyState(), known: new Set<number>() }));
  const calls: Written[] = [];
  const entities: (readonly Entity[])[] = [];
  const hear = (node: (typeof nodes)[number], name: number) => {
    if (node.known.has(name)) return;
    node.known.add(name);
    joinInto(node.state, entities[name] as readonly Entity[]);
  };
  script.forEach(({ author, hears, operations: list }, name) => {
    const node = nodes[author] as (typeof nodes)[number];
    if (hears !== null) for (const other of (nodes[hears] as typeof node).known) hear(node, other);
    const seen = new Set(node.known);
    const clock = 1 + Math.max(0, ...Array.from(seen, (each) => calls[each]?.clock ?? 0));
    calls.push({ name, author, clock, operations: list, seen });
    entities.push(saidBy(node.state, { name, author, clock, operations: list, seen }));
    hear(node, name);
  });
  return { calls, entities, states: nodes };
}

function keyOf(author: number): AuthorId {
  return authors[author] ?? byteString(hashOf("eve"));
}

/** A state here is all that its author knows, so all of it lies below the next delta. The first made the context. */
function draftOf(state: StateStore, author: number): Draft {
  return new Draft(state, {
    author: keyOf(author),
    incarnation: "12345678" as Incarnation,
    crypto: nodeCrypto,
    writersOf: (held) => latestRotation(held?.content.rotations ?? [])?.writers ?? [keyOf(0)],
  });
}

function saidBy(state: StateStore, { name, author, clock, operations: list }: Written): readonly Entity[] {
  const draft = draftOf(state, author);
  for (const operation of list) perform(draft, operation);
  const delta = deltaOf(name);
  return draft.finish().map((action, index) => {
    const at = { at: { ms: clock, counter: 0 }, hlc: { ms: author, counter: name }, step: index };
    const said = entityOf(action, { delta, index, ...draft.writer, at }, nodeCrypto);
    if (said === null) throw new Error(`a void action: ${JSON.stringify(action)}`);
    return said;
  });
}
