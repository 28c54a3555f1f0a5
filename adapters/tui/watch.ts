/** The terminal UI: shows a simulation or live nodes, and leaves its last frame and its result on the screen. */

import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import type { SimulationView, ViewOptions } from "../../sim/host/watch-scenario.ts";
import type { Controls } from "./controls.ts";
import { drawFrame, renderFrame } from "./frame.ts";
import { readKeys } from "./keyboard.ts";
import { WatchedRun } from "./run/watched-run.ts";
import { listenToSignals } from "./signals.ts";
import { Terminal } from "./terminal.ts";
import { colourLevelOf, createTheme, type Theme } from "./theme.ts";
import type { ViewModel } from "./view-model.ts";

const failedExitCode = 70;
const lastFrameRowsMin = 8;
const frameMs = 80;
/** A frame is followed by at least so many times what it took, so that drawing never takes more than a part. */
const restPerFrame = 5;
const idleMs = 8;

/** What is shown, while it is shown. */
export interface Showing {
  readonly controls: Controls;
  /** Set to leave. */
  exitCode: number | null;
  /** True when it has come to an end of its own. */
  readonly isOver: boolean;
  view(): ViewModel;
  /** Does a little of what there is to do. True when there was nothing. */
  work(): boolean;
}

/** Shows a run until it is left. Needs a terminal at stdout; without one at stdin there are no keys, and it ends by itself. */
export const watchInTerminal: SimulationView = async (playback, options) => {
  const theme = createTheme(colourLevelOf(process.env));
  const run = new WatchedRun(playback, options);
  await show(run, theme);
  const { result } = playback;
  if (result === null || (run.exitCode !== null && run.exitCode !== 0))
    return { kind: "quit", exitCode: run.exitCode ?? 0 };
  conclude(run, { theme, options });
  return { kind: "finished" };
};

/** Draws until it is left, or is over and nobody could leave it. The terminal comes back whatever happens. */
export async function show(showing: Showing, theme: Theme): Promise<void> {
  const { mountScreen } = await loadScreen();
  let nextFrameMs = 0;
  const terminal = new Terminal(process.stdout, () => {
    nextFrameMs = 0;
  });
  const hasKeys = process.stdin.isTTY === true;
  const quit = (exitCode: number) => {
    showing.exitCode ??= exitCode;
  };
  const onKey = (key: string) => {
    showing.controls.press(key);
    nextFrameMs = 0;
  };
  const unlisten = listenToSignals(quit);
  terminal.take();
  const unread = hasKeys ? readKeys(process.stdin, onKey) : () => undefined;
  const screen = mountScreen(process.stdout, () => quit(failedExitCode));
  try {
    let shown = "";
    while (showing.exitCode === null && (hasKeys || !showing.isOver)) {
      const isIdle = showing.work();
      const startMs = performance.now();
      if (startMs >= nextFrameMs) {
        const { text, places } = drawFrame(showing.view(), terminal.size, theme);
        showing.controls.places = places;
        if (text !== shown) screen.show(text);
        shown = text;
        const tookMs = performance.now() - startMs;
        nextFrameMs = startMs + Math.max(frameMs, tookMs * restPerFrame);
      }
      await (isIdle ? sleep(idleMs) : nextTurn());
    }
    await screen.unmount();
  } finally {
    unread();
    unlisten();
    await screen.unmount().catch(() => undefined);
    terminal.giveBack();
  }
}

/** Ink and React are loaded only now: plain output and `--help` do without them. */
async function loadScreen(): Promise<typeof import("./screen.ts")> {
  // React's development build measures every render, and keeps the measurements.
  process.env.NODE_ENV ??= "production";
  return import("./screen.ts");
}

/** The last frame is as high as the result's text below it allows. */
function conclude(
  run: WatchedRun,
  { theme, options }: { readonly theme: Theme; readonly options: ViewOptions },
): void {
  const { columns, rows } = new Terminal(process.stdout, () => undefined).size;
  const result = run.original.finish();
  const text = options.describeResult(result);
  const textRows = text
    .split("\n")
    .reduce((sum, { length }) => sum + Math.max(1, Math.ceil(length / columns)), 0);
  // A run that failed is followed by the line that reproduces it.
  const followingRows = result.outcome === "passed" ? 0 : 2;
  const frameRows = Math.max(lastFrameRowsMin, rows - textRows - followingRows - 1);
  const frame = renderFrame(run.lastView(), { columns, rows: frameRows }, theme);
  process.stdout.write(`${frame}\n\n${text}`);
}
