/**
 * The name of an action: the delta that carried it and its index there. Names what one action created (a tag of a
 * set, a run of a sequence) for ever and uniquely, since a delta's id is the hash of all it says.
 */

import { present } from "../assert.ts";
import { byteString, bytesOf, type DeltaId, fromHex, idBytes, toHex } from "../ids.ts";
import { actionsMax } from "../limits.ts";
import { refuse } from "../wire/cbor.ts";
import { expectBytes, expectFields, expectInteger } from "../wire/expect.ts";

export interface ActionName {
  /** Empty where an action speaks of an earlier one of its own delta, whose id it cannot know. */
  readonly delta: DeltaId | "";
  readonly index: number;
}

/** As text: the key of the entity that holds what the action created. */
export function nameText({ delta, index }: ActionName): string {
  return `${toHex(delta)}:${index}`;
}

/** The name that a text made by `nameText` stands for. */
export function parseName(text: string): ActionName {
  const colon = text.indexOf(":");
  const delta = present(fromHex<DeltaId>(text.slice(0, colon)), `the delta in the name ${text}`);
  return { delta, index: Number(text.slice(colon + 1)) };
}

export function compareNames(a: ActionName, b: ActionName): number {
  return a.delta === b.delta ? a.index - b.index : a.delta < b.delta ? -1 : 1;
}

/** Sorted by name, each once; where both have a name, the first one's stays. O(n log n). */
export function unionByName<Named extends ActionName>(
  a: readonly Named[],
  b: readonly Named[],
): readonly Named[] {
  const byName = new Map([...b, ...a].map((named) => [nameText(named), named]));
  return Array.from(byName.values()).sort(compareNames);
}

/** What a name in a delta means outside it, or null where it names an action that does not come before. */
export function resolveName(name: ActionName, origin: ActionName): ActionName | null {
  if (name.delta !== "") return name;
  return name.index < origin.index ? { delta: origin.delta, index: name.index } : null;
}

export function encodeName({ delta, index }: ActionName): readonly unknown[] {
  return [bytesOf(delta), index];
}

/** For use inside `decoding`. */
export function decodeName(value: unknown): ActionName {
  const [delta, index] = expectFields(value, 2, "the name of an action");
  const bytes = expectBytes(delta, idBytes);
  if (bytes.length !== 0 && bytes.length !== idBytes) refuse("malformed", "a delta's id of another length");
  return { delta: byteString<DeltaId>(bytes), index: expectInteger(index, actionsMax) };
}
