/** A file that is written as a run goes on: a run leaves no time for a stream to drain, so it is written at once, in pieces. */

import { closeSync, openSync, writeSync } from "node:fs";
import { UsageError } from "./usage.ts";

const pieceCharacters = 1 << 16;

export class TraceFile {
  readonly #descriptor: number;
  #waiting = "";

  constructor(path: string, option = "--trace") {
    try {
      this.#descriptor = openSync(path, "w");
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      throw new UsageError(`${option}: ${path} cannot be written: ${code ?? message}`);
    }
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
    for (let bytes = Buffer.from(this.#waiting); bytes.length > 0; )
      bytes = bytes.subarray(writeSync(this.#descriptor, bytes));
    this.#waiting = "";
  }
}
