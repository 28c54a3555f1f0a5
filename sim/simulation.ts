/**
 * A run: the world of a plan, watched by the oracles, with what it came to. Deterministic: the same plan gives
 * the same trace hash, whoever runs it and wherever.
 */

import type { Application } from "../core/app/application.ts";
import { builtInApplications } from "../core/app/built-in/index.ts";
import { present } from "../core/assert.ts";
import { decodeDeletions } from "../core/deletion/deletions.ts";
import type { Commit, Effect, Outcome } from "../core/effect.ts";
import type { AuthorId, ContextId } from "../core/ids.ts";
import type { Input, RequestId } from "../core/input.ts";
import { storeKeys } from "../core/store-keys.ts";
import { checkpointEvents, type TraceListener } from "../core/trace.ts";
import type { SimCrypto } from "./crypto.ts";
import { copyShared } from "./memory.ts";
import { neverAstray } from "./oracles/astray.ts";
import { Commutativity } from "./oracles/commutativity.ts";
import { Differential } from "./oracles/differential.ts";
import { judgeExpectations, notLive } from "./oracles/expectations.ts";
import { HandlerRuns, type OwedEvent } from "./oracles/handler-runs.ts";
import { HealedCore } from "./oracles/healed-core.ts";
import { Joined } from "./oracles/joined.ts";
import { Lives } from "./oracles/lives.ts";
import { type Found, Oracles, type Violation } from "./oracles/oracles.ts";
import { Outsiders } from "./oracles/outsiders.ts";
import { isAstray } from "./oracles/severed.ts";
import { ConvergenceWatch } from "./oracles/watch.ts";
import type { Plan, PlanExpectation } from "./plan/plan.ts";
import { lastPlannedUs, settledUs } from "./plan/settled.ts";
import { Propagation } from "./propagation.ts";
import type { SimulationResult } from "./result.ts";
import type { Listeners, SimulationMemory, Snapshot } from "./snapshot.ts";
import { summarize } from "./summary.ts";
import { isLacking } from "./world/joining.ts";
import { nameAmong, type SimNode } from "./world/sim-node.ts";
import type { WorldObserver } from "./world/surroundings.ts";
import { World } from "./world/world.ts";

export interface SimulationOptions {
  readonly crypto: SimCrypto;
  readonly applications?: readonly Application[];
  /** Whether nodes share decoding, hashing and verifying by content. Changes no result. Default true. */
  readonly isSharing?: boolean;
  readonly traceListener?: TraceListener | undefined;
  /** Told of every input a node handled, with what it did. */
  readonly onEvent?: ((event: SimulationEvent) => void) | undefined;
  /** Where to go on, instead of beginning. */
  readonly from?: Snapshot | undefined;
}

/** A node handled an input. */
export interface SimulationEvent {
  /** The number of the world's event in which it did. */
  readonly event: number;
  readonly timeUs: number;
  readonly node: string;
  readonly input: Input;
  readonly effects: readonly Effect[];
}

export interface ConvergedWatch {
  readonly expectation: Extract<PlanExpectation, { kind: "converged" }>;
  readonly watch: ConvergenceWatch;
}

export class Simulation {
  readonly plan: Plan;
  readonly world: World;
  readonly oracles: Oracles;
  readonly violations: Violation[];
  readonly propagation: Propagation;
  readonly handlerRuns: HandlerRuns;
  /** Over everything, and one for each `converged` expectation. */
  readonly overall: ConvergenceWatch;
  readonly expected: readonly ConvergedWatch[];
  /** From this time on convergence counts: the last fault that ends is over, the last write made. */
  readonly settledUs: number;
  readonly applications: readonly Application[];
  /** Over a healed core, once the plan's time is over. */
  #final: HealedCore | null = null;
  acknowledged = 0;
  refused = 0;
  readonly #commutativity: Commutativity;
  readonly #differential: Differential;
  readonly #joined: Joined;
  readonly #outsiders: Outsiders;
  readonly #lives: Lives;
  readonly #onEvent: SimulationOptions["onEvent"];
  readonly #options: SimulationOptions;
  #isDirty = true;
  /** The event after which states were judged last. */
  #judgedEvent: number | null = null;
  #result: SimulationResult | null = null;

