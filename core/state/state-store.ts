/**
 * One context's entities under the root of their tree. What was joined lately lies in memory, and is written
 * together once it is much: until then the deltas it came from, which are stored, say the same. So a write that is one of
 * many costs the store little, and a start joins a bounded number of deltas again.
 */

import type { Hlc } from "../hlc.ts";
import type { EntityId, Hash } from "../ids.ts";
import type { Turn } from "../turn.ts";
import {
  beyond,
  collectable,
  collectedUpTo,
  type Entity,
  type EntityOf,
  isLive,
  joinEntities,
} from "./entity.ts";
import { entityId, idsOfCollection, type KeyRange } from "./entity-id.ts";
import type { Moment } from "./moment.ts";
import { type EntityReader, floorAbove } from "./reader.ts";
import type { StateRecords } from "./state-records.ts";
import { createTreeMemory, type PinnedVersion, StateTree, type TreeMemory } from "./tree/state-tree.ts";
import { type Leaf, type LoadedNode, neverMs } from "./tree/tree-node.ts";
import type { Range } from "./tree/tree-walk.ts";
import type { TypeName } from "./types.ts";

export interface StateMemory {
  readonly tree: TreeMemory;
  /** Not written yet. */
  readonly fresh: Map<EntityId, Entity>;
  freshBytes: number;
}

export function createStateMemory(): StateMemory {
  return { tree: createTreeMemory(), fresh: new Map(), freshBytes: 0 };
}

/** More than this of fresh entities is written. */
const freshMax = { entities: 256, bytes: 1_048_576 };

/** What collecting a deletion adds to a commit, roughly. */
export const collectedBytes = 256;

export class StateStore implements EntityReader {
  readonly #memory: StateMemory;
  readonly #records: StateRecords;
  readonly #tree: StateTree;

  constructor(memory: StateMemory, records: StateRecords) {
    this.#memory = memory;
    this.#records = records;
    this.#tree = new StateTree(memory.tree, records);
  }

