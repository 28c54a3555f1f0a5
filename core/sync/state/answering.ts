/** Answers of a server to what a receiver asks about its pinned state. */

import { InvariantError } from "../../assert.ts";
import { type Fault, fault, isFault } from "../../fault.ts";
import type { Replica } from "../../replica.ts";
import type { PinnedVersion } from "../../state/tree/state-tree.ts";
import {
  type Branch,
  bucketLeavesMax,
  countOf,
  digitOf,
  type Leaf,
  type LoadedNode,
  type StoredNode,
} from "../../state/tree/tree-node.ts";
import { rangeOfPrefix } from "../../state/tree/tree-walk.ts";
import {
  digestAt,
  digestBytes,
  leavesMax,
  type StateAnswer,
  type StateChild,
  type StateQuery,
  summedMax,
} from "../../wire/state-query.ts";
import type { ShortHash } from "./short-hash.ts";
import { isLocated, sumsOf } from "./sums.ts";

export interface Answering {
  readonly replica: Replica;
  readonly pinned: PinnedVersion;
  readonly short: ShortHash;
  readonly pageBytes: number;
}

/** Values in one answer, nested ones included: far fewer than a frame may have. */
const answerItemsMax = 6_000;
/** Entities looked at for one answer, so that a turn stays short. */
const answerLeavesMax = 16_384;

export interface Answered {
  readonly kind: "answered";
  readonly answers: readonly StateAnswer[];
  /** Queries, and entities looked at. */
  readonly work: number;
}

/** What may be asked of a state of so many entities: an honest receiver needs less, in queries and entities looked at. */
export function workMax(entityCount: number): number {
  return 8 * entityCount + 1_000;
}

/** Answers as many queries as fit a page, one at least. A fault for what no honest receiver asks. */
export function answerQueries(queries: readonly StateQuery[], answering: Answering): Answered | Fault {
  const answers: StateAnswer[] = [];
  let [bytes, items, work] = [0, 0, 0];
  for (const query of queries) {
    if (work > answerLeavesMax) break;
    const beneath = answering.replica.state.beneath(query.prefix, answering.pinned);
    if (beneath === null)
      return fault("false-state", `asks what is beneath ${query.prefix}, which is nothing`);
    const answer = answerQuery(query, beneath, answering);
    if (isFault(answer)) return answer;
    bytes += weigh(answer);
    items += 10 + itemsIn(answer);
    if (answers.length > 0 && (bytes > answering.pageBytes || items > answerItemsMax)) break;
    work +=
      1 + (query.form === "children" || query.form === "digests" ? 0 : Math.min(countOf(beneath), summedMax));
    answers.push(answer);
  }
  return answers.length > 0 ? { kind: "answered", answers, work } : fault("malformed", "a query for nothing");
}

/** Entities that each form may be about: where there are more, their tree is told. */
const countsMax: Readonly<Record<StateQuery["form"], number>> = {
  children: bucketLeavesMax,
  digests: bucketLeavesMax,
  leaves: leavesMax,
  sums: summedMax,
  picks: summedMax,
};

function answerQuery(query: StateQuery, beneath: LoadedNode, answering: Answering): StateAnswer | Fault {
  const { prefix } = query;
  const { replica, pinned, short } = answering;
  if (beneath.kind === "branch") {
    if (query.form === "digests")
      return {
        kind: "digests",
        rest: beneath.prefix.slice(prefix.length),
        digests: childDigests(beneath, short),
      };
    if (beneath.count > countsMax[query.form])
      return { kind: "children", others: childrenOf(beneath).map((child) => childOf(child, prefix)) };
  }
  const leaves = Array.from(replica.state.leaves(rangeOfPrefix(prefix), pinned));
  switch (query.form) {
    case "sums": {
      const summands = leaves.map((leaf) => ({ place: short.place(leaf.id), value: short.value(leaf) }));
      return { kind: "sums", sums: sumsOf(summands, query.count) };
    }
    case "picks": {
      const picked = leaves.filter(({ id }) => isLocated(query.locator, short.place(id)));
      return answerLeaves(picked, "", answering);
    }
    case "leaves":
      return answerLeaves(leaves, query.digests, answering);
    case "children":
    case "digests":
      return answerLeaves(leaves, "", answering);
  }
}

function answerLeaves(
  leaves: readonly Leaf[],
  digests: string,
  { replica, short, pageBytes }: Answering,
): Extract<StateAnswer, { kind: "leaves" }> {
  const places = placesOf(digests);
  const told = new Set<number>();
  const [entities, named]: [Uint8Array[], Leaf[]] = [[], []];
  let bytes = 0;
  for (const leaf of leaves) {
    const place = digests === "" ? undefined : places.get(short.digest(leaf.hash));
    if (place !== undefined && !told.has(place)) {
      told.add(place);
      continue;
    }
    const entity = replica.state.entityOf(leaf);
    if (bytes + entity.bytes.length > pageBytes && leaves.length > 1) named.push(leaf);
    else entities.push(entity.bytes);
    bytes += entity.bytes.length;
  }
  return { kind: "leaves", same: Array.from(told).sort((a, b) => a - b), entities, named };
}

/** Of a branch's 16 children, by digit. */
export function childDigests(branch: Branch, short: ShortHash): string {
  const byDigit = new Map(
    childrenOf(branch).map((child) => [child.prefix[branch.prefix.length], child.hash]),
  );
  return Array.from({ length: 16 }, (_, digit) => short.digest(byDigit.get(digitOf(digit)) ?? null)).join("");
}

export function childrenOf(branch: Branch): readonly StoredNode[] {
  return branch.children.flatMap((child) => {
    if (child !== null && child.kind !== "stored")
      throw new InvariantError("a pinned state with a node that is not stored");
    return child ?? [];
  });
}

export function childOf({ prefix, hash, count }: StoredNode, asked: string): StateChild {
  return { rest: prefix.slice(asked.length), hash, count };
}

/** By digest its place; of two that are equal the last. */
function placesOf(digests: string): ReadonlyMap<string, number> {
  const count = digests.length / digestBytes;
  return new Map(Array.from({ length: count }, (_, place) => [digestAt(digests, place), place]));
}

function itemsIn(answer: StateAnswer): number {
  switch (answer.kind) {
    case "children":
      return 4 * answer.others.length;
    case "leaves":
      return answer.entities.length + 3 * answer.named.length;
    default:
      return 0;
  }
}

function weigh(answer: StateAnswer): number {
  switch (answer.kind) {
    case "children":
      return answer.others.reduce((sum, { rest }) => sum + rest.length + 45, 10);
    case "leaves": {
      const named = answer.named.reduce((sum, { id }) => sum + id.length + 45, 20);
      return answer.entities.reduce((sum, { length }) => sum + length + 5, named);
    }
    case "digests":
      return answer.digests.length + answer.rest.length + 10;
    case "sums":
      return 3 * answer.sums.length + 10;
  }
}
