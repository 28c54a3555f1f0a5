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
import { expectByteString, expectFields, expectInteger, expectList, expectText } from "../wire/expect.ts";
import { frontiersMax } from "../wire/sync-message.ts";

export interface Frontier {
  readonly name: FrontierName;
  /** Sorted. All that is below them, they included, is applied on both sides. */
  readonly ids: readonly DeltaId[];
  /** Deltas applied here when it was reached. */
  readonly count: number;
}

const slots = 256;
/** A frontier of more ids is not remembered. */
const idsMax = 128;
const recordBytesMax = 16_384;
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

  /** Those remembered, the newest first. */
  of(pair: Acquaintance, turn: Turn): readonly Frontier[] {
    const stored = turn.read(this.#key(pair));
    if (stored === undefined) return [];
    const record = decoding("stored frontiers", () => ({ kind: "record", ...readRecord(stored) }) as const);
    if (isFault(record)) throw new UnreadableStoreError(record);
    return record.peer === pair.peer ? record.frontiers : [];
  }

  /** Remembers one beside the one before it; does nothing when it is the newest already, or of too many ids. */
  remember(pair: Acquaintance, { ids, count }: Omit<Frontier, "name">, turn: Turn): void {
    if (ids.length === 0 || ids.length > idsMax || pair.peer.length > peerCharactersMax) return;
    const digest = this.#crypto.sha256(bytesOf(ids.join("")));
    const name = byteString<FrontierName>(digest.subarray(0, frontierNameBytes));
    const before = this.of(pair, turn);
    if (before[0]?.name === name) return;
    const others = before.filter((frontier) => frontier.name !== name);
    const kept = [{ name, count, ids }, ...others].slice(0, frontiersMax);
    const fields = kept.map((frontier) => [
      bytesOf(frontier.name),
      frontier.count,
      frontier.ids.map(bytesOf),
    ]);
    turn.put(this.#key(pair), encode([pair.peer, fields]));
  }

  /** Forgets all with a peer, because one of them led astray. */
  forget(pair: Acquaintance, turn: Turn): void {
    if (this.of(pair, turn).length === 0) return;
    turn.remove(this.#key(pair));
    turn.observe("frontier-forgotten", pair);
  }

  #key({ contextId, peer }: Acquaintance): string {
    const [drawn = 0] = this.#crypto.sha256(encode(peer));
    return storeKeys.frontiers(contextId, drawn % slots);
  }
}

/** What two that told each other these heads have in common once a session completed; null where heads were left out. */
export function frontierBetween(one: HeadsSummary, other: HeadsSummary): readonly DeltaId[] | null {
  if (one.headCount > one.heads.length || other.headCount > other.heads.length) return null;
  return Array.from(new Set([...one.heads, ...other.heads])).sort();
}

/** For use inside `decoding`. */
function readRecord(stored: Uint8Array): {
  readonly peer: string;
  readonly frontiers: readonly Frontier[];
} {
  const [peer, frontiers] = expectFields(
    decodeValue(stored, recordBytesMax),
    2,
    "stored frontiers of a peer",
  );
  return {
    peer: expectText(peer, peerCharactersMax),
    frontiers: expectList(frontiers, frontiersMax, (frontier) => {
      const [name, count, ids] = expectFields(frontier, 3, "a stored frontier");
      return {
        name: expectByteString<FrontierName>(name, frontierNameBytes),
        count: expectInteger(count, Number.MAX_SAFE_INTEGER),
        ids: expectList(ids, idsMax, (id) => expectByteString<DeltaId>(id)),
      };
    }),
  };
}