  /** One of the same context in which there is nothing. */
  blank(): StateStore {
    return new StateStore(createStateMemory(), this.#records);
  }

  /** Entities that live; tombstones and what is beneath them are not counted. O(all entities). */
  get liveCount(): number {
    const floors = new Map<string, Moment | null>();
    let count = 0;
    for (const leaf of this.#tree.leaves({})) {
      const entity = this.entityOf(leaf);
      const { collection } = entity;
      const floor = floors.get(collection) ?? floorAbove(this, collection);
      floors.set(collection, floor);
      count += Number(isLive(entity, floor));
    }
    return count;
  }

  /** Every entity that was joined and not collected, tombstones included. */
  get storedCount(): number {
    return this.#tree.count;
  }

  /** Equal roots mean equal states, tombstones included. O(what has changed since it was last asked for). */
  root(pinned?: PinnedVersion): Hash {
    return this.#tree.root(pinned?.root);
  }

  /** O(log entities). */
  get<Name extends TypeName>(type: Name, collection: string, key: string): EntityOf<Name> | undefined {
    // An entity's id binds its type.
    return this.byId(entityId({ type, collection, key }, this.#records.crypto)) as EntityOf<Name> | undefined;
  }

  byId(id: EntityId): Entity | undefined {
    const fresh = this.#memory.fresh.get(id);
    if (fresh !== undefined) return fresh;
    const hash = this.#tree.get(id);
    return hash === undefined ? undefined : this.#records.entity({ id, hash });
  }

  *entitiesIn(collection: string, keys: KeyRange = {}): Generator<Entity> {
    for (const leaf of this.#tree.leaves(idsOfCollection(collection, keys, this.#records.crypto))) {
      const entity = this.entityOf(leaf);
      if (entity.collection === collection) yield entity;
    }
  }

  /**
   * Joins an entity into the state. Gives the bytes of what it has become, 0 where it stayed what it was. O(log
   * entities), but for what its type's join costs. What was collected up to a line, `known`, may be given by who has not
   * collected it: of that only what came after is joined. Invariants 3 and 5.
   */
  join(given: Entity, known: Hlc | null = null): number {
    const entity = known === null ? given : beyond(given, known, this.#records.crypto);
    if (entity === null) return 0;
    const current = this.byId(entity.id);
    const joined = current === undefined ? entity : joinEntities(current, entity, this.#records.crypto);
    if (joined === current) return 0;
    this.#replace(current, joined);
    return joined.bytes.length;
  }

  /** Collects deletions up to a line. Gives how many these were. O(them, log entities each). */
  collect(line: Hlc): number {
    const { crypto } = this.#records;
    let amount = 0;
    for (const leaf of this.#tree.deletedUntil(line.ms)) {
      const entity = this.entityOf(leaf);
      const left = collectedUpTo(entity, line, crypto);
      if (left === entity) continue;
      amount += 1;
      this.#replace(entity, left);
    }
    return amount;
  }

  /** Leaves of what is collected in time nothing that came up to a line. O(all entities). */
  forget(line: Hlc): void {
    for (const leaf of Array.from(this.#tree.leaves({}))) {
      const entity = this.entityOf(leaf);
      const left = beyond(entity, line, this.#records.crypto);
      if (left !== entity) this.#replace(entity, left);
    }
  }

  #replace(before: Entity | undefined, after: Entity | null): void {
    const { fresh } = this.#memory;
    const id = (after ?? before)?.id;
    if (id === undefined) return;
    const unwritten = fresh.get(id);
    if (unwritten !== undefined) this.#memory.freshBytes -= unwritten.bytes.length;
    else if (before !== undefined) this.#tree.retire(this.#records.entityKey(before.hash));
    if (after === null) {
      fresh.delete(id);
      this.#tree.remove(id);
      return;
    }
    fresh.set(id, after);
    this.#memory.freshBytes += after.bytes.length;
    this.#tree.keep(this.#records.entityKey(after.hash));
    this.#tree.set(leafOf(after));
  }

  get isWritten(): boolean {
    return this.#memory.fresh.size === 0 && this.#tree.isWritten;
  }

  /** Is so much not written that it should be? */
  get isFull(): boolean {
    return this.#memory.fresh.size >= freshMax.entities || this.#memory.freshBytes >= freshMax.bytes;
  }

  /** Writes what was joined since the last time, as a new version of the tree. O(that, log entities each). */
  flush(turn: Turn): void {
    const { fresh } = this.#memory;
    for (const entity of fresh.values()) this.#records.putEntity(entity, turn);
    this.#tree.flush(turn);
    fresh.clear();
    this.#memory.freshBytes = 0;
  }

  /**
   * Keeps the state as it is now readable until `unpin`, for `leaves`, `root` and `entityOf`. What holds it must
   * `save` it in the same turn.
   */
  pin(turn: Turn): PinnedVersion {
    this.flush(turn);
    return this.#tree.pin();
  }

  unpin(pinned: PinnedVersion, turn: Turn): void {
    this.#tree.unpin(pinned, turn);
  }

  /** Leaves in the order of their ids, of the present state or a pinned one. */
  leaves(range: Range, pinned?: PinnedVersion): Generator<Leaf> {
    return this.#tree.leaves(range, pinned?.root);
  }

  /** Leaves of the present state or a pinned one that an earlier one did not have so; of the earlier one null is nothing. */
  changes(since: PinnedVersion | null, range: Range, pinned?: PinnedVersion): Generator<Leaf> {
    return this.#tree.changes(since?.root ?? null, range, pinned?.root);
  }

  /** What is beneath a prefix of ids, of the present state or a pinned one. Not to be changed. O(depth). */
  beneath(prefix: string, pinned?: PinnedVersion): LoadedNode | null {
    return this.#tree.beneath(prefix, pinned?.root);
  }

  /** The hash of all that is beneath a prefix; null where nothing is. */
  hashBeneath(prefix: string): Hash | null {
    return this.#tree.hashBeneath(prefix);
  }

  entityOf(leaf: Leaf): Entity {
    const fresh = this.#memory.fresh.get(leaf.id);
    return fresh?.hash === leaf.hash ? fresh : this.#records.entity(leaf);
  }

  /** What finds again what is written: for the record of what holds this state. */
  save(): unknown {
    return this.#tree.save();
  }

  /** Finds again what was written. For use inside `decoding`. */
  load(saved: unknown, turn: Turn): void {
    this.#tree.load(saved, turn);
  }
}

function leafOf(entity: Entity): Leaf {
  const { id, hash } = entity;
  const deletion = collectable(entity);
  return Object.freeze(
    deletion === null ? { id, hash } : { id, hash, deletedMs: Math.min(deletion.at.ms, neverMs - 1) },
  );
}
