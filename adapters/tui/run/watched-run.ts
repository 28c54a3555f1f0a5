/**
 * A simulation while it is watched: what the keys do to it, and the next slice of work. The run never waits for the
 * screen: a few milliseconds of events, then whatever the terminal wants, then the next slice.
 */

import type { ViewOptions } from "../../../sim/host/watch-scenario.ts";
import type { Simulation } from "../../../sim/simulation.ts";
import type { Moment } from "../../../sim/timeline.ts";
import type { Comparison } from "../../../sim/watch/comparison.ts";
import type { Playback } from "../../../sim/watch/playback.ts";
import { type Controlled, Controls } from "../controls.ts";
import type { Action } from "../keys.ts";
import { Pace } from "../pace.ts";
import type { ComparisonPane } from "../pane-views.ts";
import { interruptedExitCode } from "../signals.ts";
import { formatCount, formatSeconds } from "../text.ts";
import type { NoticeView, ViewModel } from "../view-model.ts";
import { concluded, Viewer } from "../viewer.ts";
import { type Mark, markBeside } from "./marks.ts";
import { indexOf, runPane } from "./run-panes.ts";
import { type WhatIfOption, whatIfOptions } from "./what-if-options.ts";

const sliceMs = 12;
const secondUs = 1_000_000;
const observationsPerRun = 2_000;

/** A run, or one in which something was changed, with what is remembered of looking at it. */
interface Watch {
  readonly playback: Playback;
  readonly viewer: Viewer;
  /** What was changed; null for the run as it was. */
  readonly changed: string | null;
  readonly comparison: Comparison | null;
}

/** Where it hurries to, without regard to the pace. */
interface Goal {
  readonly untilUs: number;
  readonly text: string;
  /** Stops at the first that is found. */
  readonly violations: number;
}

export class WatchedRun implements Controlled {
  readonly watched = "run";
  readonly controls: Controls;
  /** Null while it is watched. */
  exitCode: number | null = null;
  readonly #options: ViewOptions;
  readonly #pace: Pace;
  /** The run as it was, then what was changed in it, and again. */
  #watches: readonly [Watch, ...Watch[]];
  #goal: Goal | null = null;
  #isComparing = false;

  constructor(playback: Playback, options: ViewOptions) {
    this.#options = options;
    this.#pace = new Pace(options.speed, performance.now());
    this.#watches = [this.#watch(playback, null, null)];
    this.controls = new Controls(this);
  }

  /** Of the run as it was. */
  get original(): Playback {
    return this.#watches[0].playback;
  }

  get isOver(): boolean {
    return this.#current.playback.isOver;
  }

  get kinds() {
    return this.#current.playback.log.kinds;
  }

  nodes(): readonly string[] {
    const { viewer, playback } = this.#current;
    return viewer.order(playback.shown, playback.nowUs);
  }

  latestEvent(): number {
    return this.#current.playback.shown.world.events;
  }

  optionCount(): number {
    return this.#whatIfOptions().length;
  }

