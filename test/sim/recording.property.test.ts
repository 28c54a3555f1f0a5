// Two recordings are bisected to the first input that differs.

import * as fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { nodeCrypto } from "../../adapters/crypto/node-crypto.ts";
import { Trace } from "../../core/trace.ts";
import { firstDifference, Recorder, type Recording, recordedUntil } from "../../sim/recording.ts";
import { holds } from "../laws.ts";

function recordingOf(inputs: readonly number[]): Recording {
  const recorder = new Recorder();
  const trace = new Trace(nodeCrypto, recorder.listener);
  for (const [index, input] of inputs.entries()) trace.record(index, input % 3, [input]);
  return recorder.recording(trace);
}

const lengths = fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 4_000, max: 13_000 }));

test("the first input that differs is named, wherever it lies and whatever follows", () => {
  holds(
    fc.property(
      lengths,
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      fc.boolean(),
      (length, share, isCut) => {
        const inputs = Array.from({ length }, (_, index) => index);
        const at = Math.floor(share * length);
        const other = isCut ? inputs.slice(0, at) : inputs.map((input) => (input < at ? input : input + 7));
        const [first, second] = [recordingOf(inputs), recordingOf(other)];
        const difference = firstDifference(first, second);
        assert.is(difference?.afterInputs, at);
        assert.equal(difference?.first, { timeUs: at, node: at % 3 });
        assert.equal(difference?.second, isCut ? null : { timeUs: at, node: (at + 7) % 3 });
        assert.is(firstDifference(first, recordingOf(inputs)), null);
        assert.is(firstDifference(recordedUntil(first, at), recordingOf(inputs.slice(0, at))), null);
      },
    ),
    { share: 0.1 },
  );
});

test.run();
