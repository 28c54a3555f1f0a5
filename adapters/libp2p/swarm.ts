/** The libp2p node itself: transports, limits and services. */

import "./promise-with-resolvers.ts";
import { gossipsub } from "@chainsafe/libp2p-gossipsub";
import { noise } from "@chainsafe/libp2p-noise";
import { privateKeyFromRaw } from "@libp2p/crypto/keys";
import { type Identify, identify } from "@libp2p/identify";
import type { ConnectionGater, Libp2p } from "@libp2p/interface";
import { mdns } from "@libp2p/mdns";
import { tcp } from "@libp2p/tcp";
import { createLibp2p } from "libp2p";
import type { GossipService } from "./gossip.ts";
import { gossipOptions } from "./gossip-options.ts";
import { muxer } from "./muxer.ts";

export interface SwarmOptions {
  /** The node's Ed25519 seed and public key, 64 bytes: the peer id follows from the public key. */
  readonly keyPair: Uint8Array;
  /** Multiaddresses to listen on. */
  readonly listen: readonly string[];
  /** Find peers in the local network. */
  readonly mdns: boolean;
  readonly gater: ConnectionGater;
}

type Services = { readonly identify: Identify; readonly gossip: GossipService };
export type Swarm = Libp2p<Services>;

const monthMs = 30 * 24 * 3_600_000;

/** A node that is not started: its listeners can be attached before anything happens. */
export async function createSwarm(options: SwarmOptions): Promise<Swarm> {
  return await createLibp2p<Services>({
    start: false,
    privateKey: privateKeyFromRaw(options.keyPair),
    nodeInfo: { name: "reconverge", version: "1", userAgent: "reconverge/1" },
    addresses: { listen: [...options.listen] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    // A paused stream may hold 4 MiB before libp2p cuts it, so a peer may have less than that under way.
    streamMuxers: [muxer({ streamOptions: { maxStreamWindowSize: 1_048_576 } })],
    connectionManager: {
      maxConnections: 300,
      // Per host and second; the default of 5 keeps nodes on one machine apart.
      inboundConnectionThreshold: 100,
      maxIncomingPendingConnections: 50,
      // Redialling is the core's decision.
      reconnectRetries: 0,
    },
    connectionMonitor: { pingInterval: 10_000, pingTimeout: { minTimeout: 10_000 } },
    connectionGater: options.gater,
    // A member that was away for long is still dialled where it was seen last.
    peerStore: { maxAddressAge: monthMs, maxPeerAge: monthMs },
    peerDiscovery: options.mdns ? [mdns({ serviceTag: "_reconverge._udp.local" })] : [],
    services: {
      identify: identify(),
      gossip: (components) => gossipsub(gossipOptions)(components) as GossipService,
    },
  });
}
