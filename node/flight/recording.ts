/**
 * A flight recording: all that came to a core from one moment on, so that the same core can be taken through it again
 * anywhere. A file begins with the node's memory at that moment; each record after it is one input, with what the
 * core read of its store and had signed meanwhile, and a digest of what it did. The node's key is not in it; what
 * clients wrote is, and so are tokens of invitations.
 *
 * On disk: records, each its length (4 bytes, big endian) and its structured clone (`v8.serialize`). A file may end in
 * the middle of a record, where the node died.
 */

import { closeSync, openSync, readFileSync, writeSync } from "node:fs";
import { deserialize, serialize } from "node:v8";
import type { Config } from "../../core/config.ts";
import type { Input } from "../../core/input.ts";
import type { NodeMemory } from "../../core/node.ts";
import type { Now } from "../../core/ports.ts";
import { Failure } from "../failure.ts";

export const recordingFormat = "reconverge-flight-1";

/** What a core needs to go on from where the recording begins. */
export interface RecordingStart {
  readonly format: typeof recordingFormat;
  readonly node: string;
  readonly peer: string;
  readonly author: string;
  readonly config: Config;
  /** Absolute paths of the modules of its own applications. */
  readonly applications: readonly string[];
  readonly memory: NodeMemory;
}

/** One input, and what the core took from outside while it handled it. */
export interface RecordedInput {
  readonly now: Now;
  readonly input: Input;
  /** Of keys that were neither read nor written before in this recording. */
  readonly reads: readonly (readonly [key: string, value: Uint8Array | undefined])[];
  readonly signatures: readonly Uint8Array[];
  /** Of the input and its effects, 32 bits; null where the core threw. */
  readonly digest32: number | null;
}

export interface Recording {
  readonly start: RecordingStart;
  readonly inputs: readonly RecordedInput[];
  /** It ends in the middle of a record. */
  readonly isTorn: boolean;
}

const lengthBytes = 4;
/** Written together. */
const bufferedBytesMax = 262_144;

export class RecordingFile {
  readonly #file: number;
  #buffered: Uint8Array[] = [];
  #bufferedBytes = 0;
  #bytes = 0;

  /** Makes the file, which must not be there. */
  constructor(path: string, start: RecordingStart) {
    this.#file = openSync(path, "wx");
    this.#append(start);
  }

  /** In bytes, what is not yet written included. */
  get size(): number {
    return this.#bytes;
  }

  add(record: RecordedInput): void {
    this.#append(record);
    if (this.#bufferedBytes > bufferedBytesMax) this.flush();
  }

  flush(): void {
    if (this.#bufferedBytes === 0) return;
    const bytes = Buffer.concat(this.#buffered);
    this.#buffered = [];
    this.#bufferedBytes = 0;
    for (let written = 0; written < bytes.length; ) written += writeSync(this.#file, bytes, written);
  }

  close(): void {
    this.flush();
    closeSync(this.#file);
  }

  #append(record: RecordingStart | RecordedInput): void {
    const bytes = serialize(record);
    const length = new Uint8Array(lengthBytes);
    new DataView(length.buffer).setUint32(0, bytes.length);
    this.#buffered.push(length, bytes);
    this.#bufferedBytes += lengthBytes + bytes.length;
    this.#bytes += lengthBytes + bytes.length;
  }
}

/** Throws a `Failure` for what is no recording. */
export function readRecording(path: string): Recording {
  const { records, isTorn } = split(readBytes(path), path);
  const [start, ...inputs] = records;
  if (!isStart(start)) throw new Failure("refused", "bad-recording", `${path}: not a flight recording`);
  return { start, inputs: inputs as readonly RecordedInput[], isTorn };
}

function readBytes(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    const why = error instanceof Error && "code" in error ? String(error.code) : "";
    const what = why === "ENOENT" ? "there is no such file" : `cannot be read (${why})`;
    throw new Failure("refused", "bad-recording", `${path}: ${what}`, error);
  }
}

function split(
  bytes: Buffer,
  path: string,
): { readonly records: readonly unknown[]; readonly isTorn: boolean } {
  const records: unknown[] = [];
  let offset = 0;
  while (offset + lengthBytes <= bytes.length) {
    const end = offset + lengthBytes + bytes.readUInt32BE(offset);
    if (end > bytes.length) break;
    try {
      records.push(deserialize(bytes.subarray(offset + lengthBytes, end)));
    } catch (error) {
      const message = `${path}: not a flight recording, or damaged at byte ${offset}`;
      throw new Failure("refused", "bad-recording", message, error);
    }
    offset = end;
  }
  return { records, isTorn: offset < bytes.length };
}

function isStart(record: unknown): record is RecordingStart {
  return (
    typeof record === "object" && record !== null && "format" in record && record.format === recordingFormat
  );
}
