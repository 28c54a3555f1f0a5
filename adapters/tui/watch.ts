/**
 * Runs a simulation in the terminal and shows it. The run is sliced: a few milliseconds of events, then whatever
 * the terminal wants, then the next slice; frames are drawn in between, and never take much of the time.
 */

import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import type { SimulationView, ViewEnding, ViewOptions } from "../../sim/host/watch-scenario.ts";
import type { Simulation } from "../../sim/simulation.ts";
import { renderFrame } from "./frame.ts";
import { Pace } from "./pace.ts";
import type { Key, ScreenProperties } from "./screen.ts";
import { Terminal } from "./terminal.ts";
import { colourLevelOf, createTheme, type Theme } from "./theme.ts";
import type { ViewModel } from "./view-model.ts";
import { concluded, Viewer } from "./viewer.ts";

const sliceMs = 12;
const eventsBetweenLooksAtTheClock = 100;
const frameMs = 80;
/** A frame is followed by at least so many times what it took. */
const restPerFrame = 5;
const idleMs = 8;
const stepUs = 100_000;

/** Shows a run until it ends or is quit. Needs a terminal at stdout; without one at stdin there are no keys. */
export const watchInTerminal: SimulationView = async (simulation, options) => {
  // React's development build measures every render, and keeps the measurements.
  process.env.NODE_ENV ??= "production";
  const [{ render }, { createElement }, { Screen }] = await Promise.all([
    import("ink"),
    import("react"),
    import("./screen.ts"),
  ]);
  const theme = createTheme(colourLevelOf(process.env));
  const run = new WatchedRun(simulation, options);
  const terminal = new Terminal(process.stdout, () => run.requestFrame());
  const hasKeys = process.stdin.isTTY === true;
  const properties = (frame: string): ScreenProperties => ({ frame, hasKeys, onKey: run.press });
  const unlisten = listenToSignals((exitCode) => run.quit(exitCode));
  terminal.take();
  let failure: unknown = null;
  const ink = render(createElement(Screen, properties("")), { exitOnCtrlC: false });
  const ended = ink.waitUntilExit().catch((error: unknown) => {
    failure = error;
    run.quit(null);
  });
  try {
    await run.play((view) => {
      ink.rerender(createElement(Screen, properties(renderFrame(view, terminal.size, theme))));
    });
  } finally {
    unlisten();
    ink.unmount();
    await ended;
    terminal.giveBack();
  }
  if (failure !== null) throw failure;
  return run.ending ?? conclude(run, { theme, size: terminal.size, options });
};

/** Leaves the last frame on the screen, with the result's text below it. */
function conclude(
  run: WatchedRun,
  { theme, size, options }: { theme: Theme; size: Terminal["size"]; options: ViewOptions },
): ViewEnding {
  const result = run.simulation.finish();
  const text = options.describeResult(result);
  const textRows = text
    .split("\n")
    .reduce((rows, { length }) => rows + Math.max(1, Math.ceil(length / size.columns)), 0);
  const rows = Math.max(framesRowsAtEndMin, size.rows - textRows - 1);
  const frame = renderFrame(concluded(run.view(), result), { columns: size.columns, rows }, theme);
  process.stdout.write(`${frame}\n\n${text}`);
  return { kind: "finished" };
}

const framesRowsAtEndMin = 8;

class WatchedRun {
  readonly simulation: Simulation;
  /** Null while it goes on, and when it has come to its own end. */
  ending: ViewEnding | null = null;
  readonly #viewer: Viewer;
  readonly #pace: Pace;
  #isOver = false;
  /** Up to here everything has happened. */
  #nowUs = 0;
  #nextFrameMs = 0;

  constructor(simulation: Simulation, { speed, description }: ViewOptions) {
    this.simulation = simulation;
    this.#viewer = new Viewer(simulation, { description });
    this.#pace = new Pace(speed, performance.now());
  }

  requestFrame(): void {
    this.#nextFrameMs = 0;
  }

  quit(exitCode: number | null): void {
    this.ending ??= { kind: "quit", exitCode: exitCode ?? 0 };
  }

  view(): ViewModel {
    const { isPaused, limit } = this.#pace;
    return this.#viewer.view({ realMs: performance.now(), nowUs: this.#nowUs }, { isPaused, limit });
  }

  readonly press = (key: Key): void => {
    const realMs = performance.now();
    switch (key) {
      case "quit":
        this.quit(0);
        break;
      case "interrupt":
        this.quit(interruptedExitCode);
        break;
      case "pause":
        this.#pace.togglePause(realMs, this.#nowUs);
        this.#viewer.restartSpeeds();
        break;
      case "faster":
        this.#pace.faster(realMs, this.#nowUs);
        break;
      case "slower":
        this.#pace.slower(realMs, this.#nowUs);
        break;
      case "step":
        this.#pace.step(stepUs, this.#nowUs);
        break;
      case "next-context":
        this.#viewer.showNextContext();
        break;
    }
    this.requestFrame();
  };

  async play(draw: (view: ViewModel) => void): Promise<void> {
    while (this.ending === null && !this.#isOver) {
      const isIdle = this.#runSlice();
      const startMs = performance.now();
      if (startMs >= this.#nextFrameMs) {
        draw(this.view());
        const tookMs = performance.now() - startMs;
        this.#nextFrameMs = startMs + Math.max(frameMs, tookMs * restPerFrame);
      }
      await (isIdle ? sleep(idleMs) : nextTurn());
    }
  }

  /** Handles what is due, for one slice at most. True when there was nothing left to do. */
  #runSlice(): boolean {
    const { plan, world } = this.simulation;
    const startMs = performance.now();
    const targetUs = Math.min(plan.untilUs, this.#pace.targetUs(startMs, this.#nowUs));
    let isDue = world.nextTimeUs <= targetUs;
    const isIdle = !isDue;
    while (isDue && performance.now() - startMs < sliceMs) {
      this.#isOver = !this.simulation.runUntil(targetUs, eventsBetweenLooksAtTheClock);
      isDue = !this.#isOver && world.nextTimeUs <= targetUs;
    }
    this.#nowUs = isDue ? world.nowUs : Math.max(targetUs, world.nowUs);
    this.#isOver ||= this.#nowUs >= plan.untilUs && !isDue;
    this.#viewer.observe({ nowUs: this.#nowUs });
    return isIdle;
  }
}

const interruptedExitCode = 130;

/** By the convention of shells: 128 and the signal's number. */
const signals: readonly (readonly [NodeJS.Signals, number])[] = [
  ["SIGINT", interruptedExitCode],
  ["SIGTERM", 143],
  ["SIGHUP", 129],
];

function listenToSignals(onSignal: (exitCode: number) => void): () => void {
  const listeners = signals.map(([signal, exitCode]) => [signal, () => onSignal(exitCode)] as const);
  for (const [signal, listener] of listeners) process.on(signal, listener);
  return () => {
    for (const [signal, listener] of listeners) process.off(signal, listener);
  };
}
