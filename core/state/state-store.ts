/** One context's entities, kept in plain maps, with the root over them. What changed in a turn is written with it. */

import type { ContextId, EntityId, Hash } from "../ids.ts";
import type { Crypto } from "../ports.ts";
import { storeKeys } from "../store-keys.ts";
import type { Turn } from "../turn.ts";
import { refuse } from "../wire/cbor.ts";
import { decodeEntity, type Entity, type EntityOf, entityId, isLive, joinEntities } from "./entity.ts";
import { type EntityReader, floorAbove } from "./reader.ts";
import { addToSum, createRootSum, type RootSum, rootOfSum, subtractFromSum } from "./state-root.ts";
import type { TypeName } from "./types.ts";

export interface StateMemory {
  /** In the order they first appeared: an entity's ordinal is its key in the store. */
  readonly entities: Entity[];
  readonly ordinals: Map<EntityId, number>;
  /** The ordinals of each collection's entities. */
  readonly collections: Map<string, number[]>;
  readonly sum: RootSum;
  root: Hash | null;
}

export function createStateMemory(): StateMemory {
  return { entities: [], ordinals: new Map(), collections: new Map(), sum: createRootSum(), root: null };
}

export class StateStore implements EntityReader {
  readonly #memory: StateMemory;
  readonly #contextId: ContextId;
  readonly #crypto: Crypto;

  constructor(memory: StateMemory, contextId: ContextId, crypto: Crypto) {
    this.#memory = memory;
    this.#contextId = contextId;
    this.#crypto = crypto;
  }

  /** Entities that live; tombstones and what is beneath them are not counted. O(all entities). */
  get liveCount(): number {
    let count = 0;
    for (const [collection, ordinals] of this.#memory.collections) {
      const floor = floorAbove(this, collection);
      for (const ordinal of ordinals)
        count += Number(isLive(this.#memory.entities[ordinal] as Entity, floor));
    }
    return count;
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

  get<Name extends TypeName>(type: Name, collection: string, key: string): EntityOf<Name> | undefined {
    // An entity's id binds its type.
    return this.byId(entityId({ type, collection, key }, this.#crypto)) as EntityOf<Name> | undefined;
  }

  byId(id: EntityId): Entity | undefined {
    const ordinal = this.#memory.ordinals.get(id);
    return ordinal === undefined ? undefined : this.#memory.entities[ordinal];
  }

  entitiesIn(collection: string): readonly Entity[] {
    const ordinals = this.#memory.collections.get(collection) ?? [];
    return ordinals.map((ordinal) => this.#memory.entities[ordinal] as Entity);
  }

  /** Joins an entity into the state. O(1), but for what its type's join costs. Invariants 3 and 5. */
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
    if (current === undefined) this.#index(ordinal, entity);
    else subtractFromSum(memory.sum, current.hash);
    addToSum(memory.sum, entity.hash);
    memory.entities[ordinal] = entity;
    memory.root = null;
  }

  #index(ordinal: number, { id, collection }: Entity): void {
    this.#memory.ordinals.set(id, ordinal);
    const ordinals = this.#memory.collections.get(collection);
    if (ordinals === undefined) this.#memory.collections.set(collection, [ordinal]);
    else ordinals.push(ordinal);
  }
}
