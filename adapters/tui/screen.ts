/** The one Ink component: a frame as it is, and keys as they are pressed. Written without markup: see `watch.ts`. */

import { Text, useInput } from "ink";
import { createElement, type ReactElement } from "react";

export type Key = "quit" | "interrupt" | "pause" | "faster" | "slower" | "step" | "next-context";

export interface ScreenProperties {
  readonly frame: string;
  /** Keys cannot be read when stdin is no terminal. */
  readonly hasKeys: boolean;
  readonly onKey: (key: Key) => void;
}

const keys: Readonly<Record<string, Key>> = {
  q: "quit",
  " ": "pause",
  "+": "faster",
  "=": "faster",
  "-": "slower",
  _: "slower",
  s: "step",
};

export function Screen({ frame, hasKeys, onKey }: ScreenProperties): ReactElement {
  useInput(
    (input, { ctrl, tab }) => {
      if (ctrl) {
        if (input === "c") onKey("interrupt");
        return;
      }
      if (tab) onKey("next-context");
      // Keys pressed in quick succession come together.
      for (const character of input) {
        const key = keys[character];
        if (key !== undefined) onKey(key);
      }
    },
    { isActive: hasKeys },
  );
  return createElement(Text, { wrap: "truncate" }, frame);
}
