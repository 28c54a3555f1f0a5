/** Words of real chance, to seed a core's. */

import { randomBytes } from "node:crypto";
import type { RandomWords } from "../core/random.ts";

export function randomWords(): RandomWords {
  const bytes = randomBytes(16);
  return [0, 4, 8, 12].map((offset) => bytes.readInt32LE(offset)) as RandomWords;
}
