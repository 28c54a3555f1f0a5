/**
 * A run that is looked at while it goes on, forwards and backwards. The head runs ahead once; what was passed is gone
 * back to by its timeline.
 *
 * 1. What is shown is a run that stands between two events, never beyond the head.
 * 2. Looking changes nothing: however it was gone to, a moment is the same.
 * 3. Work is sliced: whoever asks to go on says when to stop.
 */

import { present } from "../../core/assert.ts";
import type { ContextId } from "../../core/ids.ts";
import type { Violation } from "../oracles/oracles.ts";
import type { Plan } from "../plan/plan.ts";
import type { SimulationResult } from "../result.ts";
import type { Simulation } from "../simulation.ts";
import type { Snapshot } from "../snapshot.ts";
import { type Moment, Timeline } from "../timeline.ts";
import { type InFlight, type Intervention, inFlight, whatIf } from "../what-if.ts";
import { nameAmong } from "../world/sim-node.ts";
import { Comparison } from "./comparison.ts";
import { EventLog } from "./event-log.ts";
import { type LinkView, linksOf } from "./link-states.ts";
import { detailOf, type NodeDetail } from "./node-detail.ts";

/** Snapshots grow with the nodes. Half as many as usual do for a person, and fewer of large runs than memory holds. */
const snapshots = { max: 32, min: 4, nodesInAll: 4_000 };
const eventsBetweenLooks = 50;
/** A log that holds less than this is filled up from before, where no more is to be run again for it than this. */
const logMin = 3_000;
const runAgainMax = 16_384;

