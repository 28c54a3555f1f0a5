/**
 * START HERE. A node: everything that happens to it comes in through `handle`, everything it does goes out as
 * effects. No clock, no chance, no I/O, no promise: the drivers (`node/` for real, `sim/` for simulation) have
 * those. What one call changes leaves as one commit (`turn.ts`); what it says waits for that (`speech-gate.ts`).
 */

import type { Application } from "./app/application.ts";
import { InvariantError, present, unreachable } from "./assert.ts";
import { Author, type AuthorMemory, createAuthorMemory } from "./author.ts";
import { Blobs, type BlobsMemory, createBlobsMemory } from "./blobs/blobs.ts";
import { Cache, type CacheMemory, createCacheMemory } from "./cache.ts";
import { Conduct, type ConductMemory, createConductMemory } from "./conduct.ts";
import type { Config } from "./config.ts";
import { Contexts, type ContextsMemory } from "./contexts.ts";
import { Deletions, type DeletionsMemory } from "./deletion/deletions.ts";
import type { Effect } from "./effect.ts";
import { isFault } from "./fault.ts";
import { createHeartbeatMemory, type HeartbeatMemory, HeartbeatSender } from "./gossip/heartbeat.ts";
import { GossipReceiver } from "./gossip/receive.ts";
import { type AuthorId, type ContextId, type PeerId, topicOf } from "./ids.ts";
import { type ClientCall, type Input, isBlobCall, type RequestId, type StreamId } from "./input.ts";
import { copyMemory } from "./memory.ts";
import { OwedRunner } from "./owed/runner.ts";
import { createPeersMemory, Peers, type PeersMemory } from "./peers.ts";
import type { Identity, Now, StateView } from "./ports.ts";
import { Random, type RandomWords } from "./random.ts";
import type { Replica } from "./replica.ts";
import { clearTimersOf, parseTimerName, type Services, timerName } from "./services.ts";
import { type DecodedRecord, decodedBytesMax, weighRecord } from "./state/state-records.ts";
import { StoreReader } from "./store-reader.ts";
import { UnreadableStoreError } from "./stored-node.ts";
import { createSyncMemory, SyncManager, type SyncMemory } from "./sync/manager.ts";
import type { SessionMemory } from "./sync/session.ts";
import { createTimersMemory, Timers, type TimersMemory } from "./timers.ts";
import { Turn } from "./turn.ts";
import { decoding } from "./wire/cbor.ts";
import type { Codec } from "./wire/codec.ts";

export interface NodeOptions {
  readonly identity: Identity;
  /** The key of the peer of this name, as connections prove it; null where a name has none. A pure function. */
  readonly authorOf: (peer: PeerId) => AuthorId | null;
  readonly codec: Codec;
  readonly store: StateView;
  readonly applications: readonly Application[];
  readonly config: Config;
}

/** All that changes while a node runs: plain data. What the store holds is not part of it. */
export interface NodeMemory {
  phase: "created" | "running" | "stopped";
  readonly randomWords: RandomWords;
  readonly timers: TimersMemory;
  readonly author: AuthorMemory;
  readonly peers: PeersMemory;
  readonly conduct: ConductMemory;
  readonly heartbeat: HeartbeatMemory;
  readonly sync: SyncMemory;
  readonly replicas: ContextsMemory;
  readonly deletions: DeletionsMemory;
  readonly blobs: BlobsMemory;
  readonly decoded: CacheMemory<DecodedRecord>;
  /** The wake-up the driver was asked for. */
  wakeAtMs: number | null;
}

/** The memory of a node that has not started. The words seed its chance and must differ between starts. */
export function createNodeMemory(randomWords: RandomWords): NodeMemory {
  return {
    phase: "created",
    randomWords,
    timers: createTimersMemory(),
    author: createAuthorMemory(),
    peers: createPeersMemory(),
    conduct: createConductMemory(),
    heartbeat: createHeartbeatMemory(),
    sync: createSyncMemory(),
    replicas: new Map(),
    deletions: new Set(),
    blobs: createBlobsMemory(),
    decoded: createCacheMemory(),
    wakeAtMs: null,
  };
}

export class NodeCore {
  readonly contexts: Contexts;
  readonly peers: Peers;
  readonly conduct: Conduct;
  readonly sync: SyncManager;
  readonly blobs: Blobs;
  readonly #memory: NodeMemory;
  readonly #store: StateView;
  readonly #services: Services;
  readonly #heartbeat: HeartbeatSender;
  readonly #gossip: GossipReceiver;
  readonly #owed: OwedRunner;
  readonly #deletions: Deletions;

