/** The streams of the sync protocol: those the core opens (positive numbers) and those peers open (negative). */

import type { Connection, Stream } from "@libp2p/interface";
import type { PeerId } from "../../core/ids.ts";
import type { StreamId } from "../../core/input.ts";
import type { Intake, NetworkLog } from "./port.ts";
import { SyncStream } from "./sync-stream.ts";

export const syncProtocol = "/reconverge/sync/1";
/** On one connection, each way. More than the sessions a node has by default. */
export const syncStreamsMax = 64;

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
  accept(stream: Stream, peer: PeerId): void {
    this.#accepted += 1;
    const id = -this.#accepted;
    const accepted = this.#create(id, peer);
    this.#intake.push({ kind: "stream-opened", stream: id, peer }, peer);
    accepted.attach(stream);
  }

  open(id: StreamId, peer: PeerId): void {
    const opened = this.#create(id, peer);
    const connection = this.#connectionTo(peer);
    if (connection === undefined) {
      opened.fail(new Error(`not connected to ${peer}`));
      return;
    }
    connection.newStream(syncProtocol, { signal: AbortSignal.timeout(openPatienceMs) }).then(
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

  #create(id: StreamId, peer: PeerId): SyncStream {
    const ended = () => this.#streams.delete(id);
    const stream = new SyncStream(id, { peer, intake: this.#intake, log: this.#log, ended });
    this.#streams.set(id, stream);
    return stream;
  }
}