export class Playback {
  /** What the head did, and what led to the moment that is shown when it is an earlier one. */
  readonly #headLog = this.#newLog();
  readonly #pastLog = this.#newLog();
  /** Where it begins: not at 0 for a run that was changed midway. */
  readonly startUs: number;
  readonly startEvent: number;
  #timeline: Timeline;
  #shown: Simulation;
  #nowUs: number;
  #result: SimulationResult | null = null;
  /** Told after each passage of virtual time of the head. */
  observe: { readonly everyUs: number; readonly look: (head: Simulation, nowUs: number) => void } | null =
    null;
  #observedUs: number;
  #inFlight: {
    readonly run: Simulation;
    readonly events: number;
    readonly messages: readonly InFlight[];
  } | null = null;

  /** Takes over a run, and tells its log of what it does. */
  constructor(snapshot: Snapshot, restore: (onEvent: EventLog["record"]) => Simulation) {
    const head = restore(this.#headLog.record);
    const affordable = Math.floor(snapshots.nodesInAll / head.plan.nodes.length);
    const snapshotsMax = Math.max(snapshots.min, Math.min(snapshots.max, affordable));
    this.#timeline = new Timeline(head, { snapshotsMax });
    this.#shown = head;
    this.startUs = snapshot.timeUs;
    this.startEvent = head.world.events;
    this.#nowUs = Math.max(snapshot.timeUs, head.world.nowUs);
    this.#observedUs = this.#nowUs;
  }

  static of(simulation: Simulation): Playback {
    return new Playback(simulation.snapshot(), (onEvent) => simulation.fork({ onEvent }));
  }

  get plan(): Plan {
    return this.#shown.plan;
  }

  /** What happened up to what is shown. */
  get log(): EventLog {
    return this.isAtHead ? this.#headLog : this.#pastLog;
  }

  /** The run as it stood at `nowUs`. */
  get shown(): Simulation {
    return this.#shown;
  }

  /** Up to here everything has happened, in what is shown. */
  get nowUs(): number {
    return this.#nowUs;
  }

  /** Is there nothing after what is shown, so far? */
  get isAtHead(): boolean {
    return this.#shown === this.#timeline.head;
  }

  /** Where the head stands: how far one can go without running on. */
  get reachedUs(): number {
    return this.#timeline.head.world.nowUs;
  }

  /** When the run ends, as far as that is known: what settles ends early, and what is healed later than planned. */
  get endUs(): number {
    const { world } = this.#timeline.head;
    return this.#result === null ? Math.min(this.plan.untilUs, world.untilUs) : world.nowUs;
  }

  /** What it came to, once the head has ended. */
  get result(): SimulationResult | null {
    return this.#result;
  }

  /** All that were found so far, those after what is shown too. */
  get violations(): readonly Violation[] {
    return this.#timeline.head.violations;
  }

  get isOver(): boolean {
    return this.#result !== null && this.isAtHead;
  }

  /** Goes on to a virtual time, as far as there is time. True when it came there, or to the end. */
  advance(targetUs: number, isTimeUp: () => boolean): boolean {
    const isEnd = targetUs >= this.endUs;
    for (let events = 1; this.#isDue(targetUs, isEnd); events += 1) {
      if (!this.stepForward()) break;
      if (events % eventsBetweenLooks === 0 && isTimeUp()) return false;
    }
    this.#nowUs = Math.max(this.#nowUs, Math.min(targetUs, this.endUs), this.#shown.world.nowUs);
    if (this.isAtHead) this.#observeUntil(this.#nowUs);
    if (isEnd) this.#conclude();
    return true;
  }

  /** Handles one event. False at the end. */
  stepForward(): boolean {
    const { head } = this.#timeline;
    if (this.isAtHead) {
      this.#observeUntil(head.world.nextTimeUs - 1);
      if (!this.#timeline.step()) {
        this.#conclude();
        return false;
      }
    } else {
      this.#shown.step();
      if (this.#shown.world.events >= head.world.events) this.#showHead();
    }
    this.#nowUs = Math.max(this.#nowUs, this.#shown.world.nowUs);
    return true;
  }

  /** Goes to a moment that was passed, or to the head where it was not. O(distance of snapshots). */
  seek(moment: Moment): void {
    const { head } = this.#timeline;
    const isPassed =
      moment.kind === "event" ? moment.event < head.world.events : moment.timeUs < head.world.nowUs;
    if (!isPassed) return this.#showHead();
    const asked = moment.kind === "event" ? moment.event : moment.timeUs;
    const start = moment.kind === "event" ? this.startEvent : this.startUs;
    const bounded =
      moment.kind === "event"
        ? ({ kind: "event", event: Math.max(asked, start) } as const)
        : ({ kind: "time", timeUs: Math.max(asked, start) } as const);
    this.#pastLog.clear();
    this.#shown = this.#timeline.at(bounded, { onEvent: this.#pastLog.record });
    this.#nowUs = bounded.kind === "event" ? Math.max(this.startUs, this.#shown.world.nowUs) : bounded.timeUs;
    this.#fillPastLog();
  }

  #newLog(): EventLog {
    return new EventLog((author) => nameAmong(this.#shown.world.nodes, author));
  }

  /** Has the log of an earlier moment go back by some thousand inputs, where there were so many. */
  #fillPastLog(): void {
    const first = this.#pastLog.firstEvent ?? this.#shown.world.events + 1;
    const isLong = this.#pastLog.count >= logMin || first <= this.startEvent + 1;
    if (isLong || this.#timeline.kept.everyEvents > runAgainMax) return;
    const earlier = this.#newLog();
    const from = Math.max(this.startEvent, first - 1 - logMin);
    const run = this.#timeline.at({ kind: "event", event: from }, { onEvent: earlier.record });
    while (run.world.events < first - 1 && run.step());
    this.#pastLog.prepend(earlier);
  }

  /** Another run, from the shown moment on, in which something is different. */
  whatIf(intervention: Intervention): Playback {
    const snapshot = this.#shown.snapshot();
    return new Playback(snapshot, (onEvent) => whatIf(snapshot, intervention, { onEvent }));
  }

  /** One node of what is shown, looked at closely. */
  detail(node: number, contextId: ContextId): NodeDetail {
    return detailOf(this.#shown, node, contextId);
  }

  links(): readonly LinkView[] {
    return linksOf(this.#shown);
  }

  /** Messages on their way in what is shown, by their places for `whatIf`. O(memory) when the moment is a new one. */
  inFlight(): readonly InFlight[] {
    const { events } = this.#shown.world;
    if (this.#inFlight?.run !== this.#shown || this.#inFlight.events !== events)
      this.#inFlight = { run: this.#shown, events, messages: inFlight(this.#shown.snapshot()) };
    return this.#inFlight.messages;
  }

  /** How the run ends from here as it is, and how as another goes on. Run in slices. */
  compareWith(other: Playback): Comparison {
    return new Comparison(this.#shown.fork(), other.shown.fork());
  }

  /** Runs the head to its end, however long that takes. */
  finish(): SimulationResult {
    this.#showHead();
    while (this.stepForward());
    return present(this.#result, "the result of a run that has ended");
  }

  #isDue(targetUs: number, isEnd: boolean): boolean {
    // After the plan's time a core may be healed, which is part of the run.
    return isEnd ? this.#result === null || !this.isAtHead : this.#shown.world.nextTimeUs <= targetUs;
  }

  #showHead(): void {
    if (this.isAtHead) return;
    this.#shown = this.#timeline.head;
    this.#nowUs = this.#shown.world.nowUs;
  }

  #conclude(): void {
    const { head } = this.#timeline;
    if (this.#result !== null || !this.isAtHead) return;
    this.#result = head.finish();
    this.#nowUs = head.world.nowUs;
  }

  #observeUntil(untilUs: number): void {
    if (this.observe === null) return;
    const { everyUs, look } = this.observe;
    while (this.#observedUs + everyUs <= Math.min(untilUs, this.plan.untilUs)) {
      this.#observedUs += everyUs;
      look(this.#timeline.head, this.#observedUs);
    }
  }
}