  /** Works for one slice at most. True when there was nothing to do. */
  work(): boolean {
    const startMs = performance.now();
    const isTimeUp = () => performance.now() - startMs > sliceMs;
    const { playback, comparison } = this.#current;
    if (this.#isComparing && comparison !== null) {
      this.#isComparing = !comparison.advance(isTimeUp);
      return false;
    }
    if (this.#goal !== null) return this.#hurry(this.#goal, isTimeUp);
    if (this.#pace.isPaused) return true;
    const targetUs = this.#pace.targetUs(startMs, playback.nowUs);
    if (this.#pace.isBackwards) return this.#goBack(targetUs);
    if (playback.isOver) return true;
    const isIdle = playback.shown.world.nextTimeUs > targetUs;
    playback.advance(targetUs, isTimeUp);
    return isIdle;
  }

  view(): ViewModel {
    const { playback, viewer, changed, comparison } = this.#current;
    const { controls } = this;
    const { shown, nowUs, endUs, violations, result } = playback;
    const { isPaused, isBackwards, limit } = this.#pace;
    const pace = { isPaused, isBackwards, limit, goal: this.#goal?.text ?? null };
    const moment = { realMs: performance.now(), nowUs, endUs };
    const selected = controls.selected;
    const base = viewer.view(shown, moment, { pace, selected });
    const pane = runPane({
      ...{ playback, controls, contextId: viewer.contextId, changed, options: () => this.#whatIfOptions() },
      nodes: base.sides.flatMap(({ nodes }) => nodes),
      comparison: comparison === null ? null : comparisonPane(comparison),
    });
    const view: ViewModel = {
      ...base,
      ...{ pane, prompt: controls.prompt, keys: controls.hints, notice: noticeOf(this.#current) },
      violationsAtUs: violations.map(({ atMs }) => atMs * 1_000),
    };
    return playback.isOver && result !== null ? concluded(view, result) : view;
  }

  /** The end of the run as it was, for good: without keys, and without what was chosen. */
  lastView(): ViewModel {
    this.#watches = [this.#watches[0]];
    const view = this.view();
    return { ...view, pane: { kind: "cluster", selected: null }, prompt: null, keys: [] };
  }

  goTo(text: string): string | null {
    const moment = this.#options.parseMoment(text.trim());
    if (moment === null) return "expected a time as 12.5s, or an event as #4096";
    this.#goToMoment(moment, moment.kind === "time" ? formatSeconds(moment.timeUs) : `event ${moment.event}`);
    return null;
  }

  act(action: Action): void {
    const realMs = performance.now();
    const { playback, viewer } = this.#current;
    switch (action) {
      case "quit":
        this.exitCode ??= 0;
        return;
      case "interrupt":
        this.exitCode ??= interruptedExitCode;
        return;
      case "pause":
        if (this.#goal !== null) return this.#stand();
        this.#pace.setPaused(!this.#pace.isPaused, realMs, playback.nowUs);
        return viewer.restartSpeeds();
      case "faster":
        return this.#pace.faster(realMs, playback.nowUs);
      case "slower":
        return this.#pace.slower(realMs, playback.nowUs);
      case "reverse":
        this.#pace.reverse(realMs, playback.nowUs);
        this.#pace.setPaused(false, realMs, playback.nowUs);
        return viewer.restartSpeeds();
      case "event-forward":
        this.#stand();
        playback.stepForward();
        return;
      case "event-back":
        return this.#seek({ kind: "event", event: playback.shown.world.events - 1 });
      case "second-forward":
        return this.#goToMoment({ kind: "time", timeUs: playback.nowUs + secondUs }, "a second on");
      case "second-back":
        return this.#goToMoment(
          { kind: "time", timeUs: Math.max(0, playback.nowUs - secondUs) },
          "a second back",
        );
      case "next-mark":
        return this.#goToMark(markBeside(playback, "next"));
      case "previous-mark":
        return this.#seek(markBeside(playback, "previous")?.moment ?? { kind: "time", timeUs: 0 });
      case "next-context":
        return viewer.showNextContext();
      case "enter":
        return this.#tryWhatIf();
      case "back":
        return this.#leaveWhatIf();
      default:
        return;
    }
  }

  get #current(): Watch {
    return this.#watches.at(-1) ?? this.#watches[0];
  }

  #watch(playback: Playback, changed: string | null, comparison: Comparison | null): Watch {
    const { description } = this.#options;
    // What was changed midway has the history of the run up to there.
    const before = changed === null ? null : this.#current.viewer;
    const viewer = new Viewer(playback.shown, { description, before, untilUs: playback.nowUs });
    const everyUs = Math.ceil(playback.plan.untilUs / observationsPerRun);
    const look = (head: Simulation, nowUs: number) => viewer.observe(head, { nowUs });
    playback.observe = { everyUs, look };
    return { playback, viewer, changed, comparison };
  }

  #hurry({ untilUs, violations }: Goal, isTimeUp: () => boolean): boolean {
    const { playback } = this.#current;
    const isThere = playback.advance(untilUs, isTimeUp);
    const found = playback.shown.violations[violations];
    if (found !== undefined) this.#seek({ kind: "event", event: found.event });
    else if (isThere) this.#stand();
    return false;
  }

  #goBack(targetUs: number): boolean {
    const { playback } = this.#current;
    if (targetUs >= playback.nowUs) return true;
    playback.seek({ kind: "time", timeUs: targetUs });
    if (playback.nowUs <= playback.startUs) this.#stand();
    return false;
  }

  /** What was not passed yet is run to, until something is found to be wrong. */
  #goToMark(mark: Mark | null): void {
    const { playback } = this.#current;
    if (mark !== null) return this.#goToMoment(mark.moment, mark.text);
    this.#hurryTo(playback.plan.untilUs, "the end, or what is found to be wrong before");
  }

  #goToMoment(moment: Moment, text: string): void {
    const { playback } = this.#current;
    const { world } = playback.shown;
    const isBefore = moment.kind === "event" ? moment.event <= world.events : moment.timeUs <= playback.nowUs;
    if (isBefore || moment.kind === "event") return this.#seek(moment);
    this.#hurryTo(moment.timeUs, text);
  }

  #hurryTo(untilUs: number, text: string): void {
    const { playback } = this.#current;
    this.#stand();
    this.#goal = { untilUs, text: `to ${text}`, violations: playback.shown.violations.length };
  }

