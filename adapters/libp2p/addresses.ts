/** Addresses of peers, as people write them. Loads little, so that a command can check them quickly. */

import { CODE_P2P, type Multiaddr, multiaddr } from "@multiformats/multiaddr";
import type { PeerId } from "../../core/ids.ts";

/** What is wrong with the address of a peer, as an expectation, or null. */
export function peerAddressExpectation(address: string): string | null {
  return peerOf(address) === null ? "an address like /ip4/192.0.2.1/tcp/2428/p2p/12D3Koo…" : null;
}

/** The addresses of each peer. What is no peer's address is left out. */
export function addressesByPeer(addresses: readonly string[]): ReadonlyMap<PeerId, readonly Multiaddr[]> {
  const byPeer = new Map<PeerId, Multiaddr[]>();
  for (const address of addresses) {
    const peer = peerOf(address);
    if (peer === null) continue;
    byPeer.set(peer, [...(byPeer.get(peer) ?? []), multiaddr(address)]);
  }
  return byPeer;
}

/** The peer that a multiaddress ends in, or null. */
function peerOf(address: string): PeerId | null {
  const last = parse(address)?.getComponents().at(-1);
  return last?.code === CODE_P2P && last.value !== undefined ? (last.value as PeerId) : null;
}

function parse(address: string): Multiaddr | null {
  try {
    return multiaddr(address);
  } catch {
    return null; // The package says "not an address" by throwing.
  }
}
