/** The one Ink component: a frame as it is. */

import { render, Text } from "ink";
// Called by hand: JSX would need the same compiler options wherever the command is started.
import { createElement } from "react";

export interface MountedScreen {
  show(frame: string): void;
  /** Throws what went wrong in Ink, if something did. May be called again. */
  unmount(): Promise<void>;
}

/** `onFailure` is told when Ink has given up by itself. */
export function mountScreen(stdout: NodeJS.WriteStream, onFailure: () => void): MountedScreen {
  const element = (frame: string) => createElement(Text, { wrap: "truncate" }, frame);
  const ink = render(element(""), { stdout, exitOnCtrlC: false });
  const exited = ink.waitUntilExit().then(() => undefined);
  exited.catch(onFailure);
  return {
    show: (frame) => ink.rerender(element(frame)),
    unmount() {
      ink.unmount();
      return exited;
    },
  };
}
