/** What a replica keeps of a context besides its deltas and its state, as it is stored; it leads to both. */

import {
  type BesideRecord,
  decodeBeside,
  encodeBeside,
  isNothingBeside,
  nothingBeside,
} from "./beside-record.ts";
import { type AuthorId, bytesOf, type ContextId, toHex } from "./ids.ts";
import { nameCharactersMax } from "./limits.ts";
import { storeKeys } from "./store-keys.ts";
import type { Turn } from "./turn.ts";
import { decodeValue, encode, refuse } from "./wire/cbor.ts";
import { expectByteString, expectFields, expectInteger, expectText } from "./wire/expect.ts";

export interface ReplicaRecord {
  /** Applied deltas. */
  readonly count: number;
  readonly application: string;
  /** Null until the genesis has arrived. */
  readonly creator: AuthorId | null;
  readonly retentionMs: number | null;
  readonly isWriter: boolean;
  /** Of the deltas, how many are in the state as it was last written. */
  readonly writtenDeltas: number;
  /** What finds the state. */
  readonly state: unknown;
  readonly members: unknown;
  /** Where the state lies, and what lies beside it. */
  readonly beside: BesideRecord;
}

const recordBytesMax = 4_194_304;

export function encodeReplicaRecord(record: ReplicaRecord): Uint8Array {
  const { count, application, creator, retentionMs, isWriter, writtenDeltas, state, members, beside } =
    record;
  const made = [count, application, bytesOf(creator ?? ""), isWriter, writtenDeltas];
  const about = [...made, state, members, retentionMs];
  return encode(isNothingBeside(beside) ? about : [...about, encodeBeside(beside)]);
}

/** Null where nothing of the context is here yet. For use inside `decoding`. */
export function readReplicaRecord(contextId: ContextId, turn: Pick<Turn, "read">): ReplicaRecord | null {
  const stored = turn.read(storeKeys.context(contextId));
  if (stored !== undefined) return decodeReplicaRecord(stored);
  if (turn.read(storeKeys.indexBlock(contextId, 0)) === undefined) return null;
  return refuse("malformed", `the record of context ${toHex(contextId)} is missing`);
}

/** For use inside `decoding`. */
export function decodeReplicaRecord(stored: Uint8Array): ReplicaRecord {
  const value = decodeValue(stored, recordBytesMax);
  const hasBeside = Array.isArray(value) && value.length === 9;
  const fields = expectFields(value, hasBeside ? 9 : 8, "a stored context");
  const count = expectInteger(fields[0], Number.MAX_SAFE_INTEGER);
  return {
    count,
    application: expectText(fields[1], nameCharactersMax),
    creator: count > 0 ? expectByteString<AuthorId>(fields[2]) : null,
    isWriter: fields[3] === true,
    writtenDeltas: expectInteger(fields[4], count),
    state: fields[5],
    members: fields[6],
    retentionMs: fields[7] === null ? null : expectInteger(fields[7], Number.MAX_SAFE_INTEGER),
    beside: hasBeside ? decodeBeside(fields[8]) : nothingBeside,
  };
}
