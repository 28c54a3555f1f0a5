/** How a count went over the whole run: its mean in each of equal parts of it. */

const partsInRun = 480;

export class History {
  readonly #untilUs: number;
  readonly #sums = new Float64Array(partsInRun);
  readonly #samples = new Float64Array(partsInRun);
  #last = 0;

  constructor(untilUs: number) {
    this.#untilUs = Math.max(untilUs, 1);
  }

  add(timeUs: number, count: number): void {
    const part = this.#partOf(timeUs);
    // What was leapt over is as it was before.
    for (let skipped = this.#last + 1; skipped < part; skipped += 1) {
      this.#sums[skipped] = this.#mean(this.#last);
      this.#samples[skipped] = 1;
    }
    this.#sums[part] = (this.#sums[part] ?? 0) + count;
    this.#samples[part] = (this.#samples[part] ?? 0) + 1;
    this.#last = part;
  }

  /** Another, which begins with what this one has up to a time. */
  until(timeUs: number): History {
    const copy = new History(this.#untilUs);
    const last = Math.min(this.#last, this.#partOf(timeUs));
    copy.#sums.set(this.#sums.subarray(0, last + 1));
    copy.#samples.set(this.#samples.subarray(0, last + 1));
    copy.#last = last;
    return copy;
  }

  /** Of a run that ends then. Null for the parts that were not reached. */
  means(endUs = this.#untilUs): readonly (number | null)[] {
    const parts = this.#samples.subarray(0, this.#partOf(endUs) + 1);
    return Array.from(parts, (samples, part) => (samples === 0 ? null : this.#mean(part)));
  }

  #partOf(timeUs: number): number {
    return Math.min(partsInRun - 1, Math.floor((timeUs / this.#untilUs) * partsInRun));
  }

  #mean(part: number): number {
    const samples = this.#samples[part] ?? 0;
    return samples === 0 ? 0 : (this.#sums[part] ?? 0) / samples;
  }
}
