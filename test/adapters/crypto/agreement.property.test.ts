// Two implementations that differ on one signature would split a network: they must agree on any bytes.

import * as fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { createNodeIdentity } from "../../../adapters/crypto/identity.ts";
import { nodeCrypto } from "../../../adapters/crypto/node-crypto.ts";
import { pureCrypto } from "../../../adapters/crypto/pure-crypto.ts";
import { createPureIdentity } from "../../../adapters/crypto/pure-identity.ts";
import type { PeerId } from "../../../core/ids.ts";
import { crafted } from "./crafted-signatures.ts";

const peer = "peer" as PeerId;
const bytes = (minLength: number, maxLength = minLength) => fc.uint8Array({ minLength, maxLength });

/** Parts of the crafted vectors and random bytes, put together anew and some bits flipped. */
const pieces = {
  publicKey: fc.oneof(fc.constantFrom(...crafted.map(({ publicKey }) => publicKey)), bytes(32)),
  r: fc.oneof(fc.constantFrom(...crafted.map(({ signature }) => signature.subarray(0, 32))), bytes(32)),
  s: fc.oneof(fc.constantFrom(...crafted.map(({ signature }) => signature.subarray(32))), bytes(32)),
  message: fc.oneof(fc.constantFrom(...crafted.map(({ message }) => message)), bytes(0, 40)),
};

test("both implementations give the same verdict on signatures put together from crafted parts", () => {
  const counts = { valid: 0, refused: 0 };
  fc.assert(
    fc.property(fc.record(pieces), ({ publicKey, r, s, message }) => {
      const signature = Uint8Array.of(...r, ...s);
      const verdict = nodeCrypto.verify(publicKey, message, signature);
      counts[verdict ? "valid" : "refused"] += 1;
      assert.is(pureCrypto.verify(publicKey, message, signature), verdict);
    }),
    { numRuns: 400 },
  );
  assert.ok(counts.refused > 0);
});

test("both implementations give the same verdict on crafted vectors with flipped bits", () => {
  const vector = fc.constantFrom(...crafted);
  const flips = fc.array(fc.integer({ min: 0, max: 767 }), { maxLength: 2 });
  let valid = 0;
  fc.assert(
    fc.property(vector, flips, ({ publicKey, message, signature }, bits) => {
      const whole = Uint8Array.of(...publicKey, ...signature);
      for (const bit of bits) whole[bit >> 3] = (whole[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const verdict = nodeCrypto.verify(whole.subarray(0, 32), message, whole.subarray(32));
      valid += Number(verdict);
      assert.is(pureCrypto.verify(whole.subarray(0, 32), message, whole.subarray(32)), verdict);
    }),
    { numRuns: 400 },
  );
  assert.ok(valid > 0, "no valid signature was among them");
});

test("both implementations make the same key and the same signatures from a seed", () => {
  fc.assert(
    fc.property(bytes(32), bytes(0, 200), (seed, message) => {
      const [fast, pure] = [createNodeIdentity(seed, peer), createPureIdentity(seed, peer)];
      assert.is(pure.author, fast.author);
      assert.equal(Uint8Array.from(pure.sign(message)), Uint8Array.from(fast.sign(message)));
      assert.equal(pureCrypto.sha256(message), nodeCrypto.sha256(message));
    }),
    { numRuns: 50 },
  );
});

test.run();
