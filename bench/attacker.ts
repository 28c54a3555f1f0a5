/**
 * A peer that behaves badly, as a process of its own: `attacker.ts KIND ADDRESS TOPIC`. It yields the processor to
 * the nodes it attacks, which in truth would not share one with it.
 */

import { randomBytes } from "node:crypto";
import { setPriority } from "node:os";
import { multiaddr } from "@multiformats/multiaddr";
import { publicKeyOfSeed } from "../adapters/crypto/identity.ts";
import { createSwarm } from "../adapters/libp2p/swarm.ts";
import { syncProtocol } from "../adapters/libp2p/sync-streams.ts";

const [kind = "", address = "", topic = ""] = process.argv.slice(2);
setPriority(19);
const seed = new Uint8Array(randomBytes(32));
const swarm = await createSwarm({
  keyPair: Uint8Array.of(...seed, ...publicKeyOfSeed(seed)),
  listen: [],
  mdns: false,
  gater: {},
});
await swarm.start();
let said = 0;
const attacks: Readonly<Record<string, () => Promise<void>>> = {
  /** Messages on the topic that are nothing, as fast as they go, and anew when it is hung up on. */
  junk: async () => {
    await swarm.services.gossip.publish(topic, randomBytes(1_024));
  },
  /** Streams by the thousand, on which nothing is said. */
  streams: async () => {
    const connection = await swarm.dial(multiaddr(address));
    await connection.newStream(syncProtocol, { maxOutboundStreams: 10_000 });
  },
};
const attack = attacks[kind];
if (attack === undefined) throw new Error(`no attack ${kind}`);
swarm.services.gossip.subscribe(topic);
for (;;) {
  try {
    await swarm.dial(multiaddr(address));
    await attack();
    said += 1;
    if (said % 200 === 0) process.stdout.write(`${said}\n`);
  } catch {
    // Refused: it tries again, as an attacker would.
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  if (said % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
}
