/** A file that is written as a run goes on: a run leaves no time for a stream to drain, so it is written at once, in pieces. */

import { closeSync, openSync, writeSync } from "node:fs";
import { UsageError } from "./usage.ts";

const pieceCharacters = 1 << 16;

export class TraceFile {
  readonly #descriptor: number;
  readonly #name: string;
  #waiting = "";

  constructor(path: string, option = "--trace") {
    this.#name = `${option}: ${path === "" ? '""' : path}`;
    this.#descriptor = this.#trying(() => openSync(path, "w"));
  }

  write(text: string): void {
    this.#waiting += text;
    if (this.#waiting.length >= pieceCharacters) this.#flush();
  }

  close(): void {
    this.#flush();
    closeSync(this.#descriptor);
  }

  #flush(): void {
    for (let bytes = Buffer.from(this.#waiting); bytes.length > 0; ) {
      const waiting = bytes;
      bytes = waiting.subarray(this.#trying(() => writeSync(this.#descriptor, waiting)));
    }
    this.#waiting = "";
  }

  #trying(access: () => number): number {
    try {
      return access();
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      throw new UsageError(`${this.#name} cannot be written: ${code ?? message}`);
    }
  }
}
