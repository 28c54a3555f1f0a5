/**
 * The terminal while it is ours: the alternate screen, so that what was there comes back. It is given back once,
 * whatever happens: at the end, on a signal, when something throws.
 */

import { writeSync } from "node:fs";

const enter = "\u001b[?1049h\u001b[2J\u001b[H";
const leave = "\u001b[?25h\u001b[?1049l";
const clear = "\u001b[2J\u001b[H";

export class Terminal {
  readonly #stdout: NodeJS.WriteStream;
  readonly #onResize: () => void;
  readonly #onExit = () => this.#giveBackNow();
  readonly #onFatal = () => this.#giveBackNow();
  #isOurs = false;

  constructor(stdout: NodeJS.WriteStream, onResize: () => void) {
    this.#stdout = stdout;
    this.#onResize = () => {
      // What wrapped or scrolled is gone for good only if all is.
      stdout.write(clear);
      onResize();
    };
  }

  /** One row stays free: a frame as high as the terminal would scroll it. */
  get size(): { readonly columns: number; readonly rows: number } {
    return { columns: this.#stdout.columns || 80, rows: Math.max(1, (this.#stdout.rows || 24) - 1) };
  }

  take(): void {
    this.#isOurs = true;
    process.once("exit", this.#onExit);
    process.once("uncaughtExceptionMonitor", this.#onFatal);
    this.#stdout.on("resize", this.#onResize);
    this.#stdout.write(enter);
  }

  giveBack(): void {
    process.off("exit", this.#onExit);
    process.off("uncaughtExceptionMonitor", this.#onFatal);
    this.#stdout.off("resize", this.#onResize);
    if (this.#isOurs) this.#stdout.write(leave);
    this.#isOurs = false;
  }

  /** Nothing asynchronous gets done any more. */
  #giveBackNow(): void {
    if (!this.#isOurs) return;
    this.#isOurs = false;
    try {
      writeSync(1, leave);
    } catch {
      // The terminal itself is gone.
    }
  }
}
