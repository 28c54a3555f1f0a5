/**
 * The naive model of a state: keeps all that was ever written and asks, for each place, what its law makes of it.
 * Slow and plain, from the laws as they are written down; nothing here calls a join of the core.
 */

import { type AuthorId, byteString, toHex } from "../../../core/ids.ts";
import type { Json } from "../../../core/json.ts";
import type { Crypto } from "../../../core/ports.ts";
import type { TypeName } from "../../../core/state/types.ts";
import { encode } from "../../../core/wire/cbor.ts";
import { compareTimes, later, type Step, type Time, type Write } from "./history.ts";
import { countOf, elementOf, lastOf, sinceOf, timeOf, type WriteOf } from "./laws.ts";
import { sequenceOf } from "./sequence.ts";
import { validShared } from "./shared.ts";

export interface Place {
  readonly type: TypeName;
  readonly collection: string;
  /** Of a sequence the name of one insertion; what is seen is that of the whole. */
  readonly key: string;
}

/** `floor`: the latest deletion of anything it lies in. */
export interface Behind {
  readonly writes: readonly Write[];
  /** Not counted: their authors may not write there. */
  readonly refused: readonly Write[];
  readonly floor: Time | null;
}

export class NaiveModel {
  readonly #crypto: Crypto;
  /** By place: what was said of it by right. */
  readonly #writes = new Map<string, { readonly place: Place; readonly writes: Write[] }>();
  readonly #runs = new Map<string, Write[]>();
  /** Said of shared storage by whoever may not. */
  readonly #refused: Write[] = [];

  constructor(steps: readonly Step[], { creator, crypto }: { creator: AuthorId; crypto: Crypto }) {
    this.#crypto = crypto;
    const valid = validShared(steps, creator);
    for (const { writes } of steps) {
      for (const write of writes) {
        const place = this.#placeOf(write);
        if (place === null) continue;
        if (write.action.type === "shared" && !valid.has(write)) {
          this.#refused.push(write);
          continue;
        }
        this.#entry(place).push(write);
        if (place.type !== "run") continue;
        const runs = this.#runs.get(place.collection) ?? [];
        this.#runs.set(place.collection, runs);
        runs.push(write);
      }
    }
  }

  /** Everything that was ever said something of, tombstones included. */
  get places(): readonly Place[] {
    return Array.from(this.#writes.values(), ({ place }) => place);
  }

  /** What an application would see there; null where nothing is. */
  seenAt({ type, collection, key }: Place): Json {
    const floor = this.#floorAbove(collection);
    const writes = this.#writes.get(nameOf({ type, collection, key }))?.writes ?? [];
    switch (type) {
      case "register":
      case "owned":
      case "frozen":
      case "shared":
        return this.#valueOf(writes as WriteOf<"register">[], floor);
      case "container":
        return compareTimes(lastOf(writes, "mark"), later(lastOf(writes, "remove"), floor)) > 0 ? [] : null;
      case "counter":
        return countOf(writes as WriteOf<"counter">[], floor);
      case "element":
        return elementOf(writes as WriteOf<"element">[], floor);
      case "run":
        return sequenceOf(this.#runs.get(collection) ?? [], floor);
    }
  }

  /** All that decides what is seen there, for whoever wants to know why. */
  behind(place: Place): Behind {
    const { type, collection, key } = place;
    const own = this.#writes.get(nameOf(place))?.writes ?? [];
    return {
      writes: type === "run" ? (this.#runs.get(collection) ?? []) : own,
      refused: this.#refused.filter(({ action }) => action.collection === collection && action.key === key),
      floor: this.#floorAbove(collection),
    };
  }

  /** Is nothing of it kept where deletions up to a time, of which the first two parts count, were collected? */
  isCollected(place: Place, line: Time): boolean {
    if (!collectedTypes.has(place.type)) return false;
    const writes = this.#writes.get(nameOf(place))?.writes ?? [];
    const deleted = lastOf(writes, "remove");
    const isOld = deleted !== null && compareTimes(deleted.slice(0, line.length), line) <= 0;
    return isOld && this.#valueOf(writes as WriteOf<"register">[], null) === null;
  }

  /** Null for what is void by the write alone. */
  #placeOf({ action, author, delta, index, time }: Write): Place | null {
    const { type, collection, key, change } = action;
    const here = { type, collection, key };
    switch (action.type) {
      case "owned":
        return key === toHex(author) ? here : null;
      case "frozen":
        return action.change.kind === "put" && key === this.#nameOfValue(action.change.value) ? here : null;
      case "element": {
        if (action.change.kind === "remove")
          return action.change.seen.every(({ at }) => compareTimes(timeOf(at), time) < 0) ? here : null;
        const { value } = action.change;
        return key === (collection.endsWith("~") ? value : this.#nameOfValue(value)) ? here : null;
      }
      case "counter":
        if (action.change.kind === "remove") return here;
        return compareTimes(sinceOf(action.change.since, time), time) < 0 ? here : null;
      case "run": {
        if (key !== "" || !("kind" in change)) return null;
        if (action.change.kind === "insert") {
          const { parent, side } = action.change;
          if (parent === null ? side !== "right" : !isBefore(parent.run, index)) return null;
          return { type, collection, key: `${toHex(delta)}:${index}` };
        }
        const { run } = action.change;
        if (!isBefore(run, index)) return null;
        return { type, collection, key: `${toHex(run.delta === "" ? delta : run.delta)}:${run.index}` };
      }
      default:
        return here;
    }
  }

  #entry(place: Place): Write[] {
    const name = nameOf(place);
    const entry = this.#writes.get(name) ?? { place, writes: [] };
    this.#writes.set(name, entry);
    return entry.writes;
  }

  /** The latest deletion of anything the collection is nested in. */
  #floorAbove(collection: string): Time | null {
    let floor: Time | null = null;
    const segments = collection.split("/");
    for (let depth = 1; depth < segments.length; depth += 1) {
      const isInnermost = depth === segments.length - 1;
      const segment = segments[depth] ?? "";
      const escaped = isInnermost && segment.endsWith("~") ? segment.slice(0, -1) : segment;
      const key = escaped.replaceAll("%7E", "~").replaceAll("%2F", "/").replaceAll("%25", "%");
      const outer = nameOf({ type: "container", collection: segments.slice(0, depth).join("/"), key });
      floor = later(floor, lastOf(this.#writes.get(outer)?.writes ?? [], "remove"));
    }
    return floor;
  }

  /** The last value, of equally late ones that with the larger hash, unless a deletion is as late. */
  #valueOf(writes: readonly WriteOf<"register">[], floor: Time | null): Json {
    const puts = writes.flatMap(({ action: { change }, time }) =>
      change.kind === "put" ? [{ value: change.value, time }] : [],
    );
    const [last] = puts.toSorted(
      (a, b) =>
        compareTimes(b.time, a.time) || (this.#nameOfValue(a.value) > this.#nameOfValue(b.value) ? -1 : 1),
    );
    if (last === undefined) return null;
    return compareTimes(last.time, later(lastOf(writes, "remove"), floor)) > 0 ? [last.value] : null;
  }

  #nameOfValue(value: Json): string {
    return toHex(byteString(this.#crypto.sha256(encode(value))));
  }
}

const collectedTypes: ReadonlySet<TypeName> = new Set(["register", "owned", "frozen"]);

function nameOf({ type, collection, key }: Place): string {
  return JSON.stringify([type, collection, key]);
}

/** May an action at this index speak of that one? */
function isBefore(name: { readonly delta: string; readonly index: number }, index: number): boolean {
  return name.delta !== "" || name.index < index;
}
