/** What an application would see of entities: their values, without the moments, names and tags that tell writes apart. */

import type { Json } from "../../core/json.ts";
import type { Entity, EntityOf } from "../../core/state/entity.ts";
import { layOut } from "../../core/state/fugue.ts";
import { latest } from "../../core/state/moment.ts";
import { type EntityReader, floorAbove, liveEntity } from "../../core/state/reader.ts";
import { counterValue } from "../../core/state/types/counter.ts";

/** What is seen at the places of some entities, by place. `null` where nothing is. */
export function visibleAt(reader: EntityReader, entities: Iterable<Entity>): ReadonlyMap<string, Json> {
  const seen = new Map<string, Json>();
  for (const entity of entities) {
    const place = placeOf(entity);
    if (!seen.has(place)) seen.set(place, visible(reader, entity));
  }
  return seen;
}

/** Of a sequence the whole: what one insertion left there, others move. */
function placeOf({ content, collection, key }: Entity): string {
  return content.type === "run" ? `${collection}[]` : key === "" ? collection : `${collection}/${key}`;
}

function visible(reader: EntityReader, { content: { type }, collection, key }: Entity): Json {
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
