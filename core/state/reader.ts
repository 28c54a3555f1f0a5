/** How a state is read, stored or not yet: exact entities, one collection, and what deletions above them say. */

import { type Entity, type EntityOf, isLive } from "./entity.ts";
import { latest, type Moment } from "./moment.ts";
import { containersAbove } from "./path.ts";
import type { TypeName } from "./types.ts";

export interface EntityReader {
  get<Name extends TypeName>(type: Name, collection: string, key: string): EntityOf<Name> | undefined;
  /** Every entity of a collection, tombstones included, in no order that means anything. O(those). */
  entitiesIn(collection: string): readonly Entity[];
}

/** The latest deletion of a container that a collection lies in. O(depth). */
export function floorAbove(reader: EntityReader, collection: string): Moment | null {
  if (!collection.includes("/")) return null;
  return containersAbove(collection).reduce<Moment | null>((floor, { collection: outer, key }) => {
    const found = reader.get("container", outer, key);
    return found === undefined ? floor : latest(floor, found.deleted);
  }, null);
}

/** The live entities of one type in a collection, in no order that means anything. O(entities of the collection). */
export function liveEntities<Name extends TypeName>(
  reader: EntityReader,
  type: Name,
  collection: string,
): readonly EntityOf<Name>[] {
  const floor = floorAbove(reader, collection);
  return reader
    .entitiesIn(collection)
    .filter((entity): entity is EntityOf<Name> => entity.content.type === type && isLive(entity, floor));
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
