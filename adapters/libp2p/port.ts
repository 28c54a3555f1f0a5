/** What passes between a driver and its network: effects one way, inputs the other. */

import type { Effect } from "../../core/effect.ts";
import type { PeerId, Topic } from "../../core/ids.ts";
import type { ChunkInput, Input } from "../../core/input.ts";

export type NetworkEffect = Extract<
  Effect,
  {
    kind:
      | "publish"
      | "verdict"
      | "subscribe"
      | "unsubscribe"
      | "dial"
      | "hang-up"
      | "open-stream"
      | "send"
      | "close-stream";
  }
>;

export type NetworkInput = Exclude<Input, { kind: "start" | "stop" | "woken" | "request" } | ChunkInput>;

/** Where inputs go, each with the peer it is of. Bounded: what can wait is made to wait, and what cannot is refused. */
export interface Intake {
  /** Takes what may not be lost: who is there, and which streams begin and end. */
  push(input: NetworkInput, from: PeerId): void;
  /** Takes a frame. Resolves when the next may be read. */
  pushWhenRoom(input: NetworkInput, from: PeerId): Promise<void>;
  /** Takes a gossip message, or says no: then it is lost here, and a sync brings what it said. */
  offer(input: NetworkInput, from: PeerId): boolean;
}

/** True for a peer one may be connected to. */
export type Gate = (peer: PeerId) => boolean;

/** The connections, streams and topics of one node. */
export interface Network {
  readonly peer: PeerId;
  /** Where it can be reached, once started. */
  addresses(): readonly string[];
  /** Listens, and begins to find peers. Rejects with a `NetworkError`. */
  start(intake: Intake): Promise<void>;
  perform(effect: NetworkEffect): void;
  /** Ends all connections. No input comes after it. */
  stop(): Promise<void>;
  /** How many peers each topic's messages are exchanged with directly. */
  meshSizes(): ReadonlyMap<Topic, number>;
  /** Cuts the connections to peers it refuses, and lets none of them in until it is changed. For tests of partitions. */
  setGate(gate: Gate): void;
}

/** The world's trouble with the network. The message is one sentence for people. */
export class NetworkError extends Error {
  override readonly name = "NetworkError";
  readonly code: "address-taken" | "address-unusable";

  constructor(code: NetworkError["code"], message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

/** For trouble with single peers, which the protocol heals. */
export interface NetworkLog {
  debug(about: Readonly<Record<string, unknown>>, message: string): void;
  warn(about: Readonly<Record<string, unknown>>, message: string): void;
}
