/** One line on stderr that is written over and over while something long goes on; nothing without a terminal. */

const showEveryMs = 100;

export class StatusLine {
  readonly #isShown = process.stderr.isTTY === true;
  #shownMs = 0;

  /** Shows the text, unless something was shown a moment ago. */
  show(text: () => string): void {
    const nowMs = performance.now();
    if (!this.#isShown || nowMs - this.#shownMs < showEveryMs) return;
    this.#shownMs = nowMs;
    process.stderr.write(`\r\u001b[2K${text()}`);
  }

  /** Makes room for a line of output. */
  clear(): void {
    if (this.#isShown && this.#shownMs > 0) process.stderr.write("\r\u001b[2K");
  }
}
