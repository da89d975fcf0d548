// Figures, each a line of JSON on standard output after the word FIGURE.

export function figure(name: string, value: number, unit: string): void {
  console.log(`FIGURE ${JSON.stringify({ name, value: Math.round(value * 1000) / 1000, unit })}`);
}

/** The median and the 99th percentile of milliseconds. */
export function spread(name: string, times: readonly number[]): void {
  figure(`${name}, p50`, percentile(times, 0.5), "ms");
  figure(`${name}, p99`, percentile(times, 0.99), "ms");
}

/** The value that a share of all values is not above (nearest rank). */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}
