/**
 * A state with the writes of one call on top, which nobody else sees until the call's delta is applied. Each write is
 * joined at once, as if its delta had a name and a moment above all others, so that a call reads what it wrote by
 * the same laws by which every replica will.
 */

import { InvariantError, present } from "../assert.ts";
import type { AuthorId, DeltaId, EntityId, Incarnation } from "../ids.ts";
import type { Crypto } from "../ports.ts";
import type { Action } from "../state/action.ts";
import type { ActionName } from "../state/action-name.ts";
import { type Entity, type EntityOf, entityOf, joinEntities } from "../state/entity.ts";
import { entityId, idsOfCollection, type KeyRange } from "../state/entity-id.ts";
import { compareMoments, latest, type Moment } from "../state/moment.ts";
import { containersAbove } from "../state/path.ts";
import { type EntityReader, floorAbove } from "../state/reader.ts";
import type { StateStore } from "../state/state-store.ts";
import type { Addition } from "../state/types/set-element.ts";
import type { TypeName } from "../state/types.ts";
import { CallError } from "./application.ts";

/** Who writes. */
export interface Writer {
  readonly author: AuthorId;
  readonly incarnation: Incarnation;
  readonly crypto: Crypto;
  /** Who may write a shared entity (undefined: one that is not there) where the call's delta will be made. */
  readonly writersOf: (held: EntityOf<"shared"> | undefined) => readonly AuthorId[];
}

/** Above every moment a delta can have. */
const here = { ms: Number.MAX_SAFE_INTEGER, counter: 0 };

/** Did the deletion happen in this very call? */
export function isOwn(moment: Moment): boolean {
  return moment.at.ms === here.ms;
}

export class Draft implements EntityReader {
  readonly writer: Writer;
  readonly #base: StateStore;
  /** By index; null where a later action of the call says all that one said. */
  readonly #actions: (Action | null)[] = [];
  readonly #entities = new Map<EntityId, Entity>();
  readonly #collections = new Map<string, Set<EntityId>>();
  /** The latest action that a later one of its kind makes superfluous. */
  readonly #superseded = new Map<string, number>();

  readonly #remembered = new Map<string, unknown>();
  #isClosed = false;

  constructor(base: StateStore, writer: Writer) {
    this.#base = base;
    this.writer = writer;
  }

  /** The call is over: a handle that was kept writes nothing any more. */
  close(): void {
    this.#isClosed = true;
  }

  get isEmpty(): boolean {
    return this.#actions.length === 0;
  }

  /** The entities it wrote, as they are now. */
  get written(): Iterable<Entity> {
    return this.#entities.values();
  }