  #seek(moment: Moment): void {
    this.#stand();
    this.#current.playback.seek(moment);
    this.#current.viewer.restartSpeeds();
  }

  #stand(): void {
    const { playback } = this.#current;
    this.#goal = null;
    this.#pace.isBackwards = false;
    this.#pace.setPaused(true, performance.now(), playback.nowUs);
  }

  #whatIfOptions(): readonly WhatIfOption[] {
    const { playback } = this.#current;
    // Messages on their way are shown of a moment, and not while they fly past.
    const messages = this.#pace.isPaused && this.#goal === null ? playback.inFlight() : [];
    const node = indexOf({ playback, controls: this.controls });
    return whatIfOptions(messages, {
      ...{ node, nowUs: playback.nowUs },
      idOf: (index) => playback.plan.nodes[index]?.id ?? "",
    });
  }

  #tryWhatIf(): void {
    const { playback } = this.#current;
    this.#stand();
    const option = this.#whatIfOptions()[this.controls.chosen];
    if (option === undefined) return;
    const changed = playback.whatIf(option.intervention);
    const text = `${option.text} at ${formatSeconds(playback.nowUs, 3)}`;
    this.#watches = [...this.#watches, this.#watch(changed, text, playback.compareWith(changed))];
    this.#isComparing = true;
    this.controls.chosen = 0;
  }

  #leaveWhatIf(): void {
    if (this.#watches.length === 1) return;
    this.#watches = [this.#watches[0], ...this.#watches.slice(1, -1)];
    this.#isComparing = false;
    this.#stand();
  }
}

function comparisonPane(comparison: Comparison): ComparisonPane {
  const rows = comparison.differences();
  return rows === null ? { kind: "running", progress: comparison.progress } : { kind: "done", rows };
}

/** What was changed, or that all agree, in one line. */
function noticeOf({ playback, changed }: Watch): NoticeView | null {
  const { shown, nowUs, plan } = playback;
  const what = changed === null ? "" : `what if ${changed}: `;
  const { convergedAtUs } = shown.overall;
  if (convergedAtUs === null || convergedAtUs > nowUs)
    return changed === null ? null : { text: `${what}b goes back`, style: "warning" };
  const healMs = (convergedAtUs - shown.settledUs) / 1_000;
  const after = `${formatCount(healMs)} ms after the last ${plan.faults.length > 0 ? "fault or write" : "write"}`;
  const writes = `${formatCount(shown.acknowledged)} writes kept`;
  const text = `✔ ${what}converged at ${formatSeconds(convergedAtUs)}, ${after}: all agree, ${writes}`;
  return { text, style: "good" };
}
