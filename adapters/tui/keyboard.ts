/**
 * Keys as they are pressed: letters as they are, other keys by their names (`up`, `return`, `ctrl-c`, `shift-tab`).
 * Read by Node's own reader of keys: it takes apart what comes in one piece, as fast fingers and scripts send it.
 */

import { emitKeypressEvents } from "node:readline";

interface Keypress {
  readonly name?: string;
  readonly sequence?: string;
  readonly ctrl?: boolean;
  readonly meta?: boolean;
  readonly shift?: boolean;
}

const named: ReadonlySet<string> = new Set([
  ...["up", "down", "left", "right", "pageup", "pagedown", "home", "end"],
  ...["return", "escape", "backspace", "delete", "tab"],
]);

/** Null for what is no key of ours. */
export function nameOfKey(
  character: string | undefined,
  { name, ctrl, meta, shift }: Keypress,
): string | null {
  if (name === "enter") return "return";
  if (name !== undefined && named.has(name)) return name === "tab" && shift === true ? "shift-tab" : name;
  if (ctrl === true) return name === undefined ? null : `ctrl-${name}`;
  if (meta === true || character === undefined) return null;
  return Array.from(character).length === 1 ? character : null;
}

/** Reads keys of a terminal until the function it gives is called. */
export function readKeys(stdin: NodeJS.ReadStream, onKey: (key: string) => void): () => void {
  const listener = (character: string | undefined, key: Keypress) => {
    const name = nameOfKey(character, key);
    if (name !== null) onKey(name);
  };
  emitKeypressEvents(stdin);
  stdin.setRawMode(true);
  stdin.on("keypress", listener);
  stdin.resume();
  return () => {
    stdin.off("keypress", listener);
    stdin.setRawMode(false);
    stdin.pause();
  };
}
