/**
 * Peers of peers: whoever connects is asked whom else it is connected to, so that nodes that share one other
 * find each other, and stay together when that one goes. What is told is only tried: a dial proves who is there.
 *
 * One frame comes back on a stream of its own: addresses, each ending in /p2p/ and the peer id, a line each.
 */

import type { Libp2p, PeerId as Libp2pPeerId, Stream } from "@libp2p/interface";
import { peerIdFromString } from "@libp2p/peer-id";
import type { PeerId } from "../../core/ids.ts";
import { addressesByPeer } from "./addresses.ts";
import { nameOf } from "./connections.ts";
import type { Intake, NetworkLog } from "./port.ts";
import { readFrames, writeFrame } from "./stream-frames.ts";

export const peersProtocol = "/reconverge/peers/1";

/** Told to one that asks, and taken from one that answers. */
const peersMax = 32;
const addressesPerPeerMax = 8;
const answerBytesMax = 65_536;
/** Who is connected to more is told of no others: gossip needs few, and all to all would be many. */
const connectedEnough = 16;
const patienceMs = 10_000;
/** Whoever connects is asked again after this, and from then on somebody every period. */
const againMs = 2_000;
const periodMs = 60_000;

export class PeerExchange {
  readonly #libp2p: Libp2p;
  readonly #intake: Intake;
  readonly #log: NetworkLog;
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #everyMinute: NodeJS.Timeout;

  constructor(libp2p: Libp2p, about: { readonly intake: Intake; readonly log: NetworkLog }) {
    this.#libp2p = libp2p;
    this.#intake = about.intake;
    this.#log = about.log;
    this.#everyMinute = setInterval(() => this.#askSomebody(), periodMs);
  }

  /** Answers on a stream that a peer opened. */
  async answer(stream: Stream, asker: Libp2pPeerId): Promise<void> {
    const cut = setTimeout(() => stream.abort(new Error("the asker did not close")), patienceMs);
    try {
      const lines: string[] = [];
      const others = this.#libp2p.getPeers().filter((peer) => !peer.equals(asker));
      for (const peer of others.slice(0, peersMax)) lines.push(...(await this.#addressesOf(peer)));
      await writeFrame(stream, new TextEncoder().encode(lines.join("\n")));
      // The asker closes: what is unread when this end does could not be read any more.
      for await (const _ of readFrames(stream)) throw new Error("an asker says nothing");
      await stream.close({ signal: AbortSignal.timeout(patienceMs) });
    } catch (error) {
      this.#gaveUp(stream, asker, error);
    } finally {
      clearTimeout(cut);
    }
  }

  /** A peer has connected: it is asked at once, and once more, as others may be connecting to it just now. */
  met(peer: Libp2pPeerId): void {
    void this.#ask(peer);
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      void this.#ask(peer);
    }, againMs);
    this.#timers.add(timer);
  }

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    clearInterval(this.#everyMinute);
  }

  #askSomebody(): void {
    const peers = this.#libp2p.getPeers();
    const [first] = peers.slice(Math.floor(Math.random() * peers.length));
    if (first !== undefined) void this.#ask(first);
  }

  /** Names to the core whom the peer tells of. */
  async #ask(peer: Libp2pPeerId): Promise<void> {
    const connected = this.#libp2p.getPeers();
    if (connected.length > connectedEnough || !connected.some((each) => each.equals(peer))) return;
    let stream: Stream | null = null;
    try {
      const signal = AbortSignal.timeout(patienceMs);
      stream = await this.#libp2p.dialProtocol(peer, peersProtocol, { signal });
      const opened = stream;
      signal.addEventListener("abort", () => opened.abort(new Error("no answer in time")), { once: true });
      for await (const frame of readFrames(stream)) {
        if (frame.length > answerBytesMax) throw new Error(`${frame.length} bytes of addresses`);
        await this.#learn(new TextDecoder().decode(frame));
        break;
      }
      await stream.close({ signal });
    } catch (error) {
      this.#gaveUp(stream, peer, error);
    }
  }

  async #addressesOf(peer: Libp2pPeerId): Promise<readonly string[]> {
    const { addresses } = await this.#libp2p.peerStore.get(peer);
    return addresses.slice(0, addressesPerPeerMax).map(({ multiaddr }) => {
      const text = multiaddr.toString();
      return text.endsWith(`/p2p/${peer}`) ? text : `${text}/p2p/${peer}`;
    });
  }

  async #learn(text: string): Promise<void> {
    const told = addressesByPeer(text.split("\n").slice(0, peersMax * addressesPerPeerMax));
    for (const [peer, multiaddrs] of Array.from(told).slice(0, peersMax)) {
      if (peer === nameOf(this.#libp2p.peerId)) continue;
      await this.#libp2p.peerStore.merge(peerIdFromString(peer), {
        multiaddrs: multiaddrs.slice(0, addressesPerPeerMax),
      });
      this.#intake.push({ kind: "peer-found", peer }, peer);
    }
  }

  #gaveUp(stream: Stream | null, id: Libp2pPeerId, error: unknown): void {
    const peer: PeerId = nameOf(id);
    this.#log.debug({ peer, err: error }, "an exchange of peers failed");
    stream?.abort(error instanceof Error ? error : new Error(String(error)));
  }
}
