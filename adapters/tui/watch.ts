/** The terminal UI: shows a simulation while it runs, and leaves its last frame and its result on the screen. */

import type { SimulationView, ViewOptions } from "../../sim/host/watch-scenario.ts";
import { renderFrame } from "./frame.ts";
import type { ScreenProperties } from "./screen.ts";
import { listenToSignals } from "./signals.ts";
import { Terminal } from "./terminal.ts";
import { colourLevelOf, createTheme, type Theme } from "./theme.ts";
import { concluded } from "./viewer.ts";
import { WatchedRun } from "./watched-run.ts";

const failedExitCode = 70;
const lastFrameRowsMin = 8;

/** Shows a run until it ends or is quit. Needs a terminal at stdout; without one at stdin there are no keys. */
export const watchInTerminal: SimulationView = async (simulation, options) => {
  const { mountScreen } = await loadScreen();
  const theme = createTheme(colourLevelOf(process.env));
  const run = new WatchedRun(simulation, options);
  const terminal = new Terminal(process.stdout, () => run.requestFrame());
  const hasKeys = process.stdin.isTTY === true;
  const properties = (frame: string): ScreenProperties => ({ frame, hasKeys, onKey: run.press });
  const unlisten = listenToSignals((exitCode) => run.quit(exitCode));
  terminal.take();
  const screen = mountScreen(properties(""), () => run.quit(failedExitCode));
  try {
    let shown = "";
    await run.play((view) => {
      const frame = renderFrame(view, terminal.size, theme);
      if (frame !== shown) screen.show(properties(frame));
      shown = frame;
    });
    await screen.unmount();
  } finally {
    unlisten();
    await screen.unmount().catch(() => undefined);
    terminal.giveBack();
  }
  if (run.ending !== null) return run.ending;
  conclude(run, { theme, size: terminal.size, options });
  return { kind: "finished" };
};

/** Ink and React are loaded only now: plain output and `--help` do without them. */
async function loadScreen(): Promise<typeof import("./screen.ts")> {
  // React's development build measures every render, and keeps the measurements.
  process.env.NODE_ENV ??= "production";
  return import("./screen.ts");
}

/** The last frame is as high as the result's text below it allows. */
function conclude(
  run: WatchedRun,
  {
    theme,
    size: { columns, rows },
    options,
  }: { readonly theme: Theme; readonly size: Terminal["size"]; readonly options: ViewOptions },
): void {
  const result = run.simulation.finish();
  const text = options.describeResult(result);
  const textRows = text
    .split("\n")
    .reduce((sum, { length }) => sum + Math.max(1, Math.ceil(length / columns)), 0);
  // A run that failed is followed by the line that reproduces it.
  const followingRows = result.outcome === "passed" ? 0 : 2;
  const frameRows = Math.max(lastFrameRowsMin, rows - textRows - followingRows - 1);
  const frame = renderFrame(concluded(run.view(), result), { columns, rows: frameRows }, theme);
  process.stdout.write(`${frame}\n\n${text}`);
}
