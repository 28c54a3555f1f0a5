/**
 * The marker that something nested (a map, set, list, text, counter) exists under a key of a map. Its moment is
 * the latest write beneath it, so a container deleted while another author wrote into it lives on with just that.
 *
 * Merge law: the maximum of moments. Deleting it is one tombstone, however much is beneath: what is beneath counts
 * only where it is above the tombstone. (The reset semantics of Baquero, Almeida & Lerche, "The problem with
 * embedded CRDT counters and a solution", 2016, with a maximum in place of causal contexts.)
 */

import { expectFields, expectInteger } from "../../wire/expect.ts";
import { compareMoments, decodeMoment, encodeMoment, type Moment } from "../moment.ts";
import type { EntityType } from "./entity-type.ts";

export interface ContainerContent {
  readonly type: "container";
  readonly updated: Moment | null;
}

/** `mark`: something was written beneath. */
export type ContainerChange = { readonly kind: "mark" } | { readonly kind: "remove" };

export const container: EntityType<ContainerContent, ContainerChange> = {
  code: 1,
  nothing: null,
  said: ({ kind }, { origin: { at } }) =>
    kind === "mark"
      ? { content: { type: "container", updated: at }, deleted: null }
      : { content: { type: "container", updated: null }, deleted: at },
  join: (a, b) => (compareMoments(a.updated, b.updated) >= 0 ? a : b),
  isLive: ({ updated }, floor) => compareMoments(updated, floor) > 0,
  encode: ({ updated }) => encodeMoment(updated),
  decode: (value) => ({ type: "container", updated: decodeMoment(value) }),
  encodeChange: ({ kind }) => (kind === "mark" ? [1] : []),
  decodeChange(fields) {
    if (fields.length === 0) return { kind: "remove" };
    expectInteger(expectFields(fields, 1, "a mark")[0], 1, 1);
    return { kind: "mark" };
  },
};
