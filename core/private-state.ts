/**
 * What a node keeps beside a context for itself: the private fields of its application. Never told to anybody, and
 * no part of the root. Kept as the shared state is, with the same types under the same laws, but written with the
 * turn that changed it, because no delta says it again.
 */

import type { Fault } from "./fault.ts";
import { byteString, type ContextId, type DeltaId } from "./ids.ts";
import { actionsMax, deltaBytesMax } from "./limits.ts";
import type { Services } from "./services.ts";
import { type Action, decodeAction, encodeAction } from "./state/action.ts";
import { entityOf, openEntity } from "./state/entity.ts";
import { StateRecords } from "./state/state-records.ts";
import { type StateMemory, StateStore } from "./state/state-store.ts";
import { decodeStored } from "./state/tree/node-codec.ts";
import { storeKeys } from "./store-keys.ts";
import type { Turn } from "./turn.ts";
import { decodeValue, decoding, encode } from "./wire/cbor.ts";
import { expectFields, expectList } from "./wire/expect.ts";

export class PrivateState {
  readonly store: StateStore;
  readonly #contextId: ContextId;
  readonly #services: Services;

  constructor(memory: StateMemory, contextId: ContextId, services: Services) {
    const { codec, store, decoded } = services;
    const space = `p${contextId}` as const;
    this.store = new StateStore(memory, new StateRecords({ space, crypto: codec.crypto, store, decoded }));
    this.#contextId = contextId;
    this.#services = services;
  }

  /** The actions as they can be kept, within the bounds of a delta, or a fault that says why not. */
  checked(
    actions: readonly Action[],
  ): { readonly kind: "actions"; readonly actions: readonly Action[] } | Fault {
    return decoding("what is private", () => {
      const fields = decodeValue(encode(actions.map(encodeAction)), deltaBytesMax);
      return { kind: "actions", actions: expectList(fields, actionsMax, decodeAction) };
    });
  }

  /** Keeps what a call wrote. */
  write(actions: readonly Action[], turn: Turn): void {
    if (actions.length === 0) return;
    const { author, identity, codec } = this.#services;
    const hlc = author.advance(turn);
    const { incarnation } = author;
    // No delta has this name, and no other write: the clock never stands still.
    const about = encode([this.#contextId, incarnation, hlc.ms, hlc.counter]);
    const delta = byteString<DeltaId>(codec.crypto.sha256(about));
    actions.forEach((action, index) => {
      const at = { at: hlc, hlc, step: index };
      const said = entityOf(action, { delta, index, author: identity.author, incarnation, at }, codec.crypto);
      if (said !== null) this.store.join(said);
    });
    this.#keep(turn);
  }

  /** Joins entities out of what is left of a damaged store; a fault where one is none. */
  restore(sealed: readonly Uint8Array[], turn: Turn): Fault | null {
    const { crypto } = this.#services.codec;
    const read = decoding("what was private", () => {
      return { kind: "entities", entities: sealed.map((bytes) => openEntity(bytes, crypto)) } as const;
    });
    if (read.kind === "fault") return read;
    for (const entity of read.entities) this.store.join(entity);
    this.#keep(turn);
    return null;
  }

  #keep(turn: Turn): void {
    this.store.flush(turn);
    turn.put(storeKeys.privateState(this.#contextId), encode(this.store.save()));
  }

  /** For use inside `decoding`. */
  load(turn: Turn): void {
    const stored = turn.read(storeKeys.privateState(this.#contextId));
    if (stored !== undefined) this.store.load(readPrivateRecord(stored), turn);
  }
}

/** What finds a private state. For use inside `decoding`. */
export function readPrivateRecord(stored: Uint8Array): unknown {
  return decodeValue(stored, recordBytesMax);
}

/** Entities of a private state, tombstones included, by what finds it. For use inside `decoding`. */
export function countInPrivateRecord(stored: Uint8Array): number {
  const [, root] = expectFields(readPrivateRecord(stored), 2, "a stored private state");
  return Array.isArray(root) && root.length === 0 ? 0 : decodeStored(root).count;
}

const recordBytesMax = 65_536;
