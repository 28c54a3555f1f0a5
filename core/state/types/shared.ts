/**
 * Shared storage: one value, written only by the members of a writer set, which its members may rotate. Whether an
 * author was one where its delta was made is not for this file (`../writer-sets.ts`): here is what valid changes say.
 *
 * Merge law: the value is a register; rotations are joined by union, each named by its action. All of them are kept,
 * since a delta made long ago may still arrive, and deletions do not touch them: what is deleted does not go back to
 * whoever made the context. docs/decisions/0013-writer-sets-at-the-cut.md.
 */

import { type AuthorId, bytesOf } from "../../ids.ts";
import type { Json } from "../../json.ts";
import { writersMax } from "../../limits.ts";
import { refuse } from "../../wire/cbor.ts";
import { expectByteString, expectFields, expectInteger, expectList } from "../../wire/expect.ts";
import { type ActionName, compareNames, decodeName, encodeName, unionByName } from "../action-name.ts";
import { compareMoments, encodeMoment, expectMoment, type Moment } from "../moment.ts";
import type { EntityType } from "./entity-type.ts";
import { createValueType, expectValue, type ValueContent } from "./register.ts";

/** From the deltas above it on, these may write, and nobody else. */
export interface Rotation extends ActionName {
  readonly at: Moment;
  /** Sorted and unique; 1 to `writersMax`. */
  readonly writers: readonly AuthorId[];
}

export interface SharedContent extends ValueContent<"shared"> {
  /** Sorted by name. */
  readonly rotations: readonly Rotation[];
}

export type SharedChange =
  | { readonly kind: "put"; readonly value: Json }
  | { readonly kind: "remove" }
  | { readonly kind: "rotate"; readonly writers: readonly AuthorId[] };

const changeCodes = { put: 0, remove: 1, rotate: 2 } as const;
const held = createValueType({ type: "shared", code: 7, mayChange: () => true });

export const shared: EntityType<SharedContent, SharedChange> = {
  code: held.code,
  nothing: null,
  said(change, about) {
    const { delta, index, at } = about.origin;
    if (change.kind === "rotate") {
      const rotations = [{ delta, index, at, writers: change.writers }];
      return { content: { type: "shared", value: null, updated: null, rotations }, deleted: null };
    }
    const said = held.said(change, about);
    return said === null ? null : { ...said, content: { ...said.content, rotations: [] } };
  },
  join(a, b, crypto) {
    const rotations = joinRotations(a.rotations, b.rotations);
    const later = held.join(a, b, crypto);
    if (later === a && rotations === a.rotations) return a;
    if (later === b && rotations === b.rotations) return b;
    return { type: "shared", value: later.value, updated: later.updated, rotations };
  },
  isLive: held.isLive,
  encode: ({ rotations, value, updated }) => [value, encodeMoment(updated), rotations.map(encodeRotation)],
  decode(value) {
    const [stored, updated, rotations] = expectFields(value, 3, "a shared value");
    return {
      ...held.decode([stored, updated]),
      rotations: expectList(rotations, Number.MAX_SAFE_INTEGER, decodeRotation),
    };
  },
  encodeChange(change) {
    const code = changeCodes[change.kind];
    switch (change.kind) {
      case "put":
        return [code, change.value];
      case "remove":
        return [code];
      case "rotate":
        return [code, change.writers.map(bytesOf)];
    }
  },
  decodeChange([code, ...fields]) {
    switch (expectInteger(code, changeCodes.rotate)) {
      case changeCodes.put:
        return { kind: "put", value: expectValue(expectFields(fields, 1, "a value to share")[0]) };
      case changeCodes.remove:
        expectFields(fields, 0, "what follows a removal");
        return { kind: "remove" };
      default:
        return { kind: "rotate", writers: decodeWriters(expectFields(fields, 1, "a rotation")[0]) };
    }
  },
};

/** The one that decides where all of them are known: the latest, of equally late ones the larger name. */
export function latestRotation(rotations: readonly (Rotation | null)[]): Rotation | null {
  return rotations.reduce((a, b) => {
    if (a === null || b === null) return a ?? b;
    return (compareMoments(a.at, b.at) || compareNames(a, b)) >= 0 ? a : b;
  }, null);
}

/** One of the two where that is the union. */
function joinRotations(a: readonly Rotation[], b: readonly Rotation[]): readonly Rotation[] {
  if (b.length === 0 || a === b) return a;
  if (a.length === 0) return b;
  const union = unionByName(a, b);
  return union.length === a.length ? a : union.length === b.length ? b : union;
}

function encodeRotation(rotation: Rotation): readonly unknown[] {
  return [encodeName(rotation), encodeMoment(rotation.at), rotation.writers.map(bytesOf)];
}

function decodeRotation(value: unknown): Rotation {
  const [name, at, writers] = expectFields(value, 3, "a stored rotation");
  return { ...decodeName(name), at: expectMoment(at), writers: decodeWriters(writers) };
}

function decodeWriters(value: unknown): readonly AuthorId[] {
  const writers = expectList(value, writersMax, (writer) => expectByteString<AuthorId>(writer));
  if (writers.length === 0) refuse("malformed", "a rotation to nobody");
  if (writers.some((writer, index) => index > 0 && (writers[index - 1] ?? "") >= writer))
    refuse("non-canonical", "writers are not sorted and unique");
  return writers;
}