  /** Takes over the memory; hand in a copy to go on from a captured one. */
  constructor(options: NodeOptions, memory: NodeMemory) {
    const { identity, authorOf, codec, config } = options;
    this.#memory = memory;
    this.#store = options.store;
    this.#services = {
      identity,
      authorOf,
      codec,
      config,
      applications: new Map(options.applications.map((application) => [application.name, application])),
      random: new Random(memory.randomWords),
      timers: new Timers(memory.timers),
      author: new Author(memory.author, identity, codec),
      store: new StoreReader(options.store),
      decoded: new Cache(memory.decoded, { weightMax: decodedBytesMax, weigh: weighRecord }),
    };
    this.#deletions = new Deletions(memory.deletions, this.#services);
    this.contexts = new Contexts(memory.replicas, this.#services, {
      deletions: this.#deletions,
      kept: (replica, turn) => this.#kept(replica, turn),
      left: (contextId, turn) => this.#left(contextId, turn),
      syncNow: (of, peer, turn) => this.sync.syncNow(of, peer, turn),
    });
    this.conduct = new Conduct(memory.conduct, config);
    this.peers = new Peers(memory.peers, this.#services, this.conduct);
    const replica = (contextId: ContextId) => this.contexts.get(contextId);
    this.sync = new SyncManager(memory.sync, this.#services, { peers: this.peers, replica });
    this.blobs = new Blobs(memory.blobs, this.#services, {
      peers: this.peers,
      replicas: () => this.contexts.all(),
      nextStream: () => this.sync.nextStream(),
    });
    this.#heartbeat = new HeartbeatSender(memory.heartbeat, this.#services);
    this.#owed = new OwedRunner(replica);
    this.#gossip = new GossipReceiver(this.#services, this.sync, this.#heartbeat);
  }

  /** A copy of all that changes, exact at any moment between two inputs. O(memory); what never changes is shared. */
  capture(): NodeMemory {
    return copyMemory(this.#memory);
  }

  /** The contexts this node keeps, for inspection. */
  replicas(): ReadonlyMap<ContextId, Replica> {
    return this.contexts.all();
  }

  /** What it wants to be woken for, and when by its monotonic clock, for inspection. */
  timers(): ReadonlyMap<string, number> {
    return this.#memory.timers.due;
  }

  /** The sync sessions that are open, for inspection. */
  openSessions(): Iterable<Readonly<SessionMemory>> {
    return this.#memory.sync.sessions.values();
  }

  /**
   * Handles one input completely. Total: what peers and clients get wrong comes out as effects. Throws an
   * `InvariantError` for a bug of ours, an `UnreadableStoreError` where the store lacks what was written to it.
   */
  handle(now: Now, input: Input): Effect[] {
    if (this.#memory.phase === "stopped")
      throw new InvariantError(`input ${input.kind} after the node stopped`);
    const turn = new Turn(now, this.#store);
    return this.#services.store.during(turn, () => {
      this.#dispatch(input, turn);
      for (const [peer, mistake] of turn.takeBlamed()) this.conduct.judge(peer, mistake, turn);
      this.#askToBeWoken(turn);
      return turn.finish();
    });
  }

  #dispatch(input: Input, turn: Turn): void {
    switch (input.kind) {
      case "start":
        return this.#start(turn);
      case "stop":
        return this.#stop(turn);
      case "peer-found":
        return this.peers.found(input.peer, turn);
      case "peer-connected":
        if (!this.peers.didConnect(input.peer, turn)) return;
        return this.sync.peerConnected(input.peer, this.#sharedWith(input.peer), turn);
      case "peer-disconnected":
        return this.peers.didDisconnect(input.peer, turn);
      case "dial-failed":
        return this.peers.dialFailed(input.peer, turn);
      case "peer-subscribed": {
        this.peers.subscribed(input.peer, input.topic);
        const replica = this.contexts.ofTopic(input.topic);
        return replica && this.sync.peerSubscribed(replica, input.peer, turn);
      }
      case "peer-unsubscribed":
        return this.peers.unsubscribed(input.peer, input.topic);
      case "gossip":
        if (this.conduct.admitGossip(input.from, input.message.length, turn))
          return this.#gossip.receive(input, this.contexts.ofTopic(input.topic), turn);
        return turn.perform({ kind: "verdict", gossip: input.gossip, verdict: "ignore" });
      case "stream-opened":
        if (!this.conduct.admitStream(input.peer, turn))
          return turn.perform({ kind: "close-stream", stream: input.stream });
        return input.protocol === "blob"
          ? this.blobs.serving.accept(input.stream, input.peer, turn)
          : this.sync.sessions.accept(input.stream, input.peer, turn);
      case "stream-frame":
        return this.#speaking(input.stream).receive(input.stream, input.frame, turn);
      case "stream-closed":
        return this.#speaking(input.stream).closed(input.stream, turn);
      case "chunk-stored":
      case "chunk-read":
      case "chunks-listed":
        return this.blobs.diskDid(input, turn);
      case "woken":
        this.#memory.wakeAtMs = null;
        return this.#runDueTimers(turn);
      case "request":
        return this.#answer(input.request, input.call, turn);
      default:
        return unreachable(input);
    }
  }

  /** Which protocol a stream is of. */
  #speaking(stream: StreamId): Blobs | SyncManager {
    return this.blobs.has(stream) ? this.blobs : this.sync;
  }

  #answer(request: RequestId, call: ClientCall, turn: Turn): void {
    if (isBlobCall(call)) return this.blobs.call(request, call, turn);
    turn.perform({ kind: "reply", request, outcome: this.contexts.answer(call, turn) });
  }

  #start(turn: Turn): void {
    if (this.#memory.phase !== "created") throw new InvariantError("a node starts once");
    this.#memory.phase = "running";
    const loaded = decoding("the store", () => {
      this.contexts.load(turn);
      this.blobs.load(turn);
      return { kind: "loaded" } as const;
    });
    if (isFault(loaded)) throw new UnreadableStoreError(loaded);
    this.#cleanupLater(turn);
  }

  #stop(turn: Turn): void {
    this.sync.closeAll(turn);
    this.blobs.closeAll(turn);
    for (const replica of this.contexts.all().values()) replica.settle(turn);
    for (const contextId of this.contexts.all().keys()) {
      turn.perform({ kind: "unsubscribe", topic: topicOf(contextId) });
    }
    this.#memory.phase = "stopped";
  }

  /** Contexts a peer had in common with this node when it was last connected. */
  #sharedWith(peer: PeerId): readonly Replica[] {
    return this.peers.formerTopics(peer).flatMap((topic) => this.contexts.ofTopic(topic) ?? []);
  }

  /** Starts what concerns a context: its timers, and sessions with those who have it. */
  #kept(replica: Replica, turn: Turn): void {
    this.#heartbeat.start(replica, turn);
    this.sync.start(replica, turn);
    replica.compaction.begin(turn);
    for (const peer of this.peers.subscribers(replica.contextId))
      this.sync.peerSubscribed(replica, peer, turn);
  }

  /** Ends what concerns a context that is on this node no more. */
  #left(contextId: ContextId, turn: Turn): void {
    this.sync.left(contextId, turn);
    this.blobs.left(contextId, turn);
    this.#heartbeat.left(contextId);
    this.peers.left(contextId);
    clearTimersOf(this.#services.timers, contextId);
  }

  #runDueTimers(turn: Turn): void {
    const { timers } = this.#services;
    // Timers set while these run are due in the next turn, so that a turn ends.
    const due: string[] = [];
    const nowMs = turn.now.monotonicMs;
    for (let name = timers.takeDue(nowMs); name !== null; name = timers.takeDue(nowMs)) due.push(name);
    for (const name of due) this.#runTimer(name, turn);
  }

  #runTimer(name: string, turn: Turn): void {
    const { purpose, subject } = parseTimerName(name);
    const replica = () => present(this.contexts.get(subject as ContextId), `the replica of timer ${purpose}`);
    switch (purpose) {
      case "dial":
        return this.peers.dial(subject as PeerId, turn);
      case "session":
        return this.sync.sessions.table.watch(Number(subject), turn);
      case "state-session":
        return this.sync.states.watch(Number(subject), turn);
      case "blob-fetch":
        return this.blobs.fetches.advance(subject, turn);
      case "blob-serving":
        return this.blobs.serving.watch(turn);
      case "blob-eviction":
        return this.blobs.evict(turn);
      case "cleanup":
        for (const each of this.contexts.all().values()) {
          each.sweep(turn);
          each.deltas.stranded.offerAgain((id) => each.deltas.holds(id), turn);
        }
        this.sync.sweep(turn);
        this.conduct.sweep(turn.now.monotonicMs);
        return this.#cleanupLater(turn);
      case "deletion":
        return this.#deletions.goOn(turn);
      case "apply-ready":
        return replica().applyReady(turn);
      case "stranded":
        return this.#offerStranded(replica(), turn);
      case "owed":
        return this.#owed.run(replica(), turn);
      case "heartbeat":
        return this.#heartbeat.send(replica(), turn);
      case "compact":
        return replica().compaction.goOn(turn);
      case "beside":
        return this.sync.states.tidy(replica(), turn);
      case "merge":
        return replica().mergeHeads(turn);
      case "come-in":
        replica().governance.comingIn.comeIn(turn);
        return turn.changed(replica());
      case "rotate-key":
        return replica().governance.rotate(turn);
      case "checkpoint":
        return replica().closing.tidy(turn);
      case "exclude":
        return replica().closing.exclude(turn);
      case "periodic-sync":
        return this.sync.periodic(replica(), turn);
      case "announce":
        return this.sync.announce(replica(), turn);
      case "wanted-sync":
        return this.sync.startWanted(replica(), turn);
      default:
        return unreachable(purpose);
    }
  }

  #offerStranded(replica: Replica, turn: Turn): void {
    const { codec } = this.#services;
    replica.deltas.stranded.offer({ codec, receive: (delta) => replica.receive(delta, turn) }, turn);
  }

  #cleanupLater(turn: Turn): void {
    this.#services.timers.set(timerName("cleanup"), turn.now.monotonicMs + this.#services.config.cleanupMs);
  }

  #askToBeWoken(turn: Turn): void {
    const dueMs = this.#memory.phase === "running" ? this.#services.timers.nextDueMs() : null;
    if (dueMs === null || dueMs === this.#memory.wakeAtMs) return;
    this.#memory.wakeAtMs = dueMs;
    turn.perform({ kind: "wake-at", monotonicMs: dueMs });
  }
}
