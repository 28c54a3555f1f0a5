/** Figures as the benchmarks print them. */

export function median(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** Median with the range of what was seen. */
export function spread(values: readonly number[], digits = 0): string {
  const show = (value: number) => value.toLocaleString("en", { maximumFractionDigits: digits });
  return `${show(median(values))} (${show(Math.min(...values))} to ${show(Math.max(...values))})`;
}

export function row(name: string, figure: string): void {
  process.stdout.write(`  ${name.padEnd(64)} ${figure}\n`);
}
