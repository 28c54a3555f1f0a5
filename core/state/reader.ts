/** How a state is read, stored or not yet: exact entities, one collection, and what deletions above them say. */

import { type Entity, type EntityOf, isLive } from "./entity.ts";
import type { KeyRange } from "./entity-id.ts";
import { latest, type Moment } from "./moment.ts";
import { containersAbove } from "./path.ts";
import type { TypeName } from "./types.ts";

export interface EntityReader {
  get<Name extends TypeName>(type: Name, collection: string, key: string): EntityOf<Name> | undefined;
  /**
   * The entities of a collection, tombstones included, in the order of their ids: in a sorted collection that of
   * keys, of which a range may be asked for. O(log entities) to the first, O(1) to each other. Not to be gone on
   * with after a write.
   */
  entitiesIn(collection: string, keys?: KeyRange): Iterable<Entity>;
}

/** The latest deletion of a container that a collection lies in. O(depth). */
export function floorAbove(reader: EntityReader, collection: string): Moment | null {
  if (!collection.includes("/")) return null;
  return containersAbove(collection).reduce<Moment | null>((floor, { collection: outer, key }) => {
    const found = reader.get("container", outer, key);
    return found === undefined ? floor : latest(floor, found.deleted);
  }, null);
}

/** The live entities of one type in a collection, in the order of their ids. */
export function liveEntities<Name extends TypeName>(
  reader: EntityReader,
  type: Name,
  collection: string,
): readonly EntityOf<Name>[] {
  return Array.from(liveBetween(reader, type, { collection }));
}

/** The same, one after the other as they are asked for; of a sorted collection those of some keys. */
export function* liveBetween<Name extends TypeName>(
  reader: EntityReader,
  type: Name,
  { collection, keys = {} }: { readonly collection: string; readonly keys?: KeyRange },
): Generator<EntityOf<Name>> {
  const floor = floorAbove(reader, collection);
  for (const entity of reader.entitiesIn(collection, keys)) {
    // The content says so.
    if (entity.content.type === type && isLive(entity, floor)) yield entity as EntityOf<Name>;
  }
}

/** The entity, if it lives. */
export function liveEntity<Name extends TypeName>(
  reader: EntityReader,
  type: Name,
  { collection, key }: { readonly collection: string; readonly key: string },
): EntityOf<Name> | undefined {
  const entity = reader.get(type, collection, key);
  return entity !== undefined && isLive(entity, floorAbove(reader, collection)) ? entity : undefined;
}
