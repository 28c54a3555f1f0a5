/**
 * The simulated world: nodes, links, disks and clocks, and the one queue of what happens next. A run is a pure
 * function of its plan. What nodes do is the production core's; this file only brings them inputs and carries out
 * their effects.
 */

import { present } from "../../core/assert.ts";
import type { Commit, Effect, Outcome } from "../../core/effect.ts";
import type { ContextId, Topic } from "../../core/ids.ts";
import type { Input, RequestId } from "../../core/input.ts";
import { Trace } from "../../core/trace.ts";
import { type Codec, createCodec } from "../../core/wire/codec.ts";
import { copyShared } from "../memory.ts";
import type { Plan } from "../plan/plan.ts";
import { worldSeed } from "../random.ts";
import { Adversaries } from "./adversaries.ts";
import { BlobClients } from "./blob-clients.ts";
import { ChunkDisks } from "./chunk-disks.ts";
import { LinkConditions } from "./conditions.ts";
import { Connections } from "./connections.ts";
import { createNodes } from "./create-nodes.ts";
import { DiskSyncs } from "./disk-syncs.ts";
import { createEventQueue, type EventQueue } from "./event-queue.ts";
import { Counters, type WorldEvent, type WorldPort } from "./events.ts";
import { FaultInjector } from "./fault-injector.ts";
import { createContexts } from "./genesis.ts";
import { Intake } from "./intake.ts";
import { joinersOf, restart } from "./joining.ts";
import { Mesh } from "./mesh.ts";
import { listenerTo, NetworkEffects } from "./network-effects.ts";
import { callOf, handOver, outsidersOf } from "./operations.ts";
import { createSharedCodec } from "./shared-codec.ts";
import type { NodeSurroundings, SimNode } from "./sim-node.ts";
import type { WorldMemory, WorldSnapshot } from "./snapshot.ts";
import { Streams } from "./streams.ts";
import type { WorldObserver, WorldOptions } from "./surroundings.ts";

export class World implements WorldPort, NodeSurroundings {
  readonly plan: Plan;
  readonly seed: number;
  readonly nodes: readonly SimNode[];
  /** Those that are never byzantine: of these alone anything is demanded. */
  readonly judged: readonly SimNode[];
  readonly contextIds: ReadonlyMap<string, ContextId>;
  readonly codec: Codec;
  readonly counters: Counters;
  readonly conditions: LinkConditions;
  readonly connections: Connections;
  readonly trace: Trace;
  readonly chunkDisks: ChunkDisks;
  readonly blobClients: BlobClients;
  nowUs = 0;
  /** The end of virtual time: the plan's, unless a healed core is given more. */
  untilUs: number;
  /** Events handled so far. */
  events = 0;
  /** Operations not given to their node, because it was not there. */
  skipped = 0;
  /** Operations whose node stopped before it could answer, because its disk failed. */
  unanswered = 0;
  #isStopped = false;
  /** By context: the nodes that the plan has in it, once they are there. */
  readonly joiners: ReadonlyMap<ContextId, ReadonlySet<number>>;
  readonly #outsiders: ReadonlyMap<ContextId, ReadonlySet<number>>;
  readonly #observer: WorldObserver;
  readonly #queue: EventQueue<WorldEvent>;
  readonly #streams: Streams;
  readonly #mesh: Mesh;
  readonly #faults: FaultInjector;
  readonly #adversaries: Adversaries;
  readonly #intake: Intake;
  readonly #syncs: DiskSyncs;
  readonly #network: NetworkEffects;

