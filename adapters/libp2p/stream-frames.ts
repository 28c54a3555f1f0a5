/**
 * Whole frames over a libp2p stream, each with its length before it (unsigned varint), read no faster than they
 * are taken and written no faster than they leave.
 *
 * libp2p's own iterator over a stream buffers without bound and its `onDrain` resolves once for good, so both
 * directions go by the stream's events here.
 */

import type { Stream, StreamCloseEvent, StreamMessageEvent } from "@libp2p/interface";
import { decode, encode } from "it-length-prefixed";
import { frameBytesMax } from "../../core/limits.ts";

/** The package's own bound, for both directions, is 4 MB. */
const frameBounds = { maxDataLength: frameBytesMax };

/** The frames a peer sends, until it ends the stream. Throws when it breaks it or announces too large a frame. */
export async function* readFrames(stream: Stream): AsyncGenerator<Uint8Array> {
  for await (const frame of decode(readChunks(stream), frameBounds)) yield frame.subarray();
}

/** Hands a frame to the stream; resolves once it has left, or the stream has ended. */
export async function writeFrame(stream: Stream, frame: Uint8Array): Promise<void> {
  stream.send(encode.single(frame, frameBounds));
  while (stream.status === "open" && (stream.writeBufferLength > 0 || stream.writableNeedsDrain)) {
    await firstOf(stream, ["drain", "idle", "close"]);
  }
}

/** What arrives, with the stream paused while a chunk is being worked on. */
async function* readChunks(stream: Stream): AsyncGenerator<StreamMessageEvent["data"]> {
  const chunks: StreamMessageEvent["data"][] = [];
  let isOver = stream.readableEnded;
  let failure: Error | undefined;
  let wake = () => {};
  const onMessage = (event: StreamMessageEvent) => {
    chunks.push(event.data);
    if (stream.readStatus === "readable") stream.pause();
    wake();
  };
  const onEnd = () => {
    isOver = true;
    wake();
  };
  const onClose = (event: StreamCloseEvent) => {
    failure = event.error;
    // A stream that closed in good order may still hold what was not read; `end` follows once it is.
    if (failure !== undefined || stream.readBufferLength === 0) isOver = true;
    wake();
  };
  stream.addEventListener("message", onMessage);
  stream.addEventListener("end", onEnd);
  stream.addEventListener("close", onClose);
  try {
    while (true) {
      const chunk = chunks.shift();
      if (chunk !== undefined) {
        yield chunk;
      } else if (failure !== undefined) {
        throw failure;
      } else if (isOver) {
        return;
      } else {
        const somethingNew = new Promise<void>((resolve) => {
          wake = resolve;
        });
        if (stream.readStatus === "paused") stream.resume();
        await somethingNew;
      }
    }
  } finally {
    stream.removeEventListener("message", onMessage);
    stream.removeEventListener("end", onEnd);
    stream.removeEventListener("close", onClose);
  }
}

function firstOf(stream: Stream, events: readonly ("drain" | "idle" | "close")[]): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      for (const event of events) stream.removeEventListener(event, done);
      resolve();
    };
    for (const event of events) stream.addEventListener(event, done);
  });
}
