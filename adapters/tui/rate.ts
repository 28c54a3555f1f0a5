/** How fast a total grows: over a sliding window of whatever it grows with. */

interface Reading {
  readonly at: number;
  readonly total: number;
}

export class Rate {
  readonly #window: number;
  #readings: Reading[] = [];

  constructor(window: number) {
    this.#window = window;
  }

  add(at: number, total: number): void {
    this.#readings.push({ at, total });
    // The last reading before the window begins stays, so that the window is full.
    const first = this.#readings.findLastIndex((reading) => reading.at <= at - this.#window);
    if (first > 0) this.#readings = this.#readings.slice(first);
  }

  /** Of the total, for each unit of what it grows with; null before there is anything to tell. */
  perUnit(): number | null {
    const [first] = this.#readings;
    const last = this.#readings.at(-1);
    if (first === undefined || last === undefined || last.at <= first.at) return null;
    return (last.total - first.total) / (last.at - first.at);
  }

  /** Forgets: what comes is not to be mixed with what was. */
  restart(): void {
    this.#readings = [];
  }
}
