// Ids as the API writes them.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { fromBase58, toBase58 } from "../../../adapters/http/base58.ts";
import type { ContextId } from "../../../core/ids.ts";

const contextId = "c".repeat(32) as ContextId;

test("ids are base58 both ways, and nothing else is read", () => {
  for (const id of ["\0".repeat(32), "ÿ".repeat(30).padStart(32, "\0"), contextId])
    assert.is(fromBase58(toBase58(id)), id);
  assert.is(toBase58("\0".repeat(32)), "1".repeat(32));
  for (const text of ["", "1".repeat(31), "1".repeat(33), "0".repeat(32), `${toBase58(contextId)} `, "ü"])
    assert.is(fromBase58(text), null);
});

test.run();
