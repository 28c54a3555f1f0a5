/** The contexts this node keeps: made, joined, loaded, and asked by clients. */

import { unreachable } from "./assert.ts";
import type { Deletions } from "./deletion/deletions.ts";
import type { Outcome, RefusalCode } from "./effect.ts";
import { isFault } from "./fault.ts";
import { byteString, type ContextId, type PeerId, type Topic, toHex, topicOf } from "./ids.ts";
import type { BlobCall, ClientCall } from "./input.ts";
import { acceptInvitation } from "./members/invitation.ts";
import type { VerifiedCut } from "./past/taking-over.ts";
import { Replica } from "./replica.ts";
import { createReplicaMemory, type ReplicaMemory } from "./replica-memory.ts";
import { secretAbout } from "./secret.ts";
import type { Services } from "./services.ts";
import { loadNode, saveNode } from "./stored-node.ts";
import type { Turn } from "./turn.ts";

export type ContextsMemory = Map<ContextId, ReplicaMemory>;

const nonceBytes = 16;

export class Contexts {
  readonly #memory: ContextsMemory;
  readonly #services: Services;
  readonly #kept: (replica: Replica, turn: Turn) => void;
  readonly #left: (contextId: ContextId, turn: Turn) => void;
  readonly #deletions: Deletions;
  readonly #syncNow: (replica: Replica, peer: PeerId | null, turn: Turn) => number;
  readonly #replicas: Map<ContextId, Replica>;
  readonly #byTopic: Map<Topic, Replica>;

  /**
   * `kept` is told of every context that is kept from now on, new or loaded, to start what concerns it; `left` of
   * every one that is no more, to end that; `syncNow` has one synced with a peer, or with all that have it, and gives their number.
   */
  constructor(
    memory: ContextsMemory,
    services: Services,
    about: {
      readonly kept: (replica: Replica, turn: Turn) => void;
      readonly left: (contextId: ContextId, turn: Turn) => void;
      readonly syncNow: (replica: Replica, peer: PeerId | null, turn: Turn) => number;
      readonly deletions: Deletions;
    },
  ) {
    this.#memory = memory;
    this.#left = about.left;
    this.#deletions = about.deletions;
    this.#services = services;
    this.#kept = about.kept;
    this.#syncNow = about.syncNow;
    this.#replicas = new Map(Array.from(memory, ([id, replica]) => [id, new Replica(replica, services)]));
    this.#byTopic = new Map(Array.from(this.#replicas, ([id, replica]) => [topicOf(id), replica]));
  }

  get(contextId: ContextId): Replica | undefined {
    return this.#replicas.get(contextId);
  }

  ofTopic(topic: Topic): Replica | undefined {
    return this.#byTopic.get(topic);
  }

  all(): ReadonlyMap<ContextId, Replica> {
    return this.#replicas;
  }

  /** Loads what is stored, and begins a new incarnation. For use inside `decoding`. */
  load(turn: Turn): void {
    const { author, codec, random } = this.#services;
    const contextIds = loadNode(turn);
    author.load(byteString(random.bytes(8)), turn);
    for (const contextId of contextIds) {
      const replica = this.#keep(contextId, turn);
      replica.load(turn);
      replica.deltas.stranded.load(codec, turn);
    }
    saveNode(author.incarnation, contextIds, turn);
    this.#deletions.load(turn);
  }