  constructor(plan: Plan, options: SimulationOptions) {
    const { crypto, applications = builtInApplications, isSharing = true, traceListener, from } = options;
    const memory = from && copyShared(from.memory);
    this.#options = options;
    this.#onEvent = options.onEvent;
    this.violations = memory?.violations ?? [];
    this.propagation = new Propagation(memory?.propagation);
    this.plan = plan;
    this.applications = applications;
    this.settledUs = settledUs(plan, applications);
    this.handlerRuns = new HandlerRuns(plan.nodes.length, memory?.handlerRuns);
    const heard = this.handlerRuns.heard(applications);
    const worldOptions = { crypto, applications: heard, isSharing, traceListener, from: from?.world };
    this.world = new World(plan, worldOptions, this.#observer());
    const report = (found: Found) => {
      if (!this.world.judged.some(({ id }) => id === found.node)) return;
      this.violations.push({ ...found, atMs: this.world.nowUs / 1_000, event: this.world.events });
    };
    const { codec } = this.world;
    const nameOf = (author: AuthorId) => nameAmong(this.world.nodes, author);
    const about = { report, nameOf, neverAstray: neverAstray(plan, this.world.contextIds) };
    this.oracles = new Oracles(codec, about, memory?.oracles);
    this.#commutativity = new Commutativity(applications, report, memory?.commutativity);
    this.#differential = new Differential(codec, { report, nameOf }, memory?.differential);
    this.#joined = new Joined(codec, report, memory?.joined);
    this.#outsiders = new Outsiders(this.world, report, memory?.outsiders);
    this.#lives = new Lives(plan.nodes.length, report, memory?.lives);
    const all = Array.from(this.world.contextIds.values());
    const watches = memory?.watches.values();
    const watch = (contexts: readonly ContextId[], nodes: readonly number[] | null) =>
      new ConvergenceWatch(this.world.nodes, {
        ...{ contexts, nodes, fromUs: this.settledUs },
        ...{ kept: this.oracles.kept, memory: watches?.next().value },
        isKeeper: (node, contextId) =>
          this.world.isJudgedIn(node, contextId) || nodes?.includes(node.index) === true,
      });
    this.overall = watch(all, null);
    this.expected = plan.expectations.flatMap((expectation) => {
      if (expectation.kind !== "converged") return [];
      const contextId =
        expectation.context === null ? undefined : this.world.contextIds.get(expectation.context);
      return [{ expectation, watch: watch(contextId === undefined ? all : [contextId], expectation.nodes) }];
    });
    if (memory === undefined) this.world.begin();
    else this.#goOn(memory);
  }

  /** Handles the next event; false when the run has ended. */
  step(): boolean {
    if (this.#isAtRest) return false;
    if (this.world.nextTimeUs > this.settledUs && this.world.nowUs <= this.settledUs)
      this.#checkConvergence(this.settledUs);
    if (!this.world.step()) return this.#comeToRest() && this.step();
    if (this.#isDirty) this.#checkConvergence(this.world.nowUs);
    if (this.world.events % checkpointEvents === 0) {
      this.#checkBounds();
      this.#joined.sample(this.world.judged, this.world.events / checkpointEvents);
    }
    return true;
  }

  /** Handles all events up to a virtual time, in microseconds, or as many as given. False when the run has ended. */
  runUntil(timeUs: number, eventsMax = Number.POSITIVE_INFINITY): boolean {
    for (let events = 0; events < eventsMax; events += 1) {
      if (this.world.nextTimeUs > Math.min(timeUs, this.#endUs)) break;
      if (!this.step()) break;
    }
    return this.world.nextTimeUs <= this.#endUs;
  }

  /** All that the run is at this moment, between two events. It never changes, and holds for any number of forks. O(memory). */
  snapshot(): Snapshot {
    const { plan, world, acknowledged, refused } = this;
    const memory: SimulationMemory = {
      ...{ acknowledged, refused, isDirty: this.#isDirty, judgedEvent: this.#judgedEvent },
      result: this.#result,
      violations: this.violations,
      propagation: this.propagation.memory,
      handlerRuns: this.handlerRuns.memory,
      oracles: this.oracles.memory,
      commutativity: this.#commutativity.memory,
      differential: this.#differential.memory,
      joined: this.#joined.memory,
      outsiders: this.#outsiders.memory,
      lives: this.#lives.memory,
      final: this.#final?.memory ?? null,
      watches: [this.overall, ...this.expected.map(({ watch }) => watch)].map(({ memory }) => memory),
    };
    const { onEvent: _onEvent, traceListener: _listener, from: _from, ...options } = this.#options;
    const { nowUs: timeUs, events } = world;
    return { plan, options, timeUs, events, world: world.capture(), memory: copyShared(memory) };
  }

  /** Another run that goes on from here, as this one would; neither notices the other. */
  fork(listeners: Listeners = {}): Simulation {
    return Simulation.restore(this.snapshot(), listeners);
  }

  /** A run that goes on from a moment. It ends as the first one did, to the same hash. */
  static restore(snapshot: Snapshot, listeners: Listeners = {}): Simulation {
    return new Simulation(snapshot.plan, { ...snapshot.options, ...listeners, from: snapshot });
  }

  /** Runs to the end, judges the expectations, and says what it came to. */
  finish(): SimulationResult {
    if (this.#result !== null) return this.#result;
    while (this.step());
    this.violations.push(...notLive(this, this.#final));
    this.#checkConvergence(Math.max(this.world.nowUs, this.settledUs));
    this.#judgeStates();
    this.violations.push(...judgeExpectations(this));
    this.#result = summarize(this);
    return this.#result;
  }

  #goOn({ acknowledged, refused, isDirty, final, result, judgedEvent }: SimulationMemory): void {
    this.acknowledged = acknowledged;
    this.#judgedEvent = judgedEvent;
    this.refused = refused;
    this.#isDirty = isDirty;
    this.#final = final && new HealedCore(this.world, this.oracles.kept, final);
    this.#result = result;
  }

  /** Final liveness, where the scenario has no `converged` of its own: heals a core and goes on, unless it is at rest. */
  #comeToRest(): boolean {
    const { world } = this;
    if (this.#final !== null || this.expected.length > 0) return false;
    this.#judgeStates();
    // What went wrong already is not healed: a run that fails is over with its time.
    if (this.violations.length > 0) return false;
    this.#final = new HealedCore(world, this.oracles.kept);
    for (const node of world.judged)
      for (const contextId of world.contextIds.values()) this.#updateStanding(node, contextId);
    if (this.#isAtRest) return false;
    world.heal(this.#final.nodes, this.#final.allowedUs);
    return true;
  }

  /** Of the plan's time, which what is healed afterwards may exceed. */
  get #endUs(): number {
    return Math.min(this.plan.untilUs, this.world.untilUs);
  }

  get #isAtRest(): boolean {
    return this.#final !== null && this.#final.stuck.length === 0;
  }

  #observer(): WorldObserver {
    return {
      committing: (node, commit) => this.#committing(node, commit),
      handled: (node, input, effects) => {
        this.#handled(node);
        this.#outsiders.performed(node, effects);
        const { events: event, nowUs: timeUs } = this.world;
        this.#onEvent?.({ event, timeUs, node: node.id, input, effects });
      },
      replied: (node, request, outcome) => this.#replied(node, request, outcome),
      destroying: (node) => {
        this.oracles.destroying(node);
        this.#isDestroyed = true;
      },
      statusChanged: (node, lost) => this.#statusChanged(node, lost),
      failed: (node, error) => {
        const message = `${error.message}\n${error.stack ?? ""}`;
        this.violations.push({
          oracle: "invariant-thrown",
          invariant: null,
          node: node.id,
          atMs: this.world.nowUs / 1_000,
          event: this.world.events,
          message,
        });
      },
    };
  }

  /** Contexts whose deltas the input under way has changed, and events that it made the node owe a handler. */
  readonly #touched = new Set<ContextId>();
  #owed: readonly OwedEvent[] = [];
  /** What the node's disk loses next, an injected fault destroys. */
  #isDestroyed = false;

  #committing(node: SimNode, commit: Commit): void {
    const deltas = this.oracles.committed(node, commit);
    this.#differential.committed(deltas);
    this.#joined.committed(deltas);
    this.#outsiders.committed(node, deltas);
    this.#owed = this.handlerRuns.committed(node, commit, { deltas, nowUs: this.world.nowUs });
    for (const contextId of this.world.contextIds.values()) {
      // Of what came with a state there are no deltas.
      if (commit.writes.some(([key]) => key === storeKeys.context(contextId))) this.#touched.add(contextId);
    }
    const deletions = commit.writes.find(([key]) => key === storeKeys.deletions);
    if (deletions !== undefined) this.#deleting(node, deletions[1]);
    for (const delta of deltas) {
      this.#touched.add(delta.contextId);
      if (!this.propagation.knows(delta.id)) this.#lives.wrote(node, delta);
      const isNew = this.propagation.applied(delta, { node: node.index, nowUs: this.world.nowUs });
      if (isNew) this.world.counters.bytes.payload += delta.sealed.length;
    }
  }

  #deleting(node: SimNode, record: Uint8Array | null): void {
    this.oracles.kept.lost(node.disk);
    for (const contextId of record === null ? [] : decodeDeletions(record)) {
      this.oracles.deleted(node, contextId, this.world.judged);
      this.handlerRuns.deleted(node, contextId);
      this.#touched.add(contextId);
    }
  }

  #handled(node: SimNode): void {
    for (const contextId of this.#touched) {
      this.#updateStanding(node, contextId);
      this.oracles.awake(node, contextId, this.world.nowUs);
    }
    if (this.#touched.size > 0 || this.world.nowUs >= this.settledUs) this.#isDirty = true;
    this.#touched.clear();
    this.handlerRuns.handled();
    const isUntried = (eventId: string) => this.handlerRuns.isUntried(node, eventId);
    this.#commutativity.owed(node, this.#owed, { nowUs: this.world.nowUs, isUntried });
    this.#owed = [];
  }

  #updateStanding(node: SimNode, contextId: ContextId): void {
    const replica = node.core?.replicas().get(contextId);
    const heads = replica?.heads().join("") ?? "";
    if (node.isJudged && replica?.isInitialized && isChecked(heads)) this.oracles.stands(node, replica);
    const isMissed = replica === undefined && isLacking(this.world, node, contextId);
    const standing = replica === undefined && !isMissed ? null : heads;
    const isApart = replica !== undefined && isAstray(replica);
    const judged = this.world.isJudgedIn(node, contextId) && !isApart ? standing : null;
    this.overall.update(contextId, node.index, judged);
    for (const { expectation, watch } of this.expected) {
      watch.update(contextId, node.index, expectation.nodes === null ? judged : standing);
    }
    this.#final?.update(contextId, node.index, judged);
  }

  #replied(node: SimNode, request: RequestId, outcome: Outcome): void {
    if (outcome.kind === "refused") this.refused += 1;
    if (outcome.kind === "context") this.#updateStanding(node, outcome.contextId);
    if (outcome.kind !== "executed" || outcome.written === null || typeof request !== "number") return;
    this.acknowledged += 1;
    const operation = present(this.plan.operations[request], "the operation of a request");
    const contextId = present(this.world.contextIds.get(operation.context), "the context of an operation");
    // It may have deleted the context since.
    const isHere = node.core?.replicas().has(contextId) === true;
    if (isHere && this.world.isJudgedIn(node, contextId))
      this.oracles.acknowledge(node, contextId, outcome.written);
  }

  #statusChanged(node: SimNode, lost: readonly Commit[] | "all"): void {
    if (this.#isDestroyed) this.oracles.destroyedOn(node, this.world.judged);
    else if (lost !== "all" && lost.length > 0) this.oracles.lost(node, lost);
    this.#isDestroyed = false;
    this.handlerRuns.lost(node, lost);
    this.handlerRuns.statusChanged(node, this.world.nowUs);
    for (const contextId of this.world.contextIds.values()) this.#updateStanding(node, contextId);
    this.#isDirty = true;
  }

  #checkConvergence(nowUs: number): void {
    this.#isDirty = false;
    this.overall.check(nowUs);
    for (const { watch } of this.expected) watch.check(nowUs);
    this.#endSoon();
  }

  /** Where the plan says so, a run that has come to what it is for does not go on for long. */
  #endSoon(): void {
    const { settleUs } = this.plan;
    if (settleUs === undefined || this.#final !== null) return;
    const watches = this.expected.length > 0 ? this.expected.map(({ watch }) => watch) : [this.overall];
    const lastUs = watches.reduce(
      (last, { convergedAtUs }) => Math.max(last, convergedAtUs ?? Number.POSITIVE_INFINITY),
      lastPlannedUs(this.plan),
    );
    this.world.untilUs = Math.min(this.world.untilUs, lastUs + settleUs);
  }

  /** All that nodes hold now, unless it is as it was judged last. */
  #judgeStates(): void {
    if (this.#judgedEvent === this.world.events) return;
    this.#judgedEvent = this.world.events;
    for (const node of this.world.judged) {
      this.oracles.bounded(node);
      for (const replica of node.core?.replicas().values() ?? [])
        if (replica.isInitialized) this.oracles.stands(node, replica);
    }
    if (this.violations.some(({ oracle }) => oracle === "invariant-thrown")) return;
    this.#joined.judge(this.world.judged);
    this.world.counters.probe("states-modelled", this.#differential.judge(this.world.judged));
  }

  #checkBounds(): void {
    for (const node of this.world.judged) this.oracles.bounded(node);
  }
}

/** A root costs hashing, so it is asked for on one in eight sets of heads: the same on every node. */
function isChecked(heads: string): boolean {
  return heads.charCodeAt(heads.length - 1) % 8 === 0;
}
