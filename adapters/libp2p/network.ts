/** A driver's network on libp2p: performs effects and turns what happens into inputs. */

import { unreachable } from "../../core/assert.ts";
import type { PeerId, Topic } from "../../core/ids.ts";
import { addressesByPeer } from "./addresses.ts";
import { Connections, nameOf } from "./connections.ts";
import { Gossip } from "./gossip.ts";
import { PeerExchange, peersProtocol } from "./peer-exchange.ts";
import type { Gate, Intake, Network, NetworkEffect, NetworkLog } from "./port.ts";
import { NetworkError } from "./port.ts";
import { createSwarm, type Swarm } from "./swarm.ts";
import { SyncStreams, streamProtocols, syncProtocol } from "./sync-streams.ts";

export interface NetworkOptions {
  /** The node's Ed25519 seed and public key, 64 bytes. */
  readonly keyPair: Uint8Array;
  readonly listen: readonly string[];
  /** Multiaddresses that end in the peer's id. */
  readonly bootNodes: readonly string[];
  readonly mdns: boolean;
  /** Ask peers for theirs, and tell them of ours. */
  readonly peerExchange: boolean;
  readonly log: NetworkLog;
  /** A peer that names no topics for longer is told in the log. For tests; 30 s when nothing is said. */
  readonly silencePatienceMs?: number;
}

/** A network that is not started. */
export async function createNetwork(options: NetworkOptions): Promise<Network> {
  let connections: Connections | undefined;
  const swarm = await createSwarm({
    ...options,
    gater: {
      denyDialPeer: (id) => connections?.isRefused(id) === true,
      denyInboundEncryptedConnection: (id) => connections?.isRefused(id) === true,
      denyOutboundEncryptedConnection: (id) => connections?.isRefused(id) === true,
    },
  });
  return new Libp2pNetwork(swarm, options, (created) => {
    connections = created;
  });
}

interface Parts {
  readonly connections: Connections;
  readonly gossip: Gossip;
  readonly streams: SyncStreams;
  readonly exchange: PeerExchange | null;
}

class Libp2pNetwork implements Network {
  readonly peer: PeerId;
  readonly #swarm: Swarm;
  readonly #options: NetworkOptions;
  readonly #connected: (connections: Connections) => void;
  #parts: Parts | null = null;
  #gate: Gate = () => true;
  #isStopped = false;

  constructor(swarm: Swarm, options: NetworkOptions, connected: (connections: Connections) => void) {
    this.peer = nameOf(swarm.peerId);
    this.#swarm = swarm;
    this.#options = options;
    this.#connected = connected;
  }

  addresses(): readonly string[] {
    return this.#swarm.getMultiaddrs().map(String);
  }

  async start(driver: Intake): Promise<void> {
    const { log, bootNodes, listen, silencePatienceMs } = this.#options;
    const intake = this.#whileRunning(driver);
    const connections: Connections = new Connections(this.#swarm, {
      intake,
      log,
      bootAddresses: addressesByPeer(bootNodes),
      gone: (peer) => gossip.forget(peer),
    });
    const gossip = new Gossip(this.#swarm.services.gossip, { intake, log, connections, silencePatienceMs });
    const exchange = this.#options.peerExchange ? new PeerExchange(this.#swarm, { intake, log }) : null;
    this.#swarm.addEventListener("peer:identify", ({ detail }) => {
      if (detail.protocols.includes(syncProtocol)) gossip.met(nameOf(detail.peerId));
      if (detail.protocols.includes(peersProtocol)) exchange?.met(detail.peerId);
    });
    const streams = new SyncStreams(intake, log, (peer) => connections.to(peer));
    connections.setGate(this.#gate);
    this.#connected(connections);
    this.#parts = { connections, gossip, streams, exchange };
    for (const protocol of ["sync", "blob"] as const) {
      const { id, streamsMax } = streamProtocols[protocol];
      await this.#swarm.handle(
        id,
        (stream, connection) => streams.accept(stream, nameOf(connection.remotePeer), protocol),
        { maxInboundStreams: streamsMax, maxOutboundStreams: streamsMax },
      );
    }
    if (exchange !== null)
      await this.#swarm.handle(
        peersProtocol,
        (stream, connection) => exchange.answer(stream, connection.remotePeer),
        { maxInboundStreams: 2 },
      );
    try {
      await this.#swarm.start();
    } catch (error) {
      await this.stop();
      throw cannotListen(listen, error);
    }
    connections.findBootPeers();
  }

  perform(effect: NetworkEffect): void {
    if (this.#parts === null || this.#isStopped) return;
    const { connections, gossip, streams } = this.#parts;
    switch (effect.kind) {
      case "publish":
        return gossip.publish(effect.topic, effect.message);
      case "verdict":
        return gossip.judge(effect.gossip, effect.verdict);
      case "subscribe":
        return gossip.subscribe(effect.topic);
      case "unsubscribe":
        return gossip.unsubscribe(effect.topic);
      case "dial":
        void connections.dial(effect.peer);
        return;
      case "hang-up":
        return connections.refuse(effect.peer, effect.refuseForMs);
      case "open-stream":
        return streams.open(effect.stream, effect.peer, effect.protocol ?? "sync");
      case "send":
        return streams.send(effect.stream, effect.frame);
      case "close-stream":
        return streams.close(effect.stream);
      default:
        return unreachable(effect);
    }
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#parts?.exchange?.stop();
    await this.#swarm.stop();
  }

  meshSizes(): ReadonlyMap<Topic, number> {
    return this.#parts?.gossip.meshSizes() ?? new Map();
  }

  setGate(gate: Gate): void {
    this.#gate = gate;
    this.#parts?.connections.setGate(gate);
  }

  /** The driver hears nothing after `stop`. */
  #whileRunning(driver: Intake): Intake {
    return {
      push: (input, from) => {
        if (!this.#isStopped) driver.push(input, from);
      },
      pushWhenRoom: async (input, from) => {
        if (!this.#isStopped) await driver.pushWhenRoom(input, from);
      },
      offer: (input, from) => !this.#isStopped && driver.offer(input, from),
    };
  }
}

function cannotListen(listen: readonly string[], cause: unknown): NetworkError {
  const text = cause instanceof Error ? cause.message : String(cause);
  const where = listen.join(", ");
  if (text.includes("EADDRINUSE")) {
    const message = `cannot listen on ${where}: the port is taken; stop the program that has it or choose another swarm.port`;
    return new NetworkError("address-taken", message, cause);
  }
  const reason = /E[A-Z]{3,}[^\n]*/.exec(text)?.[0] ?? text.split("\n")[0];
  return new NetworkError(
    "address-unusable",
    `cannot listen on ${where} (${reason}): choose an address of this machine in swarm.hosts`,
    cause,
  );
}