  get<Name extends TypeName>(type: Name, collection: string, key: string): EntityOf<Name> | undefined {
    const id = entityId({ type, collection, key }, this.writer.crypto);
    // An entity's id binds its type.
    return (this.#entities.get(id) ?? this.#base.byId(id)) as EntityOf<Name> | undefined;
  }

  entitiesIn(collection: string, keys: KeyRange = {}): Iterable<Entity> {
    const written = this.#collections.get(collection);
    const stored = this.#base.entitiesIn(collection, keys);
    if (written === undefined) return stored;
    const { from = "", until = "g", isReversed } = idsOfCollection(collection, keys, this.writer.crypto);
    const own = Array.from(written)
      .filter((id) => id >= from && id < until)
      .sort();
    if (isReversed === true) own.reverse();
    const changed = own.map((id) => present(this.#entities.get(id), "a written entity"));
    return mergeById(stored, changed, isReversed === true);
  }

  /** Who may write a shared entity in this call. What the call itself rotates counts after it. */
  writersOf(collection: string, key: string): readonly AuthorId[] {
    return this.writer.writersOf(this.#base.get("shared", collection, key));
  }

  /** What was worked out of the call's state, until the call writes anything. */
  remember<T>(name: string, work: () => T): T {
    // Under its own name each caller finds what it put there.
    const known = this.#remembered.get(name) as T | undefined;
    if (known !== undefined) return known;
    const result = work();
    this.#remembered.set(name, result);
    return result;
  }

  /** Writes something that is there from now on: what it is nested in is there too. */
  add(action: Action): void {
    this.write(action);
    for (const { collection, key } of containersAbove(action.collection)) this.#mark(collection, key);
  }

  /** Writes, without bringing containers above to life: for removals. */
  write(action: Action): void {
    if (this.#isClosed) throw new CallError("the call that this handle was given to is over");
    this.#remembered.clear();
    const index = this.#actions.push(action) - 1;
    const { author, incarnation, crypto } = this.writer;
    const origin = { delta: "" as DeltaId | "", index, author, incarnation, at: momentOf(index) };
    const said = entityOf(action, origin, crypto);
    if (said === null) throw new InvariantError(`a call wrote a void action on a ${action.type}`);
    const current = this.#entities.get(said.id) ?? this.#base.byId(said.id);
    this.#entities.set(said.id, current === undefined ? said : joinEntities(current, said, crypto));
    const inCollection = this.#collections.get(said.collection) ?? new Set();
    this.#collections.set(said.collection, inCollection.add(said.id));
    this.#supersede(action, said.id, index);
  }

  /** The actions of the delta, none of which says what a later one says anyway. */
  finish(): readonly Action[] {
    this.#dropOwnAdditions();
    const places = new Map<number, number>();
    this.#actions.forEach((action, index) => {
      if (action !== null) places.set(index, places.size);
    });
    const moved = (index: number) => present(places.get(index), "an action that another refers to");
    return this.#actions.flatMap((action) => (action === null ? [] : renumbered(action, moved)));
  }

  #mark(collection: string, key: string): void {
    const known = this.get("container", collection, key);
    const updated = known?.content.updated ?? null;
    const ended = latest(known?.deleted ?? null, floorAbove(this, collection));
    if (updated !== null && isOwn(updated) && compareMoments(updated, ended) > 0) return;
    this.write({ type: "container", collection, key, change: { kind: "mark" } });
  }

  /** Drops the earlier action that this one makes superfluous. */
  #supersede({ type, change }: Action, id: EntityId, index: number): void {
    // Values: the last write says it all. Marks, totals and additions: likewise, but deletions between them stay.
    const isWhole = type === "register" || type === "owned" || type === "frozen" || type === "shared";
    const isLatest = type !== "run" && (change.kind === "mark" || change.kind === "count");
    if (!isWhole && !isLatest && type !== "element") return;
    // A rotation says nothing of the value, and the value nothing of the writers.
    const subject = change.kind === "rotate" ? `${id} writers` : id;
    const before = this.#superseded.get(subject);
    if (before !== undefined) this.#actions[before] = null;
    // A removal takes back what the call added to a set, but is not taken back by what it adds next.
    if (type === "element" && change.kind === "remove") this.#superseded.delete(subject);
    else this.#superseded.set(subject, index);
  }

  /** What was added to a set and removed again in the same call leaves no trace: a removal speaks of what was there before. */
  #dropOwnAdditions(): void {
    this.#actions.forEach((action, index) => {
      if (action?.type !== "element" || action.change.kind !== "remove") return;
      const id = entityId(action, this.writer.crypto);
      const seen = action.change.seen.flatMap((addition) =>
        isOwn(addition.at) ? this.#ownAdditionBefore(id) : [addition],
      );
      this.#actions[index] = seen.length === 0 ? null : { ...action, change: { kind: "remove", seen } };
    });
  }

  /** The caller's own addition to a set that the call found there, if it did. */
  #ownAdditionBefore(id: EntityId): readonly Addition[] {
    const before = this.#base.byId(id)?.content;
    if (before?.type !== "element") return [];
    const { author, incarnation } = this.writer;
    return before.adders
      .filter((adder) => adder.isThere && adder.author === author && adder.incarnation === incarnation)
      .map(({ at }) => ({ author, incarnation, at }));
  }
}

/** Two lists in the order of their ids as one; where both have an id, the second's entity. */
function* mergeById(
  stored: Iterable<Entity>,
  written: readonly Entity[],
  isReversed: boolean,
): Generator<Entity> {
  let next = 0;
  for (const entity of stored) {
    for (let own = written[next]; own !== undefined && own.id !== entity.id; own = written[next]) {
      if (own.id < entity.id === isReversed) break;
      yield own;
      next += 1;
    }
    if (written[next]?.id !== entity.id) yield entity;
  }
  yield* written.slice(next);
}

function momentOf(step: number): Moment {
  return { at: here, hlc: here, step };
}

/** The action with its references to others of the call moved to where those are in the delta. */
function renumbered(action: Action, moved: (index: number) => number): Action {
  const movedName = (name: ActionName) =>
    name.delta === "" ? { delta: name.delta, index: moved(name.index) } : name;
  if (action.type === "counter" && action.change.kind === "count") {
    const { since } = action.change;
    if (since === null || !("own" in since)) return action;
    return { ...action, change: { ...action.change, since: { own: moved(since.own) } } };
  }
  if (action.type !== "run") return action;
  const { change } = action;
  if (change.kind === "mark") return { ...action, change: { ...change, run: movedName(change.run) } };
  const parent = change.parent && { ...change.parent, run: movedName(change.parent.run) };
  return { ...action, change: { ...change, parent } };
}
