import type { Demand } from './limiter.ts';

/**
 * What one of several gateways may take while it can ask nobody: each limit divided by their number, rounded down, so
 * that together they stay within it. A limit smaller than that number is still one for each, because a client whose
 * gateway has a share of nothing would be shut out for as long as Redis is away; together that may be one too many for
 * each gateway but the first. Sums over a month are never rounded up: they cost money. A limit of nothing stays nothing.
 *
 * A meter of the result is to be seeded with its use divided in the same way, rounded up.
 */
export function divideDemand(demand: Demand, gateways: number): Demand {
  const share = (limit: number): number => Math.min(limit, Math.max(1, Math.floor(limit / gateways)));
  return {
    ...demand,
    template: undefined,
    buckets: demand.buckets.map((bucket) => ({ ...bucket, limit: share(bucket.limit) })),
    gauges: demand.gauges.map((gauge) => ({ ...gauge, limit: share(gauge.limit) })),
    meters: demand.meters.map((meter) => ({ ...meter, limit: Math.floor(meter.limit / gateways) })),
  };
}
