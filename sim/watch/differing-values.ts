/** Where two replicas with the same deltas hold something else: the places, and what is there. */

import type { Replica } from "../../core/replica.ts";
import type { Entity } from "../../core/state/entity.ts";
import type { Moment } from "../../core/state/moment.ts";
import { placeInWords, valueInWords } from "./delta-words.ts";

export interface DifferingValue {
  readonly place: string;
  readonly type: string;
  readonly here: string;
  readonly there: string;
  /** Both were written at one moment: what decides between them is not time. */
  readonly isTie: boolean;
}

const shownMax = 20;

/** O(entities), unless the roots are equal. */
export function differingValues(here: Replica, there: Replica): readonly DifferingValue[] {
  if (here.stateRoot() === there.stateRoot()) return [];
  const [ours, theirs] = [entitiesOf(here), entitiesOf(there)];
  const ids = new Set([...ours.keys(), ...theirs.keys()]);
  const differing = Array.from(ids).filter((id) => ours.get(id)?.hash !== theirs.get(id)?.hash);
  return differing.slice(0, shownMax).map((id) => describe(ours.get(id), theirs.get(id)));
}

function entitiesOf({ state }: Replica): ReadonlyMap<string, Entity> {
  return new Map(
    Array.from(state.leaves({}), (leaf) => {
      const entity = state.entityOf(leaf);
      return [entity.id, entity];
    }),
  );
}

function describe(here: Entity | undefined, there: Entity | undefined): DifferingValue {
  const some = here ?? there;
  const [ours, theirs] = [writtenAt(here), writtenAt(there)];
  return {
    place: placeInWords(some?.collection ?? "", some?.key ?? ""),
    type: some?.content.type ?? "",
    here: inWords(here),
    there: inWords(there),
    isTie: ours !== null && theirs !== null && JSON.stringify(ours) === JSON.stringify(theirs),
  };
}

function writtenAt(entity: Entity | undefined): Moment | null {
  const content = entity?.content;
  return content !== undefined && "updated" in content ? content.updated : null;
}

function inWords(entity: Entity | undefined): string {
  if (entity === undefined) return "nothing";
  const { content, deleted } = entity;
  const value = "value" in content ? valueInWords(content.value) : content.type;
  return deleted === null ? value : `${value}, deleted once`;
}
