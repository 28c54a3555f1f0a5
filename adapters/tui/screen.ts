/** The one Ink component: a frame as it is, and keys as they are pressed. */

import { render, Text, useInput } from "ink";
// Called by hand: JSX would need the same compiler options wherever the command is started.
import { createElement, type ReactElement } from "react";

export type Key = "quit" | "interrupt" | "pause" | "faster" | "slower" | "step" | "next-context";

export interface ScreenProperties {
  readonly frame: string;
  /** Keys cannot be read when stdin is no terminal. */
  readonly hasKeys: boolean;
  readonly onKey: (key: Key) => void;
}

export interface MountedScreen {
  show(properties: ScreenProperties): void;
  /** Throws what went wrong in Ink, if something did. May be called again. */
  unmount(): Promise<void>;
}

/** `onFailure` is told when Ink has given up by itself. */
export function mountScreen(properties: ScreenProperties, onFailure: () => void): MountedScreen {
  const ink = render(createElement(Screen, properties), { exitOnCtrlC: false });
  const exited = ink.waitUntilExit().then(() => undefined);
  exited.catch(onFailure);
  return {
    show: (next) => ink.rerender(createElement(Screen, next)),
    unmount() {
      ink.unmount();
      return exited;
    },
  };
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

function Screen({ frame, hasKeys, onKey }: ScreenProperties): ReactElement {
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
