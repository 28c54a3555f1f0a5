// The ring of tip records, without a disk.

import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  checkRing,
  emptyTip,
  encodeTip,
  nextTip,
  ringKey,
  ringSize,
  type TipRecord,
} from "../../../adapters/level/tip.ts";

/** What the ring holds after so many flushes, by key. */
function ringAfter(flushes: number): Map<string, Uint8Array> {
  const ring = new Map<string, Uint8Array>();
  let tip = emptyTip;
  for (let index = 0; index < flushes; index += 1) {
    const record: TipRecord = nextTip(tip, [[["key", Uint8Array.of(index & 0xff)]]]);
    ring.set(ringKey(record.count).toString("hex"), encodeTip(record));
    tip = record;
  }
  return ring;
}

test("the ring wraps around and stays whole", () => {
  for (const flushes of [0, 1, 2, ringSize - 1, ringSize, ringSize + 1, 2 * ringSize + 7]) {
    const ring = ringAfter(flushes);
    const records = checkRing([...ring.values()]);
    assert.ok(typeof records !== "string", `${flushes} flushes: ${records}`);
    assert.is(records.at(-1)?.count ?? 0, flushes);
    assert.is(records.length, Math.min(flushes, ringSize));
  }
});

test("one record that is missing, old or unreadable is found", () => {
  const flushes = ringSize + 10;
  const key = ringKey(flushes - 3).toString("hex");
  const missing = ringAfter(flushes);
  missing.delete(key);
  assert.type(checkRing([...missing.values()]), "string");
  const old = ringAfter(flushes);
  const before = ringAfter(flushes - ringSize).get(key);
  if (before !== undefined) old.set(key, before);
  else old.set(key, encodeTip({ ...nextTip(emptyTip, []), count: flushes - 3 - ringSize }));
  assert.type(checkRing([...old.values()]), "string");
  const unreadable = ringAfter(flushes);
  unreadable.set(key, new Uint8Array(3));
  assert.type(checkRing([...unreadable.values()]), "string");
});

test("a record of another history is found", () => {
  const ring = ringAfter(20);
  const other = nextTip({ count: 9, chain: emptyTip.chain }, [[["other", new Uint8Array(1)]]]);
  ring.set(ringKey(10).toString("hex"), encodeTip(other));
  assert.match(String(checkRing([...ring.values()])), "not of one history");
});

test("the digest binds keys, values and where one ends and the next begins", () => {
  const digest = (...puts: [string, Uint8Array][]) => nextTip(emptyTip, [puts]).digest.toString("hex");
  const digests = [
    digest(["ab", Uint8Array.of(1)]),
    digest(["a", Uint8Array.of(98, 1)]),
    digest(["ab", Uint8Array.of(2)]),
    digest(["ab", Uint8Array.of(1)], ["", new Uint8Array()]),
  ];
  assert.is(new Set(digests).size, digests.length);
});

test.run();
