// Heads as others are told of them: two summaries are equal when all heads are, however many there are.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { nodeCrypto } from "../../../adapters/crypto/node-crypto.ts";
import { areSameHeads, summarizeHeads } from "../../../core/dag/heads.ts";
import { headsMax } from "../../../core/limits.ts";
import { idOf } from "./histories.ts";

const heads = (count: number) => Array.from({ length: count }, (_, position) => idOf(position)).sort();

test("up to the bound all heads are listed, beyond it the first ones and a digest", () => {
  const whole = summarizeHeads(heads(headsMax), nodeCrypto);
  assert.is(whole.heads.length, headsMax);
  assert.is(whole.headsDigest, "");
  const cut = summarizeHeads(heads(headsMax + 1), nodeCrypto);
  assert.equal(cut.heads, heads(headsMax + 1).slice(0, headsMax));
  assert.is(cut.headCount, headsMax + 1);
  assert.is(cut.headsDigest.length, 32);
});

test("summaries differ wherever heads do, among those not listed too", () => {
  const all = heads(headsMax + 3);
  const summary = (list: typeof all) => summarizeHeads(list, nodeCrypto);
  assert.ok(areSameHeads(summary(all), summary([...all])));
  for (const left of [0, 1, headsMax - 1, headsMax, headsMax + 2]) {
    const others = all.filter((_, index) => index !== left);
    assert.not(areSameHeads(summary(all), summary(others)));
  }
  // As many of them, the same ones listed.
  const without = (left: number) => summary(all.filter((_, index) => index !== left));
  assert.equal(without(headsMax).heads, without(headsMax + 2).heads);
  assert.not(areSameHeads(without(headsMax), without(headsMax + 2)));
});

test.run();
