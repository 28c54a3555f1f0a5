// For each type a handful of operations on one entity, drawn at random and close enough for ties, and their joins.

import * as fc from "fast-check";
import { nodeCrypto } from "../../../adapters/crypto/node-crypto.ts";
import { type AuthorId, byteString, type DeltaId, type Incarnation, toHex } from "../../../core/ids.ts";
import type { ActionOf } from "../../../core/state/action.ts";
import { type Entity, entityOf, joinEntities } from "../../../core/state/entity.ts";
import type { Moment } from "../../../core/state/moment.ts";
import { hashOfValue } from "../../../core/state/types/register.ts";
import type { Changes, TypeName } from "../../../core/state/types.ts";
import { hashOf } from "../authors.ts";
import { stamps } from "./entities.ts";

/** An operation: what it says of the entity, and its moment. */
export interface Operation {
  readonly says: Entity;
  readonly at: Moment;
}

export const authors = ["ann", "bob"].map((name) => byteString<AuthorId>(hashOf(name)));
const incarnations = ["first...", "second.."] as Incarnation[];
const deltas = Array.from({ length: 6 }, (_, index) => byteString<DeltaId>(hashOf(`delta ${index}`)));

export function hashKey(value: string): string {
  return toHex(hashOfValue(value, nodeCrypto));
}

const keys: { readonly [Name in TypeName]: string } = {
  register: "k",
  container: "k",
  counter: "",
  element: hashKey("v"),
  owned: toHex(authors[0] as string),
  frozen: hashKey("v"),
  shared: "",
  run: "",
};

const early = { ms: 0, counter: 0 };
const late = { ms: 1, counter: 0 };

/** Few, so that most operations tie with another. */
export const moments: fc.Arbitrary<Moment> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(early, late).map((at) => ({ at, hlc: late, step: 0 })) },
  { weight: 1, arbitrary: stamps },
);

/** Sorted, as removals from a set name them. */
const contributors = authors
  .flatMap((author) => incarnations.map((incarnation) => ({ author, incarnation })))
  .sort((a, b) => (a.author + a.incarnation < b.author + b.incarnation ? -1 : 1));
const additionOf = (contributor: (typeof contributors)[number]) =>
  moments.map((at) => ({ ...contributor, at }));

const removal = { kind: "remove" } as const;
const puts = fc.constantFrom("a", "b", null, 1).map((value) => ({ kind: "put", value }) as const);
const totals = fc.nat(3);
const ranges = fc.tuple(fc.nat(4), fc.nat(2)).map(([start, more]) => ({ start, end: start + 1 + more }));

const changes: { readonly [Name in TypeName]: fc.Arbitrary<Changes[Name]> } = {
  register: fc.oneof(puts, fc.constant(removal)),
  owned: fc.oneof(puts, fc.constant(removal)),
  shared: fc.oneof(
    puts,
    fc.constant(removal),
    fc
      .constantFrom(authors, authors.slice(1))
      .map((list) => ({ kind: "rotate", writers: [...list].sort() }) as const),
  ),
  container: fc.constantFrom<Changes["container"]>({ kind: "mark" }, removal),
  frozen: fc.constant({ kind: "put", value: "v" }),
  counter: fc.oneof(
    { weight: 1, arbitrary: fc.constant(removal) },
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant("count" as const),
        since: fc.oneof(fc.constant(null), moments),
        plus: totals,
        minus: totals,
      }),
    },
  ),
  element: fc.oneof(
    fc.constant({ kind: "add", value: "v" } as const),
    fc.record({
      kind: fc.constant("remove" as const),
      seen: fc.subarray(contributors).chain((list) => fc.tuple(...list.map(additionOf))),
    }),
  ),
  run: fc.record({
    kind: fc.constant("mark" as const),
    run: fc.constant({ delta: deltas[0] as DeltaId, index: 0 }),
    ranges: fc.array(ranges, { minLength: 1, maxLength: 3 }),
  }),
};

const insertion: Changes["run"] = {
  kind: "insert",
  parent: null,
  side: "right",
  items: ["a", "b", "c", "d", "e"],
};

/** Up to six operations of different deltas on one entity. Void ones are left out. */
export function operationsOn(type: TypeName): fc.Arbitrary<readonly Operation[]> {
  const drawn = fc.record({
    change: changes[type],
    at: moments,
    author: fc.constantFrom(...authors),
    incarnation: fc.constantFrom(...incarnations),
  });
  return fc.array(drawn, { minLength: 1, maxLength: deltas.length }).map((list) =>
    list.flatMap(({ change, at, author, incarnation }, index) => {
      const said = type === "run" && index === 0 ? insertion : change;
      const action = { type, collection: "c", key: keys[type], change: said } as ActionOf<"register">;
      const origin = { delta: deltas[index] as DeltaId, index: 0, author, incarnation, at };
      const says = entityOf(action, origin, nodeCrypto);
      return says === null ? [] : [{ says, at }];
    }),
  );
}

export function join(a: Entity, b: Entity): Entity {
  return joinEntities(a, b, nodeCrypto);
}

/** The join of some operations, at least one. */
export function joined(operations: readonly Operation[]): Entity {
  return operations.map(({ says }) => says).reduce(join);
}

/** Operations, and three joins of some of them, which overlap. */
export function joinsOn(type: TypeName): fc.Arbitrary<readonly [Entity, Entity, Entity]> {
  return operationsOn(type)
    .filter((operations) => operations.length > 0)
    .chain((operations) => {
      const some = fc
        .subarray([...operations], { minLength: 1 })
        .chain((list) => fc.shuffledSubarray(list, { minLength: list.length }))
        .map(joined);
      return fc.tuple(some, some, some);
    });
}
