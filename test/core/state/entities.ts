// Writes drawn at random, close enough to each other that ties are common, and a model that folds them naively.

import * as fc from "fast-check";
import { nodeCrypto } from "../../../adapters/crypto/node-crypto.ts";
import { byteString } from "../../../core/ids.ts";
import type { Json } from "../../../core/json.ts";
import { createEntity, type Entity } from "../../../core/state/entity.ts";
import type { Moment } from "../../../core/state/moment.ts";
import { encode } from "../../../core/wire/cbor.ts";

/** One write as an action carries it: a value, or a removal. */
export interface Write {
  readonly key: string;
  readonly stamp: Moment;
  readonly value: Json | undefined;
}

const times = fc.record({ ms: fc.nat(2), counter: fc.nat(1) }, { noNullPrototype: true });
export const stamps: fc.Arbitrary<Moment> = fc.record(
  { at: times, hlc: times, step: fc.nat(1) },
  { noNullPrototype: true },
);

const values = fc.oneof(fc.constantFrom<Json>(null, 0, 1, "a", "b", [1], { a: 1 }), fc.constant(undefined));

export const writes: fc.Arbitrary<Write> = fc.record({
  key: fc.constantFrom("k", "l", "m"),
  stamp: stamps,
  value: values,
});

export const collection = "entries";

export function entityOf({ key, stamp, value }: Write): Entity {
  return value === undefined
    ? createEntity(
        { collection, key, content: { type: "register", value: null, updated: null }, deleted: stamp },
        nodeCrypto,
      )
    : createEntity(
        { collection, key, content: { type: "register", value, updated: stamp }, deleted: null },
        nodeCrypto,
      );
}

/** What a key reads as, from all writes ever made: written down here once more, without the core's code. */
export function naiveRead(all: readonly Write[], key: string): Json | undefined {
  const own = all.filter((write) => write.key === key);
  const sets = own
    .filter(({ value }) => value !== undefined)
    .map((write) => ({ ...write, hash: hashOf(write) }));
  const [winner] = sets.sort(
    (a, b) => order(b.stamp, a.stamp) || (a.hash < b.hash ? 1 : a.hash > b.hash ? -1 : 0),
  );
  if (winner === undefined) return undefined;
  const isDeleted = own.some(({ stamp, value }) => value === undefined && order(stamp, winner.stamp) >= 0);
  return isDeleted ? undefined : winner.value;
}

/** Every field in turn, the derived time first. */
function order(a: Moment, b: Moment): number {
  return (
    a.at.ms - b.at.ms ||
    a.at.counter - b.at.counter ||
    a.hlc.ms - b.hlc.ms ||
    a.hlc.counter - b.hlc.counter ||
    a.step - b.step
  );
}

function hashOf({ value }: Write): string {
  return byteString(nodeCrypto.sha256(encode(value)));
}
