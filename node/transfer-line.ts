/** How far a transfer of bytes has come, on one line of stderr that is written over; nothing without a terminal. */

const showEveryMs = 100;
const mebibyte = 1_048_576;

export class TransferLine {
  readonly #isShown = process.stderr.isTTY === true;
  readonly #startedMs = performance.now();
  readonly #what: string;
  readonly #total: number;
  readonly #before: number;
  #done: number;
  #shownMs = 0;

  /** `before`: bytes that an earlier attempt has moved. */
  constructor(what: string, { total, before = 0 }: { readonly total: number; readonly before?: number }) {
    this.#what = what;
    this.#total = total;
    this.#before = before;
    this.#done = before;
  }

  get done(): number {
    return this.#done;
  }

  moved(bytes: number): void {
    this.#done += bytes;
    const nowMs = performance.now();
    if (!this.#isShown || nowMs - this.#shownMs < showEveryMs) return;
    this.#shownMs = nowMs;
    const seconds = Math.max(0.001, (nowMs - this.#startedMs) / 1_000);
    const rate = (this.#done - this.#before) / mebibyte / seconds;
    const percent = this.#total === 0 ? 100 : Math.floor((100 * this.#done) / this.#total);
    const moved = `${(this.#done / mebibyte).toFixed(1)} of ${(this.#total / mebibyte).toFixed(1)} MiB`;
    process.stderr.write(`\r\u001b[2K${this.#what}: ${percent} %, ${moved}, ${rate.toFixed(1)} MiB/s`);
  }

  /** Makes room for a line of output. */
  clear(): void {
    if (this.#isShown && this.#shownMs > 0) process.stderr.write("\r\u001b[2K");
  }
}
