/**
 * A node as the author of deltas: its clock, its incarnation and its signature. The clock never goes back, not
 * over a restart either: each value is committed with the delta it stamped.
 */

import type { CausalDelta, DeltaContent } from "./dag/delta.ts";
import type { ApplicationEvent } from "./effect.ts";
import type { Fault } from "./fault.ts";
import { type Hlc, hlcZero, tickHlc } from "./hlc.ts";
import type { ContextId, DeltaId, Incarnation } from "./ids.ts";
import { hlcCounterMax, hlcMsMax } from "./limits.ts";
import type { Identity } from "./ports.ts";
import { storeKeys } from "./store-keys.ts";
import type { Turn } from "./turn.ts";
import { decodeValue, encode } from "./wire/cbor.ts";
import type { Codec } from "./wire/codec.ts";
import { sealDelta } from "./wire/delta-codec.ts";
import { expectFields, expectInteger } from "./wire/expect.ts";

export interface AuthorMemory {
  hlc: Hlc;
  incarnation: Incarnation;
}

export interface Authored {
  /** Empty for a genesis. */
  readonly contextId: ContextId | "";
  readonly parents: readonly DeltaId[];
  readonly content: DeltaContent;
  readonly events: readonly ApplicationEvent[];
}

export class Author {
  readonly #memory: AuthorMemory;
  readonly #identity: Identity;
  readonly #codec: Codec;

  constructor(memory: AuthorMemory, identity: Identity, codec: Codec) {
    this.#memory = memory;
    this.#identity = identity;
    this.#codec = codec;
  }

  get incarnation(): Incarnation {
    return this.#memory.incarnation;
  }

  /** The wall time of the delta that would be made now: ms since 1970. */
  timeMs(turn: Turn): number {
    return this.#tick(turn).ms;
  }

  /**
   * Makes a signed delta. A fault says why its content cannot be stored (too large, or not JSON that every
   * replica reads alike): then nothing was written and the clock stands where it stood.
   */
  make(authored: Authored, turn: Turn): CausalDelta | Fault {
    const hlc = Object.freeze(this.#tick(turn));
    const draft = { ...authored, author: this.#identity.author, incarnation: this.#memory.incarnation, hlc };
    const delta = this.#codec.openDelta(sealDelta(draft, this.#identity, this.#codec.crypto));
    if (delta.kind === "delta") this.#keep(hlc, turn);
    return delta;
  }

  /** A clock value above all before, for what this node writes for itself. */
  advance(turn: Turn): Hlc {
    const hlc = Object.freeze(this.#tick(turn));
    this.#keep(hlc, turn);
    return hlc;
  }

  #keep(hlc: Hlc, turn: Turn): void {
    this.#memory.hlc = hlc;
    turn.put(storeKeys.clock, encodeClock(hlc));
  }

  #tick(turn: Turn): Hlc {
    return tickHlc(this.#memory.hlc, turn.now.wallMs);
  }

  /** Starts a new incarnation above the stored clock. For use inside `decoding`. */
  load(incarnation: Incarnation, turn: Turn): void {
    this.#memory.incarnation = incarnation;
    const stored = turn.read(storeKeys.clock);
    if (stored === undefined) return;
    this.#memory.hlc = decodeClock(stored);
  }
}

/** What the store keeps of a clock. */
export function encodeClock({ ms, counter }: Hlc): Uint8Array {
  return encode([ms, counter]);
}

/** For use inside `decoding`. */
export function decodeClock(stored: Uint8Array): Hlc {
  const [ms, counter] = expectFields(decodeValue(stored, 64), 2, "a stored clock");
  return Object.freeze({
    ms: expectInteger(ms, hlcMsMax),
    counter: expectInteger(counter, hlcCounterMax),
  });
}

export function createAuthorMemory(): AuthorMemory {
  return { hlc: hlcZero, incarnation: "" as Incarnation };
}
