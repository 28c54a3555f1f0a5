/** What an application would see of entities: their values, without the moments, names and tags that tell writes apart. */

import type { Json } from "../../core/json.ts";
import type { Entity, EntityOf } from "../../core/state/entity.ts";
import type { EntityName } from "../../core/state/entity-id.ts";
import { layOut } from "../../core/state/fugue.ts";
import { latest } from "../../core/state/moment.ts";
import { type EntityReader, floorAbove, liveEntity } from "../../core/state/reader.ts";
import { counterValue } from "../../core/state/types/counter.ts";

/** What is seen at the places of some entities, by place. `null` where nothing is. */
export function visibleAt(reader: EntityReader, entities: Iterable<Entity>): ReadonlyMap<string, Json> {
  const seen = new Map<string, Json>();
  for (const entity of entities) {
    const place = placeOf(entity);
    if (seen.has(place)) continue;
    const { content, collection, key } = entity;
    seen.set(place, visibleOf(reader, { type: content.type, collection, key }));
  }
  return seen;
}

/** Of a sequence the whole: what one insertion left there, others move. */
function placeOf({ content, collection, key }: Entity): string {
  return content.type === "run" ? `${collection}[]` : key === "" ? collection : `${collection}/${key}`;
}

/** What is seen of one entity; of a run the sequence it is in. */
export function visibleOf(reader: EntityReader, { type, collection, key }: EntityName): Json {
  if (type === "run") return sequence(reader, collection);
  if (type === "counter") {
    const counter = reader.get("counter", collection, key);
    const floor = latest(counter?.deleted ?? null, floorAbove(reader, collection));
    return counter === undefined ? null : counterValue(counter.content, floor);
  }
  const live = liveEntity(reader, type, { collection, key });
  if (live === undefined) return null;
  // A key of a map that is there, or a value.
  return "value" in live.content ? [live.content.value] : [];
}

function sequence(reader: EntityReader, collection: string): Json {
  const runs = Array.from(reader.entitiesIn(collection)).filter(
    (entity): entity is EntityOf<"run"> => entity.content.type === "run",
  );
  return layOut(runs, floorAbove(reader, collection))
    .filter(({ isVisible }) => isVisible)
    .map(({ item }) => item);
}
