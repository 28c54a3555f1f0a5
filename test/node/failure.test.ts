// What ends a command is told as what it is, also where it comes as the reason why something else did not happen.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { StoreError } from "../../adapters/level/store.ts";
import { StoppedError } from "../../node/driver.ts";
import { asFailure } from "../../node/failure.ts";

test("a node that its store stopped ends with the trouble of the store", () => {
  const trouble = new StoreError("store-damaged", "the store at /s is damaged: a table");
  const { code, exitCode, message } = asFailure(new StoppedError(trouble));
  assert.equal({ code, exitCode, message }, { code: "store-damaged", exitCode: 4, message: trouble.message });
});

test("one that a mistake of ours stopped says whose it is", () => {
  const { exitCode, message } = asFailure(new StoppedError(new TypeError("no such thing")));
  assert.is(exitCode, 70);
  assert.match(message, /TypeError: no such thing.*mistake in reconverge/);
});

test.run();
