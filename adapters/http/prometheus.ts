/**
 * Counters, gauges and histograms in Prometheus's text format (version 0.0.4). A package for it would bring a
 * registry of its own and collectors that nobody asked for; see docs/decisions.
 */

export type Labels = Readonly<Record<string, string>>;

interface Family {
  readonly kind: "counter" | "gauge" | "histogram";
  readonly help: string;
  /** By their labels as written. */
  readonly series: Map<string, number>;
  readonly histograms: Map<string, Histogram>;
}

interface Histogram {
  readonly counts: number[];
  sum: number;
  count: number;
}

/** Seconds, from a tenth of a millisecond to half a minute. */
export const secondsBuckets: readonly number[] = [
  ...[0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30],
];
/** Of things in a batch, or milliseconds of a slow thing. */
export const countBuckets: readonly number[] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 5_000];

/** Different labels of one metric; what would be more goes together under `other`, so that peers cannot fill memory. */
const seriesMax = 5_000;

export class Registry {
  readonly #families = new Map<string, Family>();

  /** Adds to a counter. */
  add(
    name: string,
    help: string,
    { labels = {}, amount = 1 }: { labels?: Labels; amount?: number } = {},
  ): void {
    const { series } = this.#family(name, "counter", help);
    const key = seriesKey(labels, series);
    series.set(key, (series.get(key) ?? 0) + amount);
  }

  /** Sets a gauge, or a counter that is counted elsewhere. */
  set(
    name: string,
    help: string,
    { labels = {}, value, kind = "gauge" }: { labels?: Labels; value: number; kind?: "gauge" | "counter" },
  ): void {
    const { series } = this.#family(name, kind, help);
    series.set(seriesKey(labels, series), value);
  }

  /** Forgets all of a gauge, whose labels come and go. */
  clear(name: string): void {
    this.#families.get(name)?.series.clear();
  }

  /** Notes a value in a histogram. */
  observe(
    name: string,
    help: string,
    { labels = {}, value, buckets }: { labels?: Labels; value: number; buckets: readonly number[] },
  ): void {
    const { histograms } = this.#family(name, "histogram", help);
    const key = seriesKey(labels, histograms);
    const histogram = histograms.get(key) ?? { counts: buckets.map(() => 0), sum: 0, count: 0 };
    histograms.set(key, histogram);
    const place = buckets.findIndex((bound) => value <= bound);
    if (place !== -1) histogram.counts[place] = (histogram.counts[place] ?? 0) + 1;
    histogram.sum += value;
    histogram.count += 1;
    this.#buckets.set(name, buckets);
  }

  readonly #buckets = new Map<string, readonly number[]>();

  text(): string {
    const lines: string[] = [];
    for (const [name, { kind, help, series, histograms }] of this.#families) {
      lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${kind}`);
      for (const [labels, value] of series) lines.push(`${name}${braced(labels)} ${value}`);
      for (const [labels, histogram] of histograms)
        lines.push(...histogramLines(name, labels, { histogram, buckets: this.#buckets.get(name) ?? [] }));
    }
    return `${lines.join("\n")}\n`;
  }

  #family(name: string, kind: Family["kind"], help: string): Family {
    const known = this.#families.get(name);
    if (known !== undefined) return known;
    const family: Family = { kind, help, series: new Map(), histograms: new Map() };
    this.#families.set(name, family);
    return family;
  }
}

function histogramLines(
  name: string,
  labels: string,
  { histogram, buckets }: { readonly histogram: Histogram; readonly buckets: readonly number[] },
): readonly string[] {
  const { counts, sum, count } = histogram;
  let upTo = 0;
  const cumulated = buckets.map((bound, place) => {
    upTo += counts[place] ?? 0;
    return `${name}_bucket${braced(joined(labels, `le="${bound}"`))} ${upTo}`;
  });
  return [
    ...cumulated,
    `${name}_bucket${braced(joined(labels, 'le="+Inf"'))} ${count}`,
    `${name}_sum${braced(labels)} ${sum}`,
    `${name}_count${braced(labels)} ${count}`,
  ];
}

function seriesKey(labels: Labels, known: ReadonlyMap<string, unknown>): string {
  const write = (value: (own: string) => string) =>
    Object.entries(labels)
      .map(([name, own]) => `${name}="${value(own)}"`)
      .join(",");
  const key = write((own) => own.replace(/[\\"\n]/g, (found) => (found === "\n" ? "\\n" : `\\${found}`)));
  return known.has(key) || known.size < seriesMax ? key : write(() => "other");
}

function braced(labels: string): string {
  return labels === "" ? "" : `{${labels}}`;
}

function joined(labels: string, more: string): string {
  return labels === "" ? more : `${labels},${more}`;
}
