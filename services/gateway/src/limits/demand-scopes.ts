import type { Demand } from './limiter.ts';

/** Each scope of a demand once, in the order in which its buckets, gauges and meters name them. */
export function scopesOf({ buckets, gauges, meters }: Demand): readonly string[] {
  return [...new Set([...buckets, ...gauges, ...meters].map(({ scope }) => scope))];
}

/** Those of which something is taken, in the same order: whoever waits in their lines goes first. */
export function takenScopesOf(demand: Demand): readonly string[] {
  const taken = new Set(demand.meters.map(({ scope }) => scope));
  for (const { scope, cost } of [...demand.buckets, ...demand.gauges]) if (cost > 0) taken.add(scope);
  return scopesOf(demand).filter((scope) => taken.has(scope));
}
