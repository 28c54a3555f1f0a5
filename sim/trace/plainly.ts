/** Inputs and effects as plain JSON that people can read: ids in hexadecimal, bulk bytes by their number. */

import type { Effect } from "../../core/effect.ts";
import { toHex } from "../../core/ids.ts";
import type { Json } from "../../core/json.ts";
import type { SimulationEvent } from "../simulation.ts";

/** Bytes of a message that are shown. */
const shownBytes = 16;
/** A delta's id, a hash: so many characters, each a byte. */
const idCharacters = 32;

/** One line of `sim --trace`. */
export function eventLine({ event, timeUs, node, input, effects }: SimulationEvent): string {
  const line = {
    event,
    atMs: timeUs / 1_000,
    node,
    input: plainly(input),
    effects: effects.map(plainEffect),
  };
  return `${JSON.stringify(line)}\n`;
}

export function plainly(value: unknown): Json {
  if (value instanceof Uint8Array) return showBytes(value);
  if (typeof value === "string") return isId(value) ? toHex(value) : value;
  if (typeof value === "number" || typeof value === "boolean") return value;
  if (Array.isArray(value)) return value.map(plainly);
  if (typeof value !== "object" || value === null) return null;
  return Object.fromEntries(Object.entries(value).map(([name, held]) => [name, plainly(held)]));
}

/** Of a commit the number of its writes and their bytes: what it says is in the store's own form. */
function plainEffect(effect: Effect): Json {
  if (effect.kind !== "commit") return plainly(effect);
  const bytes = effect.writes.reduce((sum, [, value]) => sum + (value?.length ?? 0), 0);
  return { kind: "commit", writes: effect.writes.length, bytes };
}

function showBytes(bytes: Uint8Array): string {
  const head = Array.from(bytes.subarray(0, shownBytes), (byte) => byte.toString(16).padStart(2, "0")).join(
    "",
  );
  return bytes.length > shownBytes ? `${head}… (${bytes.length} bytes)` : head;
}

/** An id is bytes, one a character, and hardly ever all of them are letters. */
function isId(text: string): boolean {
  if (text.length !== idCharacters) return false;
  const codes = Array.from(text, (character) => character.charCodeAt(0));
  return codes.every((code) => code < 0x100) && codes.some((code) => code < 0x20 || code > 0x7e);
}
