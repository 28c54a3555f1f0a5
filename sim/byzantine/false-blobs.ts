/** False versions of what a node says of the blobs it has. */

import type { BlobMessage } from "../../core/wire/blob-message.ts";
import type { Craft } from "./craft.ts";

/** Null for what is not changed: what it asks of others, and now and then the truth. */
export function falseBlob(said: BlobMessage, craft: Craft): BlobMessage | null {
  switch (said.kind) {
    case "chunk":
      return { ...said, bytes: craft.below(3) === 0 ? said.bytes.subarray(1) : altered(said.bytes, craft) };
    case "blob-offer":
      // Mostly the right manifest: only then is it asked for chunks.
      return craft.below(4) === 0
        ? { ...said, manifest: altered(said.manifest, craft) }
        : { ...said, held: said.held.map(() => 0xff) };
    case "chunk-absent":
      return { kind: "chunk", index: said.index, offset: 0, bytes: craft.bytes(40) };
    case "blob-refusal":
    case "blob-request":
    case "chunk-request":
      return null;
  }
}

function altered(bytes: Uint8Array, craft: Craft): Uint8Array {
  const copy = bytes.slice();
  const place = craft.below(Math.max(1, copy.length));
  copy[place] = (copy[place] ?? 0) ^ 0x01;
  return copy;
}
