/**
 * User storage: a register that only its owner writes. The key is the owner's public key in hexadecimal, and what
 * another author's delta says of it is void, which every replica sees from the delta alone.
 *
 * Merge law and source: those of the register.
 */

import { toHex } from "../../ids.ts";
import { createValueType, type ValueContent } from "./register.ts";

export type OwnedContent = ValueContent<"owned">;

export const owned = createValueType({
  type: "owned",
  code: 4,
  mayChange: (_change, { key, origin }) => key === toHex(origin.author),
});
