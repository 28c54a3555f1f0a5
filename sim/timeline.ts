/**
 * A run whose every moment can be gone to: it keeps snapshots as it goes on, and what lies between two of them it
 * runs again.
 *
 * 1. Snapshots lie at multiples of one distance, which doubles when there are too many; so any moment that was passed
 *    is at most one distance of events away, and memory is bounded by the number of snapshots.
 * 2. Going to a moment gives a run of its own, the same whatever was asked for before.
 */

import { present } from "../core/assert.ts";
import { Simulation } from "./simulation.ts";
import type { Listeners, Snapshot } from "./snapshot.ts";

export interface TimelineOptions {
  /** Events between two snapshots, to begin with. Default 4,096. */
  readonly everyEvents?: number;
  /** With more than so many every other one is let go. Default 64. */
  readonly snapshotsMax?: number;
}

/** After so many events, or the last event that is due at or before a virtual time. */
export type Moment =
  | { readonly kind: "event"; readonly event: number }
  | { readonly kind: "time"; readonly timeUs: number };

export class Timeline {
  /** The run that goes ahead of all that was asked for. Step it through the timeline only. */
  readonly head: Simulation;
  #everyEvents: number;
  readonly #snapshotsMax: number;
  #snapshots: readonly Snapshot[];

  /** Takes over a run; what happened before cannot be gone to. */
  constructor(simulation: Simulation, { everyEvents = 4_096, snapshotsMax = 64 }: TimelineOptions = {}) {
    this.head = simulation;
    this.#everyEvents = everyEvents;
    this.#snapshotsMax = Math.max(2, snapshotsMax);
    this.#snapshots = [simulation.snapshot()];
  }

  /** The distance of snapshots now, and how many there are. */
  get kept(): { readonly everyEvents: number; readonly snapshots: number } {
    return { everyEvents: this.#everyEvents, snapshots: this.#snapshots.length };
  }

  /** Handles the next event of the head, and takes a snapshot when one is due. False when the run has ended. */
  step(): boolean {
    if (!this.head.step()) return false;
    if (this.head.world.events % this.#everyEvents === 0) this.#keep(this.head.snapshot());
    return true;
  }

  /** A run that stands at the moment, or at its end where that comes before. O(distance of snapshots) once it was passed. */
  at(moment: Moment, listeners: Listeners = {}): Simulation {
    const number = moment.kind === "event" ? moment.event : moment.timeUs;
    if (!(number >= 0))
      throw new RangeError(`found the ${moment.kind} ${number}, expected a number of at least 0`);
    while (isBefore(this.head, moment) && this.step());
    const nearest = this.#snapshots.findLast((snapshot) => !isAfter(snapshot, moment));
    const simulation = Simulation.restore(present(nearest, "the snapshot of the beginning"), listeners);
    while (isBefore(simulation, moment) && simulation.step());
    return simulation;
  }

  #keep(snapshot: Snapshot): void {
    this.#snapshots = [...this.#snapshots, snapshot];
    if (this.#snapshots.length <= this.#snapshotsMax) return;
    this.#everyEvents *= 2;
    this.#snapshots = this.#snapshots.filter(
      ({ events }, index) => index === 0 || events % this.#everyEvents === 0,
    );
  }
}

/** Must the run go on to come to the moment? */
export function isBefore({ world }: Simulation, moment: Moment): boolean {
  return moment.kind === "event" ? world.events < moment.event : world.nextTimeUs <= moment.timeUs;
}

function isAfter({ events, timeUs }: Snapshot, moment: Moment): boolean {
  return moment.kind === "event" ? events > moment.event : timeUs > moment.timeUs;
}
