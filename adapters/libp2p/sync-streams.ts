/** The streams of our protocols: those the core opens (positive numbers) and those peers open (negative). */

import type { Connection, Stream } from "@libp2p/interface";
import type { PeerId } from "../../core/ids.ts";
import type { StreamId, StreamProtocol } from "../../core/input.ts";
import type { Intake, NetworkLog } from "./port.ts";
import { SyncStream } from "./sync-stream.ts";

export const syncProtocol = "/reconverge/sync/1";
/** On one connection, each way. More than the sessions a node has by default. */
export const syncStreamsMax = 64;

/** What is spoken on streams, by the name the core has for it. `streamsMax`: on one connection, each way. */
export const streamProtocols = {
  sync: { id: syncProtocol, streamsMax: syncStreamsMax, outgoingBytesMax: 33_554_432 },
  blob: { id: "/reconverge/blob/1", streamsMax: 16, outgoingBytesMax: 5_242_880 },
} as const satisfies Readonly<Record<StreamProtocol, object>>;

const openPatienceMs = 10_000;

export class SyncStreams {
  readonly #streams = new Map<StreamId, SyncStream>();
  readonly #intake: Intake;
  readonly #log: NetworkLog;
  readonly #connectionTo: (peer: PeerId) => Connection | undefined;
  #accepted = 0;

  constructor(intake: Intake, log: NetworkLog, connectionTo: (peer: PeerId) => Connection | undefined) {
    this.#intake = intake;
    this.#log = log;
    this.#connectionTo = connectionTo;
  }

  /** A peer opened a stream. */
  accept(stream: Stream, peer: PeerId, protocol: StreamProtocol): void {
    this.#accepted += 1;
    const id = -this.#accepted;
    const accepted = this.#create(id, peer, protocol);
    this.#intake.push({ kind: "stream-opened", stream: id, peer, protocol }, peer);
    accepted.attach(stream);
  }

  open(id: StreamId, peer: PeerId, protocol: StreamProtocol): void {
    const opened = this.#create(id, peer, protocol);
    const connection = this.#connectionTo(peer);
    if (connection === undefined) {
      opened.fail(new Error(`not connected to ${peer}`));
      return;
    }
    connection.newStream(streamProtocols[protocol].id, { signal: AbortSignal.timeout(openPatienceMs) }).then(
      (stream) => opened.attach(stream),
      (error) => opened.fail(error),
    );
  }

  send(id: StreamId, frame: Uint8Array): void {
    this.#streams.get(id)?.send(frame);
  }

  close(id: StreamId): void {
    this.#streams.get(id)?.close();
  }

  #create(id: StreamId, peer: PeerId, protocol: StreamProtocol): SyncStream {
    const ended = () => this.#streams.delete(id);
    const stream = new SyncStream(id, {
      ...{ peer, intake: this.#intake, log: this.#log, ended },
      outgoingBytesMax: streamProtocols[protocol].outgoingBytesMax,
    });
    this.#streams.set(id, stream);
    return stream;
  }
}
