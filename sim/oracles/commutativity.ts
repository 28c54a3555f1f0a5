/**
 * Handlers of one context come to the same in either order: nodes hear of events in different orders, and so a
 * handler that is not commutative makes what people see depend on who heard what first. When a node comes to owe a
 * handler, the event is paired with a few recent ones, both orders are rehearsed on drafts over the node's own state,
 * and what an application would see of all they wrote is compared. Nothing is kept of it. Invariant 3.
 */

import type { Application } from "../../core/app/application.ts";
import type { Draft } from "../../core/app/draft.ts";
import {
  type Caller,
  draftsOn,
  type Execution,
  executeHandler,
  type States,
} from "../../core/app/execution.ts";
import { handlerCause } from "../../core/app/outbox.ts";
import type { ContextId } from "../../core/ids.ts";
import type { Replica } from "../../core/replica.ts";
import { encode, equalBytes } from "../../core/wire/cbor.ts";
import type { SimNode } from "../world/sim-node.ts";
import type { OwedEvent } from "./handler-runs.ts";
import type { Found } from "./oracles.ts";
import { visibleAt } from "./visible.ts";

/** Recent events of a context that a new one may be paired with. */
const recentMax = 16;
/** Pairs rehearsed for one new event. */
const partnersMax = 2;
/** In a run: pairs of which the node has run neither, which show most, and others. */
const pairsMax = { untried: 400, others: 200 };
/** Characters of a value in a message. */
const shownMax = 200;

/** What both orders share. */
interface Stage {
  readonly application: Application;
  readonly replica: Replica;
  readonly caller: Caller;
}

interface Rehearsal {
  readonly draft: Draft;
  /** Why an event's handler refused, by the event's id. */
  readonly refusals: ReadonlyMap<string, string>;
  /** Events and queued calls, whatever their order. */
  readonly said: readonly string[];
}

export interface CommutativityMemory {
  readonly recent: Map<ContextId, OwedEvent[]>;
  readonly rehearsed: Set<string>;
  readonly reported: Set<string>;
  readonly left: { untried: number; others: number };
}

export class Commutativity {
  readonly memory: CommutativityMemory;
  readonly #applications: ReadonlyMap<string, Application>;
  readonly #report: (found: Found) => void;

  constructor(
    applications: readonly Application[],
    report: (found: Found) => void,
    memory: CommutativityMemory = {
      recent: new Map(),
      ...{ rehearsed: new Set(), reported: new Set(), left: { ...pairsMax } },
    },
  ) {
    this.memory = memory;
    this.#applications = new Map(applications.map((application) => [application.name, application]));
    this.#report = report;
  }

  /** A node owes handlers for these events from now on. */
  owed(
    node: SimNode,
    events: readonly OwedEvent[],
    { nowUs, isUntried }: { readonly nowUs: number; readonly isUntried: (eventId: string) => boolean },
  ): void {
    for (const event of events) {
      const recent = this.memory.recent.get(event.contextId) ?? [];
      this.memory.recent.set(event.contextId, recent);
      const stage = this.#stageOn(node, event.contextId, nowUs);
      if (stage !== null) this.#pair(event, recent, { node, stage, isUntried });
      if (!recent.some(({ id }) => id === event.id)) recent.push(event);
      if (recent.length > recentMax) recent.shift();
    }
  }

