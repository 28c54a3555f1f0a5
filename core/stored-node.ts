/** What a node stores of itself: its incarnation and which contexts it keeps. The first thing a start reads. */

import type { Fault } from "./fault.ts";
import { bytesOf, type ContextId, type Incarnation, incarnationBytes } from "./ids.ts";
import { storeFormat, storeKeys } from "./store-keys.ts";
import type { Turn } from "./turn.ts";
import { decodeValue, decoding, encode, refuse } from "./wire/cbor.ts";
import { expectByteString, expectFields, expectList } from "./wire/expect.ts";

/** The store does not hold what this version of a node must have written: for the driver to report. */
export class UnreadableStoreError extends Error {
  override readonly name = "UnreadableStoreError";
  /** `version`: another version of the format. */
  readonly code: "damaged" | "version";

  constructor(cause: Fault) {
    super(cause.detail);
    this.code = cause.code === "unknown-version" ? "version" : "damaged";
  }
}

/** Reads what this node wrote: anything else there is damage. */
export function stored<T>(read: () => T): T {
  const found = decoding("the store", () => ({ kind: "found" as const, found: read() }));
  if (found.kind === "fault") throw new UnreadableStoreError(found);
  return found.found;
}

/** Contexts one node may keep. */
const contextsMax = 1_000_000;
const recordBytesMax = 64 * 1_048_576;

export function saveNode(incarnation: Incarnation, contexts: readonly ContextId[], turn: Turn): void {
  turn.put(storeKeys.node, encodeNode(incarnation, contexts));
}

export function encodeNode(incarnation: Incarnation, contexts: readonly ContextId[]): Uint8Array {
  return encode([storeFormat, bytesOf(incarnation), contexts.map(bytesOf)]);
}

/** The contexts this node keeps; none in an empty store. For use inside `decoding`. */
export function loadNode(turn: Pick<Turn, "read">): readonly ContextId[] {
  const record = turn.read(storeKeys.node);
  if (record === undefined) {
    if (turn.read(storeKeys.clock) === undefined) return [];
    return refuse("malformed", "what lists the contexts of the node is missing");
  }
  const fields = decodeValue(record, recordBytesMax);
  if (Array.isArray(fields) && fields[0] !== storeFormat) {
    const [format] = fields;
    const isOlder = typeof format === "number" && format < storeFormat;
    const writer = isOlder
      ? "an older version wrote it, and its contexts cannot be brought over"
      : "a newer version wrote it";
    refuse("unknown-version", `the store has format ${String(format)}, expected ${storeFormat}: ${writer}`);
  }
  const [, incarnation, contexts] = expectFields(fields, 3, "a stored node");
  expectByteString<Incarnation>(incarnation, incarnationBytes);
  return expectList(contexts, contextsMax, (contextId) => expectByteString<ContextId>(contextId));
}
