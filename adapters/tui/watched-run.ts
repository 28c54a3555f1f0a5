/**
 * A simulation that runs while it is watched. The run is sliced: a few milliseconds of events, then whatever the
 * terminal wants, then the next slice; frames are drawn in between, and never take much of the time.
 */

import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import type { ViewEnding, ViewOptions } from "../../sim/host/watch-scenario.ts";
import type { Simulation } from "../../sim/simulation.ts";
import { Pace } from "./pace.ts";
import type { Key } from "./screen.ts";
import { interruptedExitCode } from "./signals.ts";
import type { ViewModel } from "./view-model.ts";
import { Viewer } from "./viewer.ts";

const sliceMs = 12;
const eventsBetweenLooksAtTheClock = 100;
const frameMs = 80;
/** A frame is followed by at least so many times what it took. */
const restPerFrame = 5;
const idleMs = 8;
const stepUs = 100_000;
const observationsPerRun = 2_000;

export class WatchedRun {
  readonly simulation: Simulation;
  /** Null while it goes on, and when it has come to its own end. */
  ending: ViewEnding | null = null;
  readonly #viewer: Viewer;
  readonly #pace: Pace;
  #isOver = false;
  /** Up to here everything has happened. */
  #nowUs = 0;
  #nextFrameMs = 0;
  #observeAtUs = 0;

  constructor(simulation: Simulation, { speed, description }: Pick<ViewOptions, "speed" | "description">) {
    this.simulation = simulation;
    this.#viewer = new Viewer(simulation, { description });
    this.#pace = new Pace(speed, performance.now());
  }

  /** Draws until the run is over or was quit. */
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

  view(): ViewModel {
    const { isPaused, limit } = this.#pace;
    return this.#viewer.view({ realMs: performance.now(), nowUs: this.#nowUs }, { isPaused, limit });
  }

  requestFrame(): void {
    this.#nextFrameMs = 0;
  }

  quit(exitCode: number): void {
    this.ending ??= { kind: "quit", exitCode };
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

  /** Handles what is due, for one slice at most. True when there was nothing to do. */
  #runSlice(): boolean {
    const { plan, world } = this.simulation;
    const startMs = performance.now();
    const targetUs = Math.min(plan.untilUs, this.#pace.targetUs(startMs, this.#nowUs));
    const isIdle = world.nextTimeUs > targetUs;
    let isDue = !isIdle;
    while (isDue && performance.now() - startMs < sliceMs) {
      const stopUs = Math.min(targetUs, this.#observeAtUs);
      this.simulation.runUntil(stopUs, eventsBetweenLooksAtTheClock);
      if (world.nextTimeUs > this.#observeAtUs) this.#observe(this.#observeAtUs);
      isDue = world.nextTimeUs <= targetUs;
    }
    this.#nowUs = isDue ? world.nowUs : Math.max(targetUs, world.nowUs);
    // Nothing is due at the end, or nothing will ever be again: an invariant was broken.
    this.#isOver = !isDue && (this.#nowUs >= plan.untilUs || world.nextTimeUs === Number.POSITIVE_INFINITY);
    return isIdle;
  }

  /** However fast the run is, its history has no gaps. */
  #observe(nowUs: number): void {
    this.#viewer.observe({ nowUs });
    this.#observeAtUs = nowUs + Math.ceil(this.simulation.plan.untilUs / observationsPerRun);
  }
}
