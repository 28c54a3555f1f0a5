/**
 * A flight recording: all that came to a core from one moment on, so that the same core can be taken through it again
 * anywhere. A file begins with the node's memory at that moment; each record after it is one input, with what the
 * core read of its store and had signed meanwhile, and a digest of what it did. The node's key is not in it; what
 * clients wrote is, and so are tokens of invitations.
 *
 * On disk: `RCFLIGHT`, then records. Each is its length, the CRC-32 of what it is, and the CRC-32 of these eight bytes
 * (4 bytes each, big endian), and then its structured clone (`v8.serialize`). A file may end in the middle of a record,
 * where the node died. Files of before have no such beginning and no checksums: only lengths stand before their records.
 */

import { closeSync, openSync, readFileSync, writeSync } from "node:fs";
import { deserialize, serialize } from "node:v8";
import { crc32 } from "node:zlib";
import type { Config } from "../../core/config.ts";
import type { Input } from "../../core/input.ts";
import type { NodeMemory } from "../../core/node.ts";
import type { Now } from "../../core/ports.ts";
import { Failure } from "../failure.ts";

/** What is recorded of a core and its inputs; how that lies in a file is another matter. */
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

const beginning = Buffer.from("RCFLIGHT", "latin1");
const headerBytes = 12;
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
    this.#buffer(beginning);
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
    const header = Buffer.alloc(headerBytes);
    header.writeUInt32BE(bytes.length, 0);
    header.writeUInt32BE(crc32(bytes), lengthBytes);
    header.writeUInt32BE(crc32(header.subarray(0, 2 * lengthBytes)), 2 * lengthBytes);
    this.#buffer(header);
    this.#buffer(bytes);
  }

  #buffer(bytes: Uint8Array): void {
    this.#buffered.push(bytes);
    this.#bufferedBytes += bytes.length;
    this.#bytes += bytes.length;
  }
}

/** Throws a `Failure` for what is no recording, and for one that is not as it was written. */
export function readRecording(path: string): Recording {
  const bytes = readBytes(path);
  const { records, isTorn } = split(bytes, bytes.subarray(0, beginning.length).equals(beginning), path);
  const [start, ...inputs] = records;
  if (!isStart(start?.record))
    throw new Failure("refused", "bad-recording", `${path}: not a flight recording`);
  for (const [index, { record, from }] of inputs.entries())
    if (!isInput(record)) throw damaged(path, from, `input ${index + 1} is none`);
  return { start: start.record, inputs: inputs.map(({ record }) => record as RecordedInput), isTorn };
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

/** What a file holds. `from`: the byte at which it begins. */
interface Placed {
  readonly record: unknown;
  readonly from: number;
}

function split(
  bytes: Buffer,
  isChecked: boolean,
  path: string,
): { readonly records: readonly Placed[]; readonly isTorn: boolean } {
  const records: Placed[] = [];
  const header = isChecked ? headerBytes : lengthBytes;
  let offset = isChecked ? beginning.length : 0;
  while (offset + header <= bytes.length) {
    const name = records.length === 0 ? "what the recording starts from" : `input ${records.length}`;
    if (isChecked && !isHeaderIntact(bytes, offset)) throw damaged(path, offset, `the length of ${name}`);
    const end = offset + header + bytes.readUInt32BE(offset);
    if (end > bytes.length) break;
    const content = bytes.subarray(offset + header, end);
    if (isChecked && crc32(content) !== bytes.readUInt32BE(offset + lengthBytes))
      throw damaged(path, offset + header, `${name}, up to byte ${end - 1}`);
    records.push({ record: recordIn(content, path, { offset, name }), from: offset });
    offset = end;
  }
  return { records, isTorn: offset < bytes.length };
}

function isHeaderIntact(bytes: Buffer, offset: number): boolean {
  const checked = bytes.subarray(offset, offset + 2 * lengthBytes);
  return crc32(checked) === bytes.readUInt32BE(offset + 2 * lengthBytes);
}

function recordIn(
  content: Buffer,
  path: string,
  { offset, name }: { readonly offset: number; readonly name: string },
): unknown {
  try {
    return deserialize(content);
  } catch (error) {
    const what = `${path}: not a flight recording, or damaged at byte ${offset}, in ${name}`;
    throw new Failure("refused", "bad-recording", what, error);
  }
}

function damaged(path: string, byte: number, what: string): Failure {
  const message = `${path}: damaged at or after byte ${byte}: ${what}: it is not what the node wrote there, and nothing is replayed`;
  return new Failure("refused", "bad-recording", message);
}

/** Of what has no checksum much can be told all the same. */
function isInput(record: unknown): record is RecordedInput {
  if (typeof record !== "object" || record === null) return false;
  const { now, input, reads, signatures } = record as Partial<Record<keyof RecordedInput, unknown>>;
  const isKnown =
    typeof input === "object" && input !== null && "kind" in input && typeof input.kind === "string";
  return isKnown && typeof now === "object" && Array.isArray(reads) && Array.isArray(signatures);
}

function isStart(record: unknown): record is RecordingStart {
  return (
    typeof record === "object" && record !== null && "format" in record && record.format === recordingFormat
  );
}
