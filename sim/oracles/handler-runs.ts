/**
 * Handlers run at least once: for each event that names one and lies durably on a node that did not write it, the
 * handler was tried there by the end, whatever crashes took, and tried again while it failed and was not given up. Seen
 * from outside: events in what a node commits, runs by the function that is called, each counted for the commit it led
 * to.
 */

import type { Application, Handler } from "../../core/app/application.ts";
import type { HandlerRequest } from "../../core/app/execution.ts";
import type { CausalDelta } from "../../core/dag/delta.ts";
import type { Commit } from "../../core/effect.ts";
import type { ContextId } from "../../core/ids.ts";
import { nameText } from "../../core/state/action-name.ts";
import type { SimNode } from "../world/sim-node.ts";
import type { Found } from "./oracles.ts";

/** An event that a node owes a handler. */
export interface OwedEvent extends HandlerRequest {
  readonly id: string;
  readonly contextId: ContextId;
}

interface Debt {
  readonly event: OwedEvent;
  readonly sinceUs: number;
  /** Commits an attempt led to. */
  attempts: number;
  /** When the last of them was, and whether it ran to its end. */
  triedUs: number;
  isDone: boolean;
}

/** A run of a handler. */
interface Attempt {
  readonly id: string;
  readonly isDone: boolean;
}

interface Consequences {
  readonly owed: readonly OwedEvent[];
  readonly tried: readonly Attempt[];
}

/** Events that came in the last moments of a run may still be owed. */
const graceUs = 1_000_000;
/**
 * After the first failure a handler is tried again within so long, and with each it doubles: a round of one to one and a
 * half seconds may be under way, then there is one of its own, and clocks drift.
 */
const retryUs = 4_000_000;
const doublingsMax = 8;

/** What each commit led to. A commit is made once, and copies of a run share those that they had in common. */
const led = new WeakMap<Commit, Consequences>();

export interface HandlerRunsMemory {
  /** By node, by the event. */
  readonly debts: readonly Map<string, Debt>[];
  /** When each node was last started. */
  readonly upSinceUs: number[];
}

export class HandlerRuns {
  readonly memory: HandlerRunsMemory;
  /** Of the input under way. */
  #running: Attempt[] = [];
  /** Of all applications. What names another is parked without a run. */
  readonly #names = new Set<string>();

  constructor(nodes: number, memory?: HandlerRunsMemory) {
    this.memory = memory ?? {
      debts: Array.from({ length: nodes }, () => new Map()),
      upSinceUs: Array.from({ length: nodes }, () => 0),
    };
  }

  /** The applications, with handlers that are heard when they run. */
  heard(applications: readonly Application[]): readonly Application[] {
    return applications.map((application) => {
      for (const name of Object.keys(application.handlers)) this.#names.add(name);
      const handlers = Object.entries(application.handlers).map(([name, handler]): [string, Handler] => [
        name,
        {
          run: (call) => {
            const { id } = call.event;
            const nth = this.#running.push({ id, isDone: false });
            handler.run(call);
            this.#running[nth - 1] = { id, isDone: true };
          },
        },
      ]);
      return { ...application, handlers: Object.fromEntries(handlers) };
    });
  }

  /** A node commits deltas, and what it ran since its last input. Gives the events it owes from now on. */
  committed(
    node: SimNode,
    commit: Commit,
    { deltas, nowUs }: { readonly deltas: readonly CausalDelta[]; readonly nowUs: number },
  ): readonly OwedEvent[] {
    const debts = this.#debtsOf(node);
    const owed = deltas
      .flatMap((delta) => (delta.author === node.author ? [] : eventsOf(delta)))
      .filter(({ handler }) => this.#names.has(handler));
    const tried = this.#running;
    this.#running = [];
    for (const event of owed)
      debts.set(event.id, { event, sinceUs: nowUs, attempts: 0, triedUs: nowUs, isDone: false });
    for (const { id, isDone } of tried) {
      const debt = debts.get(id);
      if (debt !== undefined) Object.assign(debt, { attempts: debt.attempts + 1, triedUs: nowUs, isDone });
    }
    if (owed.length + tried.length > 0) led.set(commit, { owed, tried });
    return owed;
  }

  /** An input is over: what ran without leading to a commit led to nothing. */
  handled(): void {
    this.#running = [];
  }

  /** A node lost its last commits, and with them what they owed and what they had done. */
  lost(node: SimNode, commits: readonly Commit[] | "all"): void {
    const debts = this.#debtsOf(node);
    if (commits === "all") return debts.clear();
    for (const commit of commits) {
      const { owed, tried } = led.get(commit) ?? { owed: [], tried: [] };
      for (const { id, isDone } of tried) {
        const debt = debts.get(id);
        if (debt === undefined) continue;
        debt.attempts -= 1;
        if (isDone) debt.isDone = false;
      }
      for (const { id } of owed) debts.delete(id);
    }
  }

  /** A node deleted a context, and with it what it owed there. */
  deleted(node: SimNode, contextId: ContextId): void {
    const debts = this.#debtsOf(node);
    for (const [id, { event }] of debts) if (event.contextId === contextId) debts.delete(id);
  }

  statusChanged(node: SimNode, nowUs: number): void {
    this.memory.upSinceUs[node.index] = nowUs;
  }

  /** Does the node owe the event a handler that it has not tried? */
  isUntried(node: SimNode, eventId: string): boolean {
    return this.#debtsOf(node).get(eventId)?.attempts === 0;
  }

  /** Events that live nodes have had for long enough and never tried. */
  judge(nodes: readonly SimNode[], nowUs: number): readonly Found[] {
    return nodes.flatMap((node) => {
      const upSinceUs = this.memory.upSinceUs[node.index] ?? 0;
      if (node.status !== "up" || node.isPaused || upSinceUs > nowUs - graceUs) return [];
      const late = Array.from(this.#debtsOf(node).values()).filter((debt) =>
        isLate(debt, { upSinceUs, nowUs, attemptsMax: node.config.handlerAttemptsMax }),
      );
      const [first] = late;
      if (first === undefined) return [];
      const { handler, name, id } = first.event;
      const never = first.attempts === 0 ? "never ran" : `tried ${first.attempts} times and not again`;
      const message = `${never} "${handler}" for the event "${name}" ${id}, which it had since ${first.sinceUs / 1_000} ms (${late.length} such events)`;
      return [{ oracle: "handlers-run", invariant: 5, node: node.id, message }];
    });
  }

  #debtsOf(node: SimNode): Map<string, Debt> {
    return this.memory.debts[node.index] as Map<string, Debt>; // there is one for each node
  }
}

/** Should it have been tried by now, or tried again? */
function isLate(
  { attempts, sinceUs, triedUs, isDone }: Debt,
  about: { readonly upSinceUs: number; readonly nowUs: number; readonly attemptsMax: number },
): boolean {
  const { upSinceUs, nowUs, attemptsMax } = about;
  if (attempts === 0) return sinceUs <= nowUs - graceUs;
  if (isDone || attempts >= attemptsMax) return false;
  return (
    Math.max(triedUs, upSinceUs) + retryUs * (1 << Math.min(attempts - 1, doublingsMax)) + graceUs < nowUs
  );
}

function eventsOf({ id: delta, contextId, author, content, events }: CausalDelta): readonly OwedEvent[] {
  if (content.kind !== "operations") return [];
  return events.flatMap(({ kind: name, content: said, handler }, index) =>
    handler === null
      ? []
      : Object.freeze({
          id: nameText({ delta, index }),
          contextId,
          delta,
          index,
          author,
          name,
          content: said,
          handler,
        }),
  );
}
