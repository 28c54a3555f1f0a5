/** What is in the blobs of scenarios: bytes that follow from a blob's name, so that any reader can tell right from wrong. */

import { chunkBytes } from "../../core/limits.ts";
import { mix32 } from "../random.ts";

/** A chunk of the blob of this name and size, by its number from 0. O(chunk). */
export function blobContent(name: string, size: number, index: number): Uint8Array {
  const length = Math.max(0, Math.min(chunkBytes, size - index * chunkBytes));
  const words = new Uint32Array(Math.ceil(length / 4));
  let state = mix32(hashOf(name), index, 0, 17) | 1;
  for (let place = 0; place < words.length; place += 1) {
    // xorshift32 (Marsaglia 2003).
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[place] = state;
  }
  return new Uint8Array(words.buffer, 0, length);
}

function hashOf(name: string): number {
  let hash = 0x811c_9dc5;
  for (let place = 0; place < name.length; place += 1)
    hash = Math.imul(hash ^ name.charCodeAt(place), 0x0100_0193);
  return hash >>> 0;
}