  #stageOn(node: SimNode, contextId: ContextId, nowUs: number): Stage | null {
    const replica = node.core?.replicas().get(contextId);
    const application = this.#applications.get(replica?.application ?? "");
    if (replica === undefined || application === undefined) return null;
    return { application, replica, caller: replica.calls.caller(node.clock.now(nowUs).wallMs, handlerCause) };
  }

  /** The newest first, and before all others those whose handlers have not written here yet. */
  #pair(
    event: OwedEvent,
    recent: readonly OwedEvent[],
    about: {
      readonly node: SimNode;
      readonly stage: Stage;
      readonly isUntried: (eventId: string) => boolean;
    },
  ): void {
    const { node, stage, isUntried } = about;
    const here = recent.filter(({ id, delta }) => id !== event.id && stage.replica.deltas.graph.has(delta));
    const untried = here.filter(({ id }) => isUntried(id)).toReversed();
    const others = here.filter(({ id }) => !isUntried(id)).toReversed();
    for (const other of [...untried, ...others].slice(0, partnersMax)) {
      const kind = isUntried(other.id) ? "untried" : "others";
      const pair = [event.id, other.id].sort().join();
      if (this.memory.left[kind] === 0 || this.memory.rehearsed.has(pair)) continue;
      this.memory.rehearsed.add(pair);
      this.memory.left[kind] -= 1;
      this.#compare(node, [other, event], stage);
    }
  }

  #compare(node: SimNode, [a, b]: readonly [OwedEvent, OwedEvent], stage: Stage): void {
    const difference = differenceOf(rehearse([a, b], stage), rehearse([b, a], stage), [a, b]);
    const { name } = stage.application;
    const handlers = JSON.stringify([name, ...[a.handler, b.handler].sort()]);
    if (difference === null || this.memory.reported.has(handlers)) return;
    this.memory.reported.add(handlers);
    const message = `${name}: ${describe(a)} and ${describe(b)} come to different ends: ${difference}`;
    this.#report({ oracle: "handlers-commute", invariant: 3, node: node.id, message });
  }
}

/** Runs handlers one after the other on one draft; what one that refuses wrote is gone. */
function rehearse(events: readonly OwedEvent[], stage: Stage): Rehearsal {
  const refusals = new Map<string, string>();
  const said: string[] = [];
  let ran: readonly OwedEvent[] = [];
  let drafts = draftsAfter(ran, stage);
  for (const event of events) {
    const { application, caller } = stage;
    const execution = executeHandler(application, drafts, { request: event, caller });
    if (execution.kind === "ran") {
      ran = [...ran, event];
      said.push(...saidBy(execution));
    } else {
      refusals.set(event.id, execution.message);
      drafts = draftsAfter(ran, stage);
    }
  }
  return { draft: drafts.state, refusals, said: said.sort() };
}

function saidBy({ events, calls }: Extract<Execution, { kind: "ran" }>): readonly string[] {
  return [
    ...events.map(({ kind, content }) => `the event ${JSON.stringify([kind, content])}`),
    ...calls.map(({ method, args }) => `the call ${JSON.stringify([method, args])}`),
  ];
}

function draftsAfter(events: readonly OwedEvent[], { application, replica, caller }: Stage): States<Draft> {
  const drafts = draftsOn(replica.calls.states, caller);
  for (const request of events) executeHandler(application, drafts, { request, caller });
  return drafts;
}

/** What is not the same after `[a, b]` and after `[b, a]`, for the end of a sentence; null when all is. */
function differenceOf(
  first: Rehearsal,
  second: Rehearsal,
  [a, b]: readonly [OwedEvent, OwedEvent],
): string | null {
  const orders = [`${a.id} first`, `${b.id} first`] as const;
  for (const { id } of [a, b]) {
    const refused = [first.refusals.get(id), second.refusals.get(id)];
    if ((refused[0] === undefined) === (refused[1] === undefined)) continue;
    const [one, other] = refused.map((message) =>
      message === undefined ? "it runs" : `it fails (${message})`,
    );
    return `with ${orders[0]}, of ${id} ${one}; with ${orders[1]}, ${other}`;
  }
  const written = [...first.draft.written, ...second.draft.written];
  const seen = visibleAt(first.draft, written);
  for (const [place, other] of visibleAt(second.draft, written)) {
    const one = seen.get(place) ?? null;
    if (equalBytes(encode(one), encode(other))) continue;
    return `${place} is ${show(one)} with ${orders[0]}, and ${show(other)} with ${orders[1]}`;
  }
  const only = first.said.find((each) => !second.said.includes(each));
  if (only !== undefined) return `${only.slice(0, shownMax)} comes of it only with ${orders[0]}`;
  const count = [first.said.length, second.said.length];
  if (count[0] === count[1]) return null;
  return `${count[0]} events and calls come of it with ${orders[0]}, ${count[1]} with ${orders[1]}`;
}

function describe({ handler, name, id }: OwedEvent): string {
  return `"${handler}" for "${name}" ${id}`;
}

function show(value: unknown): string {
  return JSON.stringify(value).slice(0, shownMax);
}
