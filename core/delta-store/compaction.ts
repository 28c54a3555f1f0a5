/** When a context drops old bodies of deltas: looked at now and then, and done a bounded part a turn. */

import type { ContextId } from "../ids.ts";
import { type Services, timerName } from "../services.ts";
import type { Turn } from "../turn.ts";
import type { DeltaStore } from "./delta-store.ts";

/** After a start the first look at what could be dropped comes no later, so that restarts do not put it off for ever. */
const firstMaxMs = 60_000;

export interface CompactionParts {
  readonly contextId: ContextId;
  readonly services: Services;
  readonly deltas: DeltaStore;
  /** Writes all of the state: what is not in it as it is written is read again from bodies when this node starts. */
  readonly settle: (turn: Turn) => void;
}

export class Compaction {
  /** Old bodies are being dropped, some each turn. */
  readonly #memory: { isCompacting: boolean };
  readonly #parts: CompactionParts;

  constructor(memory: { isCompacting: boolean }, parts: CompactionParts) {
    this.#memory = memory;
    this.#parts = parts;
  }

  /** Has the first of this start come in time. */
  begin(turn: Turn): void {
    this.#comeIn(Math.min(firstMaxMs, this.#parts.services.config.compactMs), turn);
  }

  /** Drops old bodies where there are too many, as many as a turn may. Their ids stay known. */
  goOn(turn: Turn): void {
    const { contextId, services, deltas, settle } = this.#parts;
    const { compactAboveDeltas, compactKeepDeltas, compactMs } = services.config;
    const memory = this.#memory;
    memory.isCompacting ||= deltas.bodyCount > compactAboveDeltas;
    if (!memory.isCompacting) return this.#comeIn(compactMs, turn);
    settle(turn);
    const { amount, isMore } = deltas.compact(compactKeepDeltas, turn);
    if (amount > 0) turn.observe("bodies-compacted", { contextId, amount });
    memory.isCompacting = isMore;
    this.#comeIn(isMore ? 0 : compactMs, turn);
  }

  #comeIn(delayMs: number, turn: Turn): void {
    const { contextId, services } = this.#parts;
    services.timers.set(timerName("compact", contextId), turn.now.monotonicMs + delayMs);
  }
}
