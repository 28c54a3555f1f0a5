/**
 * Gossip topics on gossipsub. The core judges every message: gossipsub holds it back from its mesh until the
 * verdict comes. The core is told once of each subscription, and only of topics that are ours.
 */

import type { GossipSub, Message } from "@chainsafe/libp2p-gossipsub";
import { contextOfTopic, type PeerId, type Topic } from "../../core/ids.ts";
import type { GossipId } from "../../core/input.ts";
import type { Connections } from "./connections.ts";
import { nameOf } from "./connections.ts";
import { topicScoreParams } from "./gossip-options.ts";
import type { Intake, NetworkLog } from "./port.ts";
import { SilentPeers } from "./silent-peers.ts";

/** Heartbeats of gossipsub, about a second each, for which a connected peer may lack a gossip stream. */
const missingStreamPatience = 3;

/** gossipsub, as far as it is used here. */
export type GossipService = GossipSub & {
  /** Public members of gossipsub's class that its interface leaves out. */
  reportMessageValidationResult(message: string, from: unknown, verdict: string): void;
  getMeshPeers(topic: string): readonly string[];
  readonly streamsOutbound: ReadonlyMap<string, unknown>;
  readonly score: { readonly params: { readonly topics: Record<string, unknown> } };
};

export class Gossip {
  readonly #service: GossipService;
  readonly #intake: Intake;
  readonly #log: NetworkLog;
  readonly #connections: Connections;
  readonly #topics = new Map<PeerId, Set<Topic>>();
  /** Messages that await their verdict; as many as the intake holds. */
  readonly #unjudged = new Map<GossipId, { readonly message: string; readonly from: unknown }>();
  /** Peers that had a gossip stream, and for how many heartbeats they have lacked one. */
  readonly #withoutStream = new Map<PeerId, number>();
  readonly #silent: SilentPeers;
  #subscribed = 0;
  #received = 0;

  constructor(
    service: GossipService,
    about: {
      readonly intake: Intake;
      readonly log: NetworkLog;
      readonly connections: Connections;
      readonly silencePatienceMs?: number | undefined;
    },
  ) {
    this.#service = service;
    this.#intake = about.intake;
    this.#log = about.log;
    this.#connections = about.connections;
    this.#silent = new SilentPeers(about.silencePatienceMs);
    service.addEventListener("subscription-change", ({ detail }) => {
      for (const { topic, subscribe } of detail.subscriptions)
        this.#subscriptionChanged(nameOf(detail.peerId), topic as Topic, subscribe);
    });
    service.addEventListener("gossipsub:message", ({ detail }) => this.#messageArrived(detail));
    service.addEventListener("gossipsub:heartbeat", () => {
      this.#checkStreams();
      this.#checkSilent();
    });
  }

  subscribe(topic: Topic): void {
    this.#subscribed += 1;
    this.#service.score.params.topics[topic] = topicScoreParams;
    this.#service.subscribe(topic);
  }

  unsubscribe(topic: Topic): void {
    this.#subscribed -= 1;
    this.#service.unsubscribe(topic);
  }

  publish(topic: Topic, message: Uint8Array): void {
    this.#service.publish(topic, message).catch((error: unknown) => {
      this.#log.warn(
        { topic, err: error },
        "a message could not be published; a sync will bring what it said",
      );
    });
  }

  judge(id: GossipId, verdict: "accept" | "ignore" | "reject"): void {
    const unjudged = this.#unjudged.get(id);
    if (unjudged === undefined) return;
    this.#unjudged.delete(id);
    this.#service.reportMessageValidationResult(unjudged.message, unjudged.from, verdict);
  }

  meshSizes(): ReadonlyMap<Topic, number> {
    return new Map(
      this.#service.getTopics().map((topic) => [topic as Topic, this.#service.getMeshPeers(topic).length]),
    );
  }

  /** A connected peer is known to speak our protocol. */
  met(peer: PeerId): void {
    if (this.#connections.isConnected(peer)) this.#silent.met(peer, performance.now());
  }

  /** A peer's last connection has ended. */
  forget(peer: PeerId): void {
    this.#silent.forget(peer);
    this.#topics.delete(peer);
  }

  #subscriptionChanged(peer: PeerId, topic: Topic, isSubscribed: boolean): void {
    if (contextOfTopic(topic) === null || !this.#connections.isConnected(peer)) return;
    const topics = this.#topics.get(peer) ?? new Set<Topic>();
    if (topics.has(topic) === isSubscribed) return;
    this.#topics.set(peer, topics);
    if (isSubscribed) topics.add(topic);
    else topics.delete(topic);
    this.#intake.push({ kind: isSubscribed ? "peer-subscribed" : "peer-unsubscribed", peer, topic }, peer);
  }

  #messageArrived(about: { propagationSource: Libp2pSource; msgId: string; msg: Message }): void {
    this.#received += 1;
    const gossip = this.#received;
    const { propagationSource: from, msgId, msg } = about;
    this.#unjudged.set(gossip, { message: msgId, from: from.toString() });
    const topic = msg.topic as Topic;
    const peer = nameOf(from);
    const isTaken = this.#intake.offer(
      { kind: "gossip", gossip, from: peer, topic, message: msg.data },
      peer,
    );
    if (!isTaken) this.judge(gossip, "ignore");
  }

  /** Nothing to hear is expected while this node has no contexts itself. */
  #checkSilent(): void {
    if (this.#subscribed === 0) return;
    const hasTopics = (peer: PeerId) => (this.#topics.get(peer)?.size ?? 0) > 0;
    for (const peer of this.#silent.overdue(performance.now(), hasTopics))
      this.#log.warn(
        { peer },
        "a connected peer has named no topics: it has no contexts, or more than gossip takes; nothing will be heard of it by gossip",
      );
  }

  /**
   * gossipsub loses a peer for good when a message breaks its stream, when one of two connections ends, or when
   * a peer comes back faster than its going is noticed. A new connection repairs all of these.
   */
  #checkStreams(): void {
    for (const peer of this.#service.streamsOutbound.keys()) this.#withoutStream.set(peer as PeerId, 0);
    for (const [peer, heartbeats] of this.#withoutStream) {
      if (this.#service.streamsOutbound.has(peer)) continue;
      if (!this.#connections.isConnected(peer)) {
        this.#withoutStream.delete(peer);
      } else if (heartbeats < missingStreamPatience) {
        this.#withoutStream.set(peer, heartbeats + 1);
      } else {
        this.#withoutStream.set(peer, 0);
        this.#log.warn({ peer }, "connected without a gossip stream: connecting anew");
        this.#connections.hangUp(peer, "no gossip stream");
      }
    }
  }
}

type Libp2pSource = Parameters<typeof nameOf>[0];