  answer(call: Exclude<ClientCall, BlobCall>, turn: Turn): Outcome {
    switch (call.kind) {
      case "create-context":
        return this.#create(call, turn);
      case "join-context":
        return this.#join(call, turn);
      case "delete-context":
        return this.#with(call, (replica) => this.#delete(replica, turn));
      case "execute":
        return this.#with(call, (replica) => replica.calls.execute(call, turn));
      case "retry-owed":
        return this.#with(call, ({ owed }) => ({ kind: "retrying", count: owed.retry(turn) }));
      case "invite":
        return this.#with(call, ({ governance }) => governance.invite(call, turn));
      case "change-members":
        return this.#with(call, ({ governance }) => governance.change(call.change, turn));
      case "restore":
        return this.#with(call, (replica) => this.#restore(replica, call.delta, turn));
      case "restore-state":
        return this.#with(call, (replica) => this.#restoreState(replica, call.cut, turn));
      case "restore-private":
        return this.#with(call, ({ contextId, private: own }) => {
          const fault = own.restore(call.entities, turn);
          return fault === null ? { kind: "context", contextId } : refused("bad-arguments", fault.detail);
        });
      case "sync-now":
        return this.#with(call, (replica) => ({
          kind: "syncing",
          peers: this.#syncNow(replica, call.peer as PeerId | null, turn),
        }));
      default:
        return unreachable(call);
    }
  }

  #with({ contextId }: { readonly contextId: ContextId }, answer: (replica: Replica) => Outcome): Outcome {
    const replica = this.#replicas.get(contextId);
    return replica === undefined ? unknownContext(contextId) : answer(replica);
  }

  #create(
    { application, members = [], others = null }: Extract<ClientCall, { kind: "create-context" }>,
    turn: Turn,
  ): Outcome {
    if (!this.#services.applications.has(application)) {
      const known = Array.from(this.#services.applications.keys()).join(", ");
      return refused(
        "application-not-installed",
        `no application named "${application}"; installed: ${known}`,
      );
    }
    if (others === "admin")
      return refused("bad-arguments", "an open context is open to members or readers, not to admins");
    const { codec, identity, random } = this.#services;
    const secret = secretAbout("reconverge/genesis-secret/1", random.bytes(nonceBytes), {
      identity,
      crypto: codec.crypto,
    });
    const nonce = byteString(secret.subarray(0, nonceBytes));
    const named = members.filter(({ author }) => author !== this.#services.identity.author);
    const { tombstoneRetentionMs } = this.#services.config;
    const retentionMs = tombstoneRetentionMs === 0 ? null : tombstoneRetentionMs;
    const content = { kind: "genesis", application, nonce, members: named, others, retentionMs } as const;
    const genesis = this.#services.author.make({ contextId: "", parents: [], content, events: [] }, turn);
    if (isFault(genesis)) return refused("bad-arguments", `cannot be stored: ${genesis.detail}`);
    return this.#join({ contextId: genesis.contextId, genesis: genesis.sealed }, turn);
  }

  #join(
    { contextId, genesis, invitation }: Omit<Extract<ClientCall, { kind: "join-context" }>, "kind">,
    turn: Turn,
  ): Outcome {
    const { codec, identity } = this.#services;
    const { author } = identity;
    // Of a token only what is made of it here goes any further.
    const invited = invitation === undefined ? null : acceptInvitation(invitation, author, codec.crypto);
    if (invited !== null && (isFault(invited) || invited.contextId !== contextId))
      return refused("bad-arguments", `not an invitation to context ${toHex(contextId)}`);
    if (invited !== null && invited.invitee !== null && invited.invitee !== author)
      return refused("not-permitted", "the invitation is for another key than this node's");
    if (invited !== null && invited.expiresMs < turn.now.wallMs)
      return refused("not-permitted", "the invitation has expired");
    const delta = genesis === undefined ? null : codec.openDelta(genesis);
    if (
      delta !== null &&
      (isFault(delta) || delta.contextId !== contextId || delta.content.kind !== "genesis")
    ) {
      return refused("bad-arguments", `not the genesis of context ${toHex(contextId)}`);
    }
    let replica = this.#replicas.get(contextId);
    if (replica === undefined) {
      if (this.#deletions.has(contextId)) return beingDeleted(contextId);
      replica = this.#keep(contextId, turn);
      this.#saveNode(turn);
    }
    if (delta !== null) replica.receive(delta, turn);
    if (invited !== null && replica.governance.members.isUsed(invited))
      return refused("not-permitted", "that invitation was used");
    if (invited !== null) replica.accept(invited, turn);
    return { kind: "context", contextId };
  }

  /** The store is left as it is: what was not written yet of the state would only have to go again. */
  #delete({ contextId }: Replica, turn: Turn): Outcome {
    this.#memory.delete(contextId);
    this.#replicas.delete(contextId);
    this.#byTopic.delete(topicOf(contextId));
    turn.perform({ kind: "unsubscribe", topic: topicOf(contextId) });
    this.#left(contextId, turn);
    this.#saveNode(turn);
    this.#deletions.begin(contextId, turn);
    return { kind: "context", contextId };
  }

  #saveNode(turn: Turn): void {
    saveNode(this.#services.author.incarnation, Array.from(this.#replicas.keys()), turn);
  }

  /** What cannot be applied now is kept until it can be. */
  #restore(replica: Replica, sealed: Uint8Array, turn: Turn): Outcome {
    const { contextId, deltas } = replica;
    const delta = this.#services.codec.openDelta(sealed);
    if (isFault(delta) || delta.contextId !== contextId)
      return refused("bad-arguments", `not a delta of context ${toHex(contextId)}`);
    if (delta.parents.every((parent) => deltas.graph.has(parent))) replica.receive(delta, turn);
    if (!deltas.graph.has(delta.id)) deltas.stranded.keep(delta, turn);
    return { kind: "context", contextId };
  }

  #restoreState(replica: Replica, cut: VerifiedCut, turn: Turn): Outcome {
    const { contextId, deltas } = replica;
    if (deltas.graph.count !== 1)
      return refused("bad-arguments", `context ${toHex(contextId)} has other than its genesis alone`);
    const judgement = replica.judge(cut);
    if (judgement.kind !== "timely")
      return refused("bad-arguments", `a state that is ${judgement.kind} for context ${toHex(contextId)}`);
    replica.adopt(cut, judgement.sieve, turn);
    return { kind: "context", contextId };
  }

  #keep(contextId: ContextId, turn: Turn): Replica {
    const memory = createReplicaMemory(contextId);
    const replica = new Replica(memory, this.#services);
    this.#memory.set(contextId, memory);
    this.#replicas.set(contextId, replica);
    this.#byTopic.set(topicOf(contextId), replica);
    turn.perform({ kind: "subscribe", topic: topicOf(contextId) });
    this.#kept(replica, turn);
    return replica;
  }
}

/** The answer to whoever names a context that is not here. */
export function unknownContext(contextId: ContextId): Outcome {
  return refused("context-not-found", `no context ${toHex(contextId)} on this node`);
}

function beingDeleted(contextId: ContextId): Outcome {
  const id = toHex(contextId);
  return refused(
    "being-deleted",
    `context ${id} is still being deleted from this node: join it again once it is`,
  );
}

function refused(code: RefusalCode, message: string): Outcome {
  return { kind: "refused", code, message };
}