  constructor(plan: Plan, options: WorldOptions, observer: WorldObserver) {
    this.plan = plan;
    this.untilUs = plan.untilUs;
    this.seed = worldSeed(plan);
    this.#observer = observer;
    const { from } = options;
    const { crypto } = options.crypto;
    const memory = from && copyShared(from.memory);
    this.codec =
      from?.codec ?? (options.isSharing ? createSharedCodec(createCodec(crypto)) : createCodec(crypto));
    this.counters = new Counters(memory?.counters);
    this.trace = new Trace(crypto, options.traceListener, memory?.trace);
    this.#queue = createEventQueue(this.seed, memory?.queue);
    this.nodes = createNodes(plan, {
      ...{ ...options, codec: this.codec, seed: this.seed, surroundings: this },
      from: from && { identities: from.identities, nodes: from.memory.nodes },
    });
    this.judged = this.nodes.filter(({ isJudged }) => isJudged);
    this.contextIds = memory?.contextIds ?? createContexts(plan, this.nodes);
    this.#outsiders = outsidersOf(plan, this.contextIds);
    this.joiners = joinersOf(plan, this.contextIds);
    this.conditions = new LinkConditions(plan, memory?.conditions);
    this.connections = new Connections(this, plan, {
      conditions: this.conditions,
      listener: listenerTo(() => ({ mesh: this.#mesh, streams: this.#streams })),
      memory: memory?.connections,
    });
    const nodes = plan.nodes.length;
    this.#streams = new Streams(this, this.connections, { nodes, memory: memory?.streams });
    const about = { connections: this.connections, conditions: this.conditions, knobs: plan.network.gossip };
    this.#mesh = new Mesh(this, { ...about, nodes, memory: memory?.mesh });
    this.#network = new NetworkEffects(plan, { ...about, mesh: this.#mesh, streams: this.#streams });
    this.#faults = new FaultInjector(this, memory?.faults);
    this.#adversaries = new Adversaries(this, {
      connections: this.connections,
      mesh: this.#mesh,
      perform: (node, effect) => this.perform(node, effect),
    });
    this.#intake = new Intake(this, (node, input) => this.#handle(node, input));
    this.#syncs = new DiskSyncs(this, {
      usualUs: plan.diskSyncUs,
      stopping: (node) => {
        this.unanswered += node.unanswered.size;
      },
      stopped: (node, lost) => this.halted(node, lost),
    });
    this.chunkDisks = new ChunkDisks(this, plan.diskSyncUs);
    this.blobClients = new BlobClients(this, memory?.blobClients);
    if (memory !== undefined) this.#goOn(memory);
  }

  /** A copy of all that changes, exact between two events. O(memory). */
  capture(): WorldSnapshot {
    const { codec, nodes, nowUs, untilUs, events, skipped, unanswered, contextIds } = this;
    const memory: WorldMemory = {
      ...{ nowUs, untilUs, events, skipped, unanswered, isStopped: this.#isStopped, contextIds },
      counters: this.counters.memory,
      trace: this.trace.capture(),
      queue: this.#queue.memory,
      nodes: nodes.map((node) => node.capture()),
      conditions: this.conditions.memory,
      connections: this.connections.memory,
      streams: this.#streams.memory,
      mesh: this.#mesh.memory,
      faults: this.#faults.memory,
      blobClients: this.blobClients.memory,
    };
    return { codec, identities: nodes.map(({ identity }) => identity), memory: copyShared(memory) };
  }

  /** Starts the initial nodes and schedules operations and faults. Once, before the first step. */
  begin(): void {
    for (const node of this.nodes) {
      if (this.plan.nodes[node.index]?.joinsAtUs === null) node.status = "down";
    }
    for (const node of this.nodes) if (node.status === "down") this.boot(node);
    this.plan.operations.forEach((operation, index) => {
      this.schedule(operation.atUs, { kind: "operation", index });
    });
    this.#faults.schedule();
  }

  /** Handles the next event; false when the run has ended. */
  step(): boolean {
    if (this.#isStopped || this.#queue.nextTimeUs > this.untilUs) {
      this.nowUs = Math.max(this.nowUs, this.#isStopped ? this.nowUs : this.untilUs);
      return false;
    }
    this.nowUs = this.#queue.nextTimeUs;
    const event = this.#queue.pop();
    if (event === undefined) return false;
    this.events += 1;
    this.#happen(event);
    return true;
  }

  /** Connected neighbours in a node's mesh for a topic, for inspection. */
  meshOf(node: number, topic: Topic): ReadonlySet<number> {
    return this.#mesh.meshOf(node, topic);
  }

  get nextTimeUs(): number {
    return this.#isStopped ? Number.POSITIVE_INFINITY : this.#queue.nextTimeUs;
  }

  /** When the plan's time is over: heals these nodes, leaves the others to themselves, and goes on for so long. */
  heal(nodes: ReadonlySet<number>, forUs: number): void {
    this.untilUs = this.nowUs + forUs;
    this.#faults.heal(nodes);
  }

  schedule(timeUs: number, event: WorldEvent): void {
    this.#queue.push(timeUs, event);
  }

  node(index: number): SimNode {
    return present(this.nodes[index], `node ${index}`);
  }

  isUp(node: number): boolean {
    return this.node(node).status === "up";
  }

  isPaused(node: number): boolean {
    return this.node(node).isPaused;
  }

  epochOf(node: number): number {
    return this.node(node).epoch;
  }

  deliver(index: number, input: Input): void {
    const node = this.node(index);
    if (node.status === "up") this.#intake.push(node, input);
  }

  /** Starts a node on what its disk holds, and tells it whom it can dial. */
  boot(node: SimNode): void {
    node.boot();
    this.#mesh.start(node.index);
    this.deliver(node.index, { kind: "start" });
    this.#observer.statusChanged(node, []);
    for (const other of this.connections.neighbours(node.index)) {
      const { status } = this.node(other);
      if (status !== "absent" && status !== "left") {
        this.deliver(node.index, { kind: "peer-found", peer: this.connections.peer(other) });
      }
    }
  }

  /** A node goes for good, and says so. What waited for it is dropped, as by the production driver. */
  stop(node: SimNode): void {
    this.dropInbox(node);
    this.#handle(node, { kind: "stop" });
  }

  /** What waited for a process was never given to the node. */
  dropInbox(node: SimNode): void {
    this.skipped += node.inbox.filter(({ kind }) => kind === "request").length;
    node.inbox.length = 0;
  }

  /** A node stopped, however it did: its connections go, and its streams. */
  halted(node: SimNode, lost: readonly Commit[] | "all"): void {
    this.connections.dropAll(node.index);
    this.#streams.forget(node.index);
    this.blobClients.halted(node);
    this.#observer.statusChanged(node, lost);
  }

  /** An injected fault is about to destroy what a node's disk holds. */
  destroying(node: SimNode): void {
    this.#observer.destroying(node);
  }

  /** A node that was paused goes on with what waited. */
  resumed(node: SimNode): void {
    if (node.isSyncOwed) {
      node.isSyncOwed = false;
      this.#syncs.conclude(node);
    }
    this.#intake.drain(node);
  }

  committing(node: SimNode, commit: Commit): void {
    this.#observer.committing(node, commit);
  }

  appended(node: SimNode): void {
    if (!node.disk.isSyncing) this.#syncs.begin(node);
  }

  /** Asks for the node's wake-up at the virtual time its clock will have come to it. */
  scheduleWake(node: SimNode): void {
    if (node.wakeAtMs === null) return;
    node.wakeToken += 1;
    const timeUs = node.clock.timeOf(node.wakeAtMs, this.nowUs);
    this.schedule(timeUs, { kind: "wake", node: node.index, token: node.wakeToken });
  }

  perform(node: SimNode, effect: Exclude<Effect, Commit>): void {
    switch (effect.kind) {
      case "wake-at":
        node.wakeAtMs = effect.monotonicMs;
        return this.scheduleWake(node);
      case "reply":
        if (effect.outcome.kind === "invitation") handOver(this, effect.request, effect.outcome.invitation);
        if (this.blobClients.replied(node, effect.request, effect.outcome)) return;
        return this.answered(node, effect.request, effect.outcome);
      case "store-chunk":
      case "read-chunk":
      case "drop-chunks":
      case "list-chunks":
        return this.chunkDisks.perform(node, effect);
      case "observe":
        return this.counters.probe(effect.observation.name, effect.observation.amount);
      case "fault":
        return this.counters.probe(`fault-${effect.fault.code}`, 1);
      case "emit":
        return;
      default:
        return this.#network.perform(node.index, effect);
    }
  }

  /** A client has its answer, whether of one call or of many. */
  answered(node: SimNode, request: RequestId, outcome: Outcome): void {
    node.unanswered.delete(request);
    this.#observer.replied(node, request, outcome);
  }

  #goOn({ nowUs, untilUs, events, skipped, unanswered, isStopped }: WorldMemory): void {
    Object.assign(this, { nowUs, untilUs, events, skipped, unanswered });
    this.#isStopped = isStopped;
  }

  #happen(event: WorldEvent): void {
    switch (event.kind) {
      case "input":
        if (this.epochOf(event.node) === event.epoch) this.deliver(event.node, event.input);
        return;
      case "wake":
        return this.#wake(this.node(event.node), event.token);
      case "synced":
        this.#syncs.ended(this.node(event.node), event.epoch);
        return this.#intake.drain(this.node(event.node));
      case "sync-again":
        return this.#syncs.again(this.node(event.node), event.epoch);
      case "revived":
        if (this.epochOf(event.node) === event.epoch) restart(this, this.node(event.node), "lost");
        return;
      case "ready":
        return this.#intake.ready(this.node(event.node), event.epoch);
      case "dialled":
        return this.connections.dialled(event);
      case "carried":
        return this.connections.carried(event);
      case "noticed":
        return this.connections.noticed(event);
      case "keepalive":
        return this.connections.keepalive(event);
      case "gossip":
        return this.#mesh.arrived(event.copy);
      case "ihave":
        return this.#mesh.ihave(event);
      case "iwant":
        return this.#mesh.iwant(event);
      case "mesh-heartbeat":
        return this.#mesh.heartbeat(event);
      case "chunks":
        return this.chunkDisks.ended(this.node(event.node), event.epoch, event.effect);
      case "operation":
        return this.#operate(event.index);
      case "faults":
        for (const change of event.changes) this.#faults.change(change);
        return;
    }
  }

  #handle(node: SimNode, input: Input): void {
    try {
      const handled = node.handle(input, this.nowUs);
      const effects = this.#adversaries.edit(node, handled);
      this.trace.record(this.nowUs, node.index, [input, effects]);
      node.perform(effects);
      this.#observer.handled(node, input, effects);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      this.#isStopped = true;
      this.#observer.failed(node, error);
    }
  }

  #wake(node: SimNode, token: number): void {
    if (node.wakeToken !== token) return;
    node.wakeAtMs = null;
    this.deliver(node.index, { kind: "woken" });
  }

  #operate(index: number): void {
    const operation = present(this.plan.operations[index], "an operation");
    const contextId = this.contextIds.get(operation.context);
    const { node } = operation;
    if (contextId === undefined || !this.isUp(node)) {
      this.skipped += 1;
      return;
    }
    this.node(node).unanswered.add(index);
    if (this.blobClients.begin(this.node(node), index, { operation, contextId })) return;
    this.deliver(node, { kind: "request", request: index, call: callOf(this, operation, contextId) });
  }

  /** Is it expected to agree with others about this context in the end? */
  isJudgedIn(node: SimNode, contextId: ContextId): boolean {
    return node.isJudged && !(this.#outsiders.get(contextId)?.has(node.index) ?? false);
  }
}
