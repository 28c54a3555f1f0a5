/** One context's entities, kept in plain maps, with the root over them. What changed in a turn is written with it. */

import type { ContextId, EntityId, Hash } from "../ids.ts";
import type { Crypto } from "../ports.ts";
import { storeKeys } from "../store-keys.ts";
import type { Turn } from "../turn.ts";
import { refuse } from "../wire/cbor.ts";
import { decodeEntity, type Entity, entityId, isLive, joinEntities } from "./entity.ts";
import { addToSum, createRootSum, type RootSum, rootOfSum, subtractFromSum } from "./state-root.ts";

export interface StateMemory {
  /** In the order they first appeared: an entity's ordinal is its key in the store. */
  readonly entities: Entity[];
  readonly ordinals: Map<EntityId, number>;
  readonly sum: RootSum;
  root: Hash | null;
  liveCount: number;
}

export function createStateMemory(): StateMemory {
  return { entities: [], ordinals: new Map(), sum: createRootSum(), root: null, liveCount: 0 };
}

export class StateStore {
  readonly #memory: StateMemory;
  readonly #contextId: ContextId;
  readonly #crypto: Crypto;

  constructor(memory: StateMemory, contextId: ContextId, crypto: Crypto) {
    this.#memory = memory;
    this.#contextId = contextId;
    this.#crypto = crypto;
  }

  /** Entities that live; tombstones are not counted. */
  get liveCount(): number {
    return this.#memory.liveCount;
  }

  /** Every entity ever joined, tombstones included. */
  get storedCount(): number {
    return this.#memory.entities.length;
  }

  /** Equal roots mean equal states, tombstones included. Cached until the next change. */
  root(): Hash {
    this.#memory.root ??= rootOfSum(this.#memory.sum, this.#crypto);
    return this.#memory.root;
  }

  get(collection: string, key: string): Entity | undefined {
    const ordinal = this.#memory.ordinals.get(entityId(collection, key, this.#crypto));
    return ordinal === undefined ? undefined : this.#memory.entities[ordinal];
  }

  /** The live entities of a collection, in no order that means anything. O(all entities). */
  live(collection: string): readonly Entity[] {
    return this.#memory.entities.filter((entity) => entity.collection === collection && isLive(entity));
  }

  /** Joins an entity into the state. O(1). Invariants 3 and 5. */
  join(entity: Entity, turn: Turn): void {
    const ordinal = this.#memory.ordinals.get(entity.id) ?? this.#memory.entities.length;
    const current = this.#memory.entities[ordinal];
    const joined = current === undefined ? entity : joinEntities(current, entity, this.#crypto);
    if (joined === current) return;
    this.#replace(ordinal, joined);
    turn.put(storeKeys.entity(this.#contextId, ordinal), joined.bytes);
  }

  /** Reads what was stored: `count` entities. For use inside `decoding`. */
  load(count: number, turn: Turn): void {
    for (let ordinal = 0; ordinal < count; ordinal += 1) {
      const bytes = turn.read(storeKeys.entity(this.#contextId, ordinal));
      if (bytes === undefined) return refuse("malformed", `entity ${ordinal} of a context is missing`);
      this.#replace(ordinal, decodeEntity(bytes, this.#crypto));
    }
  }

  #replace(ordinal: number, entity: Entity): void {
    const memory = this.#memory;
    const current = memory.entities[ordinal];
    if (current !== undefined) {
      subtractFromSum(memory.sum, current.hash);
      memory.liveCount -= Number(isLive(current));
    }
    addToSum(memory.sum, entity.hash);
    memory.liveCount += Number(isLive(entity));
    memory.entities[ordinal] = entity;
    memory.ordinals.set(entity.id, ordinal);
    memory.root = null;
  }
}
