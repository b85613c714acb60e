export type Summary = { count: number; mean: number; p50: number; p90: number; p99: number; max: number };

/**
 * The value below which `percent` of 100 of the ascending `sorted` values lie, interpolated between neighbours:
 * numpy's default method, which vLLM's `bench serve` reports. NaN when there are no values.
 */
export const percentile = (sorted: ArrayLike<number>, percent: number): number => {
  const position = ((sorted.length - 1) * percent) / 100;
  const below = sorted[Math.floor(position)] ?? Number.NaN;
  const above = sorted[Math.ceil(position)] ?? Number.NaN;
  return below + (above - below) * (position - Math.floor(position));
};

/** Mean, percentiles and maximum of values in any order; all NaN when there are none. */
export const summarise = (values: readonly number[]): Summary => {
  const sorted = Float64Array.from(values).sort();
  return {
    count: sorted.length,
    mean: sorted.reduce((sum, value) => sum + value, 0) / sorted.length,
    p50: percentile(sorted, 50),
    p90: percentile(sorted, 90),
    p99: percentile(sorted, 99),
    max: sorted.at(-1) ?? Number.NaN,
  };
};

/** The middle value, or the mean of the two middle ones; NaN when there are no values. */
export const median = (values: readonly number[]): number => percentile(Float64Array.from(values).sort(), 50);
