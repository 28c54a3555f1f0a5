/** A field that is counted: increments and decrements of all authors add up. */

import { compareMoments, latest, type Moment } from "../../state/moment.ts";
import { floorAbove } from "../../state/reader.ts";
import { counterValue } from "../../state/types/counter.ts";
import { CallError } from "../application.ts";
import { type Draft, isOwn } from "../draft.ts";
import { type Field, onlyKey } from "./field.ts";

export function counter(): Field<Counter> {
  return { kind: "counter", open: (collection, draft) => new Counter(collection, draft) };
}

export class Counter {
  readonly #collection: string;
  readonly #draft: Draft;

  constructor(collection: string, draft: Draft) {
    this.#collection = collection;
    this.#draft = draft;
  }

  /** A whole number, never beyond ±(2⁵³ − 1). */
  get value(): number {
    const entity = this.#entity();
    return entity === undefined ? 0 : counterValue(entity.content, this.#floor());
  }

  increment(by = 1): void {
    this.#count(by);
  }

  decrement(by = 1): void {
    this.#count(-by);
  }

  /** Back to zero. Increments that others made and that are not here yet go too. */
  reset(): void {
    const change = { kind: "remove" } as const;
    this.#draft.write({ type: "counter", collection: this.#collection, key: onlyKey, change });
  }

  #count(by: number): void {
    if (!Number.isSafeInteger(by)) throw new CallError(`${by} is not a whole number`, "bad-arguments");
    const { author, incarnation } = this.#draft.writer;
    const floor = this.#floor();
    const own = this.#entity()?.content.tallies.find(
      (tally) => tally.author === author && tally.incarnation === incarnation && isSame(tally.since, floor),
    );
    const plus = (own?.plus ?? 0) + Math.max(0, by);
    const minus = (own?.minus ?? 0) + Math.max(0, -by);
    if (![plus, minus, this.value + by].every(Number.isSafeInteger))
      throw new CallError("counted beyond the largest whole number");
    const since = floor !== null && isOwn(floor) ? { own: floor.step } : floor;
    const change = { kind: "count", since, plus, minus } as const;
    this.#draft.add({ type: "counter", collection: this.#collection, key: onlyKey, change });
  }

  #entity() {
    return this.#draft.get("counter", this.#collection, onlyKey);
  }

  #floor(): Moment | null {
    return latest(this.#entity()?.deleted ?? null, floorAbove(this.#draft, this.#collection));
  }
}

function isSame(a: Moment | null, b: Moment | null): boolean {
  return compareMoments(a, b) === 0;
}
