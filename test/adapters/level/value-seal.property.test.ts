// Values as they lie in LevelDB: what was written is read, and anything else is not.

import * as fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { checkedValues, chooseFormat, sealOf, type ValueSeal } from "../../../adapters/level/value-seal.ts";
import { holds } from "../../laws.ts";

const secret = new Uint8Array(32).fill(3);
const encrypted = sealOf(chooseFormat(secret), secret) as ValueSeal;
const seals = { checked: checkedValues, encrypted };
const bytes = fc.uint8Array({ maxLength: 200 });
const key = bytes.map((each) => Buffer.from(each));

for (const [name, seal] of Object.entries(seals)) {
  test(`a ${name} value is read as it was written, under its own key only`, () =>
    holds(
      fc.property(key, key, bytes, (own, other, value) => {
        const stored = seal.seal(own, value);
        assert.equal(Buffer.from(seal.open(own, stored) ?? []), Buffer.from(value));
        if (!own.equals(other)) assert.is(seal.open(other, stored), null);
      }),
    ));

  test(`a ${name} value with a changed bit, or cut short, is not read`, () =>
    holds(
      fc.property(key, bytes, fc.nat(), fc.nat(7), (own, value, at, bit) => {
        const stored = Buffer.from(seal.seal(own, value));
        const changed = Buffer.from(stored);
        const place = at % stored.length;
        changed.writeUInt8(changed.readUInt8(place) ^ (1 << bit), place);
        assert.is(seal.open(own, changed), null);
        assert.is(seal.open(own, stored.subarray(0, place)), null);
      }),
    ));
}

test("one secret seals two stores with two keys, and no other secret opens them", () => {
  const [first, second] = [chooseFormat(secret), chooseFormat(secret)];
  const value = Buffer.from("a value");
  const stored = sealOf(first, secret)?.seal(Buffer.of(1), value) ?? value;
  assert.is(sealOf(second, secret)?.open(Buffer.of(1), stored), null);
  assert.is(sealOf(first, new Uint8Array(32)), null);
  assert.is(sealOf(first, null), null);
});

test.run();
