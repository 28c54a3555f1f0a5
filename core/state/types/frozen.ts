/**
 * Frozen storage: content-addressed values, never changed and never removed by themselves. The key is the SHA-256
 * of the value's encoding in hexadecimal; anything else is void. (Merkle, "A Digital Signature Based on a
 * Conventional Encryption Function", 1987, for naming by hash.)
 *
 * Merge law: that of the register. Values under one key are equal, so only the moment moves, upwards; it matters
 * to a deleted container above.
 */

import { toHex } from "../../ids.ts";
import { createValueType, hashOfValue, type ValueContent } from "./register.ts";

export type FrozenContent = ValueContent<"frozen">;

export const frozen = createValueType({
  type: "frozen",
  code: 5,
  mayChange: (change, { key, crypto }) =>
    change.kind === "put" && key === toHex(hashOfValue(change.value, crypto)),
});
