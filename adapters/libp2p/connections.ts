/**
 * Who is connected. The core is told once when a peer comes and once when it goes, however many connections
 * there are. Dialling is the core's decision: nothing here dials by itself.
 */

import type { Connection, Libp2p, PeerId as Libp2pPeerId } from "@libp2p/interface";
import { peerIdFromString } from "@libp2p/peer-id";
import type { Multiaddr } from "@multiformats/multiaddr";
import type { PeerId } from "../../core/ids.ts";
import type { Gate, Intake, NetworkLog } from "./port.ts";

/** Both ends may dial at once; more than these connections to one peer make no sense. */
const connectionsPerPeerMax = 4;
/**
 * A peer dials only when it believes itself unconnected. One that connects although it has been connected for
 * this long has lost the older connection (it restarted, or the line died), so that one is given up.
 */
const staleAfterMs = 5_000;
const dialPatienceMs = 10_000;

export class Connections {
  readonly #libp2p: Libp2p;
  readonly #intake: Intake;
  readonly #log: NetworkLog;
  /** Addresses from the configuration; the peer store would forget them after a time. */
  readonly #bootAddresses: ReadonlyMap<PeerId, readonly Multiaddr[]>;
  readonly #open = new Map<PeerId, Set<Connection>>();
  /** As the core says; it hangs up again should one slip through. */
  readonly #refusedUntilMs = new Map<PeerId, number>();
  readonly #gone: (peer: PeerId) => void;
  #gate: Gate = () => true;

  constructor(
    libp2p: Libp2p,
    about: {
      readonly intake: Intake;
      readonly log: NetworkLog;
      readonly bootAddresses: ReadonlyMap<PeerId, readonly Multiaddr[]>;
      /** Called when a peer's last connection has ended. */
      readonly gone: (peer: PeerId) => void;
    },
  ) {
    this.#libp2p = libp2p;
    this.#intake = about.intake;
    this.#log = about.log;
    this.#bootAddresses = about.bootAddresses;
    this.#gone = about.gone;
    libp2p.addEventListener("connection:open", ({ detail }) => this.#opened(detail));
    libp2p.addEventListener("connection:close", ({ detail }) => this.#closed(detail));
    libp2p.addEventListener("peer:discovery", ({ detail }) => {
      const peer = nameOf(detail.id);
      this.#intake.push({ kind: "peer-found", peer }, peer);
    });
  }

  /** A connection that can carry streams. */
  to(peer: PeerId): Connection | undefined {
    return Array.from(this.#open.get(peer) ?? []).find(({ status }) => status === "open");
  }

  isConnected(peer: PeerId): boolean {
    return this.#open.has(peer);
  }

  /** Names the configured peers. */
  findBootPeers(): void {
    for (const peer of this.#bootAddresses.keys()) this.#intake.push({ kind: "peer-found", peer }, peer);
  }

  async dial(peer: PeerId): Promise<void> {
    try {
      const id = peerIdFromString(peer);
      const multiaddrs = this.#bootAddresses.get(peer);
      if (multiaddrs !== undefined) await this.#libp2p.peerStore.merge(id, { multiaddrs: [...multiaddrs] });
      await this.#libp2p.dial(id, { signal: AbortSignal.timeout(dialPatienceMs) });
    } catch (error) {
      this.#log.debug({ peer, err: error }, "a dial failed");
      this.#intake.push({ kind: "dial-failed", peer }, peer);
    }
  }

  /** Ends all connections to a peer, and lets it in again after so long. */
  refuse(peer: PeerId, forMs: number): void {
    const nowMs = performance.now();
    for (const [other, untilMs] of this.#refusedUntilMs)
      if (untilMs <= nowMs) this.#refusedUntilMs.delete(other);
    if (forMs > 0) this.#refusedUntilMs.set(peer, nowMs + forMs);
    this.hangUp(peer, "the core hung up");
  }

  /** Ends all connections to a peer. */
  hangUp(peer: PeerId, reason: string): void {
    for (const connection of this.#open.get(peer) ?? []) connection.abort(new Error(reason));
  }

  setGate(gate: Gate): void {
    this.#gate = gate;
    for (const peer of this.#open.keys()) if (!gate(peer)) this.hangUp(peer, "the gate is closed");
  }

  isRefused(id: Libp2pPeerId): boolean {
    const peer = nameOf(id);
    return !this.#gate(peer) || (this.#refusedUntilMs.get(peer) ?? 0) > performance.now();
  }

  #opened(connection: Connection): void {
    // Its end was told before, and will not be told again: the peer would stay connected for ever.
    if (connection.status !== "open") return;
    const peer = nameOf(connection.remotePeer);
    if (this.isRefused(connection.remotePeer)) {
      connection.abort(new Error("the gate is closed"));
      return;
    }
    const known = this.#open.get(peer);
    if (known === undefined) {
      this.#open.set(peer, new Set([connection]));
      this.#intake.push({ kind: "peer-connected", peer }, peer);
    } else if (known.size >= connectionsPerPeerMax) {
      connection.abort(new Error(`more than ${connectionsPerPeerMax} connections`));
    } else {
      this.#giveUpStale(peer, known, connection);
    }
  }

  #giveUpStale(peer: PeerId, known: Set<Connection>, fresh: Connection): void {
    const stale = [...known].filter(({ timeline }) => timeline.open < Date.now() - staleAfterMs);
    for (const connection of stale) known.delete(connection);
    known.add(fresh);
    if (stale.length === 0) return;
    this.#log.debug({ peer }, "a peer connected anew");
    this.#gone(peer);
    this.#intake.push({ kind: "peer-disconnected", peer }, peer);
    this.#intake.push({ kind: "peer-connected", peer }, peer);
    for (const connection of stale) connection.abort(new Error("the peer connected anew"));
  }

  #closed(connection: Connection): void {
    const peer = nameOf(connection.remotePeer);
    const known = this.#open.get(peer);
    if (known?.delete(connection) !== true || known.size > 0) return;
    this.#open.delete(peer);
    this.#gone(peer);
    this.#intake.push({ kind: "peer-disconnected", peer }, peer);
  }
}

/** A peer as the core names it. */
export function nameOf(id: Libp2pPeerId): PeerId {
  return id.toString() as PeerId;
}
