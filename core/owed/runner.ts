/**
 * Does what contexts of this node are owed, a bounded part a turn. What an entry leads to and its removal are one
 * commit, so that after a crash either both are there or it is still owed: at least once, and durable once only.
 */

import { unknownContext } from "../contexts.ts";
import type { Outcome } from "../effect.ts";
import type { ContextId } from "../ids.ts";
import type { Replica } from "../replica.ts";
import type { Turn } from "../turn.ts";
import type { Entry, Work } from "./work.ts";

/** Entries of one context tried in a turn. */
const entriesPerTurn = 32;

const probes = {
  handler: {
    done: "handler-ran",
    retried: "handler-retried",
    failed: "handler-failed",
    parked: "handler-parked",
  },
  call: { done: "call-made", retried: "call-retried", failed: "call-failed", parked: "call-parked" },
} as const;

export class OwedRunner {
  readonly #replicaOf: (contextId: ContextId) => Replica | undefined;

  constructor(replicaOf: (contextId: ContextId) => Replica | undefined) {
    this.#replicaOf = replicaOf;
  }

  /** Tries what is due in a context, as far as the turn has room. Without its application all stays as it is. */
  run(replica: Replica, turn: Turn): void {
    const { owed } = replica;
    if (!replica.hasApplication) return;
    owed.beginRounds(turn);
    for (let left = entriesPerTurn; left > 0 && turn.hasRoom; left -= 1) {
      const entry = owed.take(turn);
      if (entry === null) break;
      this.#attempt(entry, replica, turn);
    }
    owed.schedule(turn);
  }

  #attempt(entry: Entry, replica: Replica, turn: Turn): void {
    const { contextId } = replica;
    const names = probes[entry.work.kind];
    // Counts as a delta does, so that a turn ends however many contexts have something due.
    turn.takeRoom(0);
    const outcome = this.#do(entry.work, replica, turn);
    if (outcome.kind !== "refused") {
      turn.observe(names.done, { contextId });
      // What failed before has come right.
      if (entry.attempts > 0) turn.observe(names.retried, { contextId });
      return;
    }
    const detail = `${outcome.code}: ${outcome.message}`;
    // Only another version of the application can have what this one lacks; all else may change by itself.
    const isFinal = outcome.code === "unknown-method";
    const isParked = replica.owed.failed(entry, { message: detail, isFinal }, turn);
    turn.observe(names.failed, { contextId, detail });
    if (isParked) turn.observe(names.parked, { contextId, detail });
  }

  #do(work: Work, replica: Replica, turn: Turn): Outcome {
    if (work.kind === "handler") return replica.calls.runHandler(work, turn);
    const target = this.#replicaOf(work.contextId);
    return target === undefined
      ? unknownContext(work.contextId)
      : target.calls.execute(work, turn, work.cause);
  }
}
