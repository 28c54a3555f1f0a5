/**
 * One stream as the core sees it: frames in order both ways, and one end. Frames may be sent before the
 * stream is open. The core hears of the end unless it ended the stream itself.
 */

import type { Stream } from "@libp2p/interface";
import type { PeerId } from "../../core/ids.ts";
import type { StreamId } from "../../core/input.ts";
import type { Intake, NetworkLog } from "./port.ts";
import { readFrames, writeFrame } from "./stream-frames.ts";

/** A stream whose other end does not close is cut after this. */
const closePatienceMs = 10_000;

export interface SyncStreamContext {
  /** The other end. */
  readonly peer: PeerId;
  readonly intake: Intake;
  readonly log: NetworkLog;
  /** What may wait to be sent. An honest peer asks, or gives credit, for far less. */
  readonly outgoingBytesMax: number;
  /** Nothing more happens on it. */
  readonly ended: (id: StreamId) => void;
}

export class SyncStream {
  readonly #id: StreamId;
  readonly #context: SyncStreamContext;
  readonly #outgoing: Uint8Array[] = [];
  #outgoingBytes = 0;
  #stream: Stream | null = null;
  #isWriting = false;
  /** What was sent is to leave, then the stream is to end. */
  #isEnding = false;
  /** The core has been told of the end, or wanted it. */
  #isOver = false;

  constructor(id: StreamId, context: SyncStreamContext) {
    this.#id = id;
    this.#context = context;
  }

  /** The stream is open. */
  attach(stream: Stream): void {
    this.#stream = stream;
    void this.#read(stream);
    void this.#write(stream);
  }

  send(frame: Uint8Array): void {
    if (this.#isEnding) return;
    this.#outgoing.push(frame);
    this.#outgoingBytes += frame.length;
    const { outgoingBytesMax } = this.#context;
    if (this.#outgoingBytes > outgoingBytesMax) {
      this.fail(new Error(`${this.#outgoingBytes} bytes wait to be sent, at most ${outgoingBytesMax} may`));
    } else if (this.#stream !== null) {
      void this.#write(this.#stream);
    }
  }

  /** Ends it once what was sent has left. */
  close(): void {
    this.#isOver = true;
    this.#isEnding = true;
    if (this.#stream !== null) void this.#write(this.#stream);
  }

  /** It could not be opened, or has to be cut. */
  fail(cause: Error): void {
    this.#context.log.debug({ stream: this.#id, err: cause }, "a sync stream failed");
    this.#isEnding = true;
    this.#outgoing.length = 0;
    this.#stream?.abort(cause);
    this.#tellEnd();
    this.#context.ended(this.#id);
  }

  async #read(stream: Stream): Promise<void> {
    try {
      for await (const frame of readFrames(stream)) {
        if (this.#isOver) continue;
        await this.#context.intake.pushWhenRoom(
          { kind: "stream-frame", stream: this.#id, frame },
          this.#context.peer,
        );
      }
    } catch (error) {
      if (!this.#isOver) this.fail(asError(error));
      return;
    }
    this.#tellEnd();
    this.#isEnding = true;
    void this.#write(stream);
  }

  async #write(stream: Stream): Promise<void> {
    if (this.#isWriting) return;
    this.#isWriting = true;
    try {
      for (let frame = this.#outgoing.shift(); frame !== undefined; frame = this.#outgoing.shift()) {
        await writeFrame(stream, frame);
        this.#outgoingBytes -= frame.length;
      }
      this.#isWriting = false;
      if (this.#isEnding) await this.#end(stream);
    } catch (error) {
      this.fail(asError(error));
    }
  }

  async #end(stream: Stream): Promise<void> {
    const signal = AbortSignal.timeout(closePatienceMs);
    const cut = setTimeout(() => stream.abort(new Error("the other end did not close")), closePatienceMs);
    cut.unref();
    stream.addEventListener("close", () => clearTimeout(cut), { once: true });
    if (stream.status === "closed") clearTimeout(cut);
    await stream.close({ signal });
    await stream.closeRead({ signal });
    this.#context.ended(this.#id);
  }

  #tellEnd(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#context.intake.push({ kind: "stream-closed", stream: this.#id }, this.#context.peer);
  }
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
