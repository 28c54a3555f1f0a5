/**
 * Counters, gauges and histograms over prom-client, each made when it is first used. What that package does not do: bound
 * how many series a metric may have, because labels name peers.
 */

import { Counter, Gauge, Histogram, Registry as PromRegistry } from "prom-client";

export type Labels = Readonly<Record<string, string>>;

/** Seconds, from a tenth of a millisecond to half a minute. */
export const secondsBuckets: readonly number[] = [
  ...[0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30],
];
/** Of things in a batch, or milliseconds of a slow thing. */
export const countBuckets: readonly number[] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 5_000];

/** Different labels of one metric; what would be more goes together under `other`, so that peers cannot fill memory. */
const seriesMax = 5_000;

/** A metric with the labels it has so far. */
interface Family<Metric> {
  readonly metric: Metric;
  readonly series: Set<string>;
}

export class Registry {
  readonly #registry = new PromRegistry();
  readonly #counters = new Map<string, Family<Counter>>();
  readonly #gauges = new Map<string, Family<Gauge>>();
  readonly #histograms = new Map<string, Family<Histogram>>();

  /** Adds to a counter. */
  add(
    name: string,
    help: string,
    { labels = {}, amount = 1 }: { labels?: Labels; amount?: number } = {},
  ): void {
    const family = familyOf(this.#counters, name, () => new Counter(this.#about(name, help, labels)));
    family.metric.inc(bounded(labels, family.series), amount);
  }

  /** A counter that is counted elsewhere stands at this. */
  total(name: string, help: string, value: number): void {
    const { metric } = familyOf(this.#counters, name, () => new Counter(this.#about(name, help, {})));
    metric.reset();
    metric.inc(value);
  }

  /** Sets a gauge. */
  set(name: string, help: string, { labels = {}, value }: { labels?: Labels; value: number }): void {
    const family = familyOf(this.#gauges, name, () => new Gauge(this.#about(name, help, labels)));
    family.metric.set(bounded(labels, family.series), value);
  }

  /** Forgets all of a gauge, whose labels come and go. */
  clear(name: string): void {
    const family = this.#gauges.get(name);
    family?.metric.reset();
    family?.series.clear();
  }

  /** Notes a value in a histogram. */
  observe(
    name: string,
    help: string,
    { labels = {}, value, buckets }: { labels?: Labels; value: number; buckets: readonly number[] },
  ): void {
    const family = familyOf(
      this.#histograms,
      name,
      () => new Histogram({ ...this.#about(name, help, labels), buckets: [...buckets] }),
    );
    family.metric.observe(bounded(labels, family.series), value);
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }

  #about(name: string, help: string, labels: Labels) {
    return { name, help, labelNames: Object.keys(labels), registers: [this.#registry] };
  }
}

function familyOf<Metric>(
  families: Map<string, Family<Metric>>,
  name: string,
  create: () => Metric,
): Family<Metric> {
  const known = families.get(name);
  if (known !== undefined) return known;
  const family = { metric: create(), series: new Set<string>() };
  families.set(name, family);
  return family;
}

function bounded(labels: Labels, series: Set<string>): Labels {
  const key = JSON.stringify(labels);
  if (!series.has(key) && series.size >= seriesMax)
    return Object.fromEntries(Object.keys(labels).map((name) => [name, "other"]));
  series.add(key);
  return labels;
}
