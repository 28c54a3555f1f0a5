/**
 * Common frontiers: what this node remembers, over restarts too, of what it and a peer have both applied. After a
 * session that completed, that is all below the heads that the two handshakes told, and both sides give it the same
 * name. It is written with the commit of the turn in which the session ended, after what it stands for, so a
 * disk that holds it holds that as well. A frontier that both name was reached by both; a peer that
 * lost its disk has lost the name with it.
 *
 * Bounded: a context has so many slots; a peer's is drawn from its name, and who was met last has it.
 */

import type { HeadsSummary } from "../dag/heads.ts";
import { isFault } from "../fault.ts";
import {
  byteString,
  bytesOf,
  type ContextId,
  type DeltaId,
  type FrontierName,
  frontierNameBytes,
  type PeerId,
} from "../ids.ts";
import type { Crypto } from "../ports.ts";
import { storeKeys } from "../store-keys.ts";
import { UnreadableStoreError } from "../stored-node.ts";
import type { Turn } from "../turn.ts";
import { decodeValue, decoding, encode } from "../wire/cbor.ts";
import { frontierIdsMax } from "../wire/delta-batch.ts";
import { expectByteString, expectFields, expectInteger, expectList, expectText } from "../wire/expect.ts";
import { frontiersMax } from "../wire/sync-message.ts";

export interface Frontier {
  readonly name: FrontierName;
  /** Sorted. All that is below them, they included, is applied on both sides. */
  readonly ids: readonly DeltaId[];
  /** Deltas applied here when it was reached. */
  readonly count: number;
}

/** What is remembered of a peer in a context. */
export interface Remembered {
  /** The newest first. */
  readonly frontiers: readonly Frontier[];
  /** What it sent in a session that was cut off: it has these and all below them. */
  readonly given: readonly DeltaId[];
}

const nothing: Remembered = Object.freeze({ frontiers: Object.freeze([]), given: Object.freeze([]) });
/** Of a context. */
export const frontierSlots = 256;
const recordBytesMax = 32_768;
const peerCharactersMax = 1_024;

/** Whose frontiers: this node's with a peer in a context. */
export interface Acquaintance {
  readonly contextId: ContextId;
  readonly peer: PeerId;
}

/** Holds nothing: what it knows is in the store. */
export class Frontiers {
  readonly #crypto: Crypto;

  constructor(crypto: Crypto) {
    this.#crypto = crypto;
  }

  of(pair: Acquaintance, turn: Turn): Remembered {
    const stored = turn.read(this.#key(pair));
    if (stored === undefined) return nothing;
    const record = decoding("stored frontiers", () => ({ kind: "record", ...readRecord(stored) }) as const);
    if (isFault(record)) throw new UnreadableStoreError(record);
    return record.peer === pair.peer ? record : nothing;
  }

  /** Remembers one beside the one before it; does nothing when it is the newest already, or of too many ids. */
  remember(pair: Acquaintance, { ids, count }: Omit<Frontier, "name">, turn: Turn): void {
    if (ids.length === 0 || ids.length > frontierIdsMax) return;
    const digest = this.#crypto.sha256(bytesOf(ids.join("")));
    const name = byteString<FrontierName>(digest.subarray(0, frontierNameBytes));
    const before = this.of(pair, turn);
    if (before.frontiers[0]?.name === name && before.given.length === 0) return;
    const others = before.frontiers.filter((frontier) => frontier.name !== name);
    const frontiers = [{ name, count, ids }, ...others].slice(0, frontiersMax);
    this.#write(pair, { frontiers, given: [] }, turn);
  }

  /** Remembers what a peer sent, the latest of it where that is much. */
  rememberGiven(pair: Acquaintance, ids: readonly DeltaId[], turn: Turn): void {
    const { frontiers } = this.of(pair, turn);
    this.#write(pair, { frontiers, given: ids.slice(-frontierIdsMax) }, turn);
  }

  /** Forgets all with a peer, because something of it led astray. */
  forget(pair: Acquaintance, turn: Turn): void {
    if (this.of(pair, turn) === nothing) return;
    turn.remove(this.#key(pair));
    turn.observe("frontier-forgotten", pair);
  }

  #write(pair: Acquaintance, { frontiers, given }: Remembered, turn: Turn): void {
    if (pair.peer.length > peerCharactersMax) return;
    const fields = frontiers.map(({ name, count, ids }) => [bytesOf(name), count, ids.map(bytesOf)]);
    turn.put(this.#key(pair), encode([pair.peer, fields, given.map(bytesOf)]));
  }

  #key({ contextId, peer }: Acquaintance): string {
    const [drawn = 0] = this.#crypto.sha256(encode(peer));
    return storeKeys.frontiers(contextId, drawn % frontierSlots);
  }
}

/** What two that told each other these heads have in common once a session completed; null where heads were left out. */
export function frontierBetween(one: HeadsSummary, other: HeadsSummary): readonly DeltaId[] | null {
  if (one.headCount > one.heads.length || other.headCount > other.heads.length) return null;
  return Array.from(new Set([...one.heads, ...other.heads])).sort();
}

/** For use inside `decoding`. */
function readRecord(stored: Uint8Array): Remembered & { readonly peer: string } {
  const fields = expectFields(decodeValue(stored, recordBytesMax), 3, "stored frontiers of a peer");
  const expectIds = (value: unknown) =>
    expectList(value, frontierIdsMax, (id) => expectByteString<DeltaId>(id));
  return {
    peer: expectText(fields[0], peerCharactersMax),
    frontiers: expectList(fields[1], frontiersMax, (frontier) => {
      const [name, count, ids] = expectFields(frontier, 3, "a stored frontier");
      return {
        name: expectByteString<FrontierName>(name, frontierNameBytes),
        count: expectInteger(count, Number.MAX_SAFE_INTEGER),
        ids: expectIds(ids),
      };
    }),
    given: expectIds(fields[2]),
  };
}
