/**
 * The trace of a run: a rolling SHA-256 over every event (sequence, time, node, input, effects), bulk bytes
 * entering by their own hash, with a checkpoint every `checkpointEvents`. Two runs with the same hash had the
 * same history; two without are bisected by their checkpoints to the first event that differs.
 */

import { toHex } from "./ids.ts";
import type { Crypto } from "./ports.ts";

export const checkpointEvents = 4_096;

/** Bytes longer than this enter by their hash. */
const inlineBytesMax = 96;

/** Told of every event with a digest of what it entered. For finding the first difference between two runs. */
export type TraceListener = (event: {
  readonly timeUs: number;
  readonly node: number;
  readonly digest32: number;
}) => void;

export class Trace {
  readonly #crypto: Crypto;
  readonly #contentIds = new WeakMap<Uint8Array, Uint8Array>();
  #buffer = new Uint8Array(1 << 18);
  #view = new DataView(this.#buffer.buffer);
  #length = 0;
  #events = 0;
  #state: Uint8Array = new Uint8Array(32);
  readonly #checkpoints: string[] = [];
  readonly #listener: TraceListener | null;

  constructor(crypto: Crypto, listener: TraceListener | null = null) {
    this.#crypto = crypto;
    this.#listener = listener;
  }

  get events(): number {
    return this.#events;
  }

  /** The hash after every full `checkpointEvents` events so far. */
  get checkpoints(): readonly string[] {
    return this.#checkpoints;
  }

  /** Enters one event: plain data, in an order of fields that its maker fixes. O(size). */
  record(timeUs: number, node: number, what: readonly unknown[]): void {
    const start = this.#length;
    this.#events += 1;
    this.#number(this.#events);
    this.#number(timeUs);
    this.#number(node);
    this.#value(what);
    this.#listener?.({ timeUs, node, digest32: this.#digestFrom(start) });
    if (this.#events % checkpointEvents === 0) {
      this.#roll();
      this.#checkpoints.push(toHex(String.fromCharCode(...this.#state)));
    }
  }

  /** The hash of everything so far: 64 hexadecimal digits. Looking changes nothing. */
  hash(): string {
    return toHex(String.fromCharCode(...this.#digest()));
  }

  /** FNV-1a over what was entered since. */
  #digestFrom(start: number): number {
    let digest = 0x811c_9dc5;
    for (let at = start; at < this.#length; at += 1)
      digest = Math.imul(digest ^ (this.#buffer[at] ?? 0), 0x0100_0193);
    return digest >>> 0;
  }

  #roll(): void {
    this.#state = this.#digest();
    this.#length = 0;
  }

  #digest(): Uint8Array {
    const content = new Uint8Array(32 + this.#length);
    content.set(this.#state);
    content.set(this.#buffer.subarray(0, this.#length), 32);
    return this.#crypto.sha256(content);
  }

  /** Each kind of value begins with a byte of its own, so that no two values enter as the same bytes. */
  #value(value: unknown): void {
    if (typeof value === "number") {
      this.#byte(5);
      this.#number(value);
    } else if (typeof value === "string") {
      this.#byte(6);
      this.#text(value);
    } else if (value instanceof Uint8Array) {
      this.#byte(7);
      this.#bytes(value);
    } else if (Array.isArray(value)) {
      this.#list(value);
    } else if (typeof value === "object" && value !== null) {
      this.#list(Object.values(value));
    } else {
      this.#byte(value === true ? 1 : value === false ? 2 : 3);
    }
  }

  #list(values: readonly unknown[]): void {
    this.#byte(4);
    this.#number(values.length);
    for (const value of values) this.#value(value);
  }

  #byte(byte: number): void {
    this.#reserve(1);
    this.#buffer[this.#length] = byte;
    this.#length += 1;
  }

  #number(value: number): void {
    this.#reserve(8);
    this.#view.setFloat64(this.#length, value);
    this.#length += 8;
  }

  #text(text: string): void {
    this.#number(text.length);
    this.#reserve(text.length * 2);
    for (let index = 0; index < text.length; index += 1) {
      const code = text.charCodeAt(index);
      this.#buffer[this.#length] = code & 0xff;
      this.#buffer[this.#length + 1] = code >> 8;
      this.#length += 2;
    }
  }

  #bytes(bytes: Uint8Array): void {
    this.#number(bytes.length);
    const content = bytes.length > inlineBytesMax ? this.#contentId(bytes) : bytes;
    this.#reserve(content.length);
    this.#buffer.set(content, this.#length);
    this.#length += content.length;
  }

  #contentId(bytes: Uint8Array): Uint8Array {
    const known = this.#contentIds.get(bytes);
    if (known !== undefined) return known;
    const id = this.#crypto.sha256(bytes);
    this.#contentIds.set(bytes, id);
    return id;
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes <= this.#buffer.length) return;
    const grown = new Uint8Array(Math.max(this.#buffer.length * 2, this.#length + bytes));
    grown.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = grown;
    this.#view = new DataView(grown.buffer);
  }
}
