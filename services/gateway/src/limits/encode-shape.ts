import type { Demand } from './limiter.ts';

type Encoded = { readonly period: string; readonly text: string };

const encodedOf = new WeakMap<object, Encoded>();

/**
 * What a demand has in common with others of its template, as the scripts read it (lua/leases.lua has the layout): JSON,
 * flat, with each scope named once. Written once for each template and month.
 */
export function encodeShape(demand: Demand): string {
  const { template } = demand;
  if (!template) return encode(demand);
  const period = demand.meters[0]?.period ?? '';
  const known = encodedOf.get(template);
  if (known?.period === period) return known.text;
  const text = encode(demand);
  encodedOf.set(template, { period, text });
  return text;
}

function encode({ epochs, buckets, gauges, meters }: Demand): string {
  const scopes: string[] = [];
  const meterKeys: string[] = [];
  const flatBuckets: (string | number)[] = [];
  for (const { scope, resource, limit, periodMs, unit } of buckets)
    flatBuckets.push(placeOf(scope, scopes), `b:${resource}`, limit, periodMs, unit === 'tokens' ? 1 : 0);
  const flatGauges: (string | number)[] = [];
  for (const { scope, resource, cost } of gauges) flatGauges.push(placeOf(scope, scopes), `g:${resource}`, cost);
  const flatMeters: (string | number)[] = [];
  for (const meter of meters)
    flatMeters.push(
      placeOf(meterKeyOf(meter), meterKeys),
      placeOf(meter.scope, scopes),
      meter.resource,
      meter.unit === 'tokens' ? 1 : 0,
      meter.limit,
    );
  const names = epochs.map(({ name }) => name);
  return JSON.stringify([names, scopes, flatBuckets, flatGauges, meterKeys, flatMeters, encodeHolds({ gauges, meters })]);
}

/** What a lease has to give back, to be kept with it: whoever ends the lease of a gateway that died knows no more. */
function encodeHolds({ gauges, meters }: Pick<Demand, 'gauges' | 'meters'>): string {
  const scopes: string[] = [];
  const meterKeys: string[] = [];
  const flatGauges = gauges.flatMap(({ scope, resource, cost }) => (cost === 0 ? [] : [placeOf(scope, scopes), `g:${resource}`]));
  const flatMeters = meters.flatMap((meter) => [placeOf(meterKeyOf(meter), meterKeys), placeOf(meter.scope, scopes), meter.resource]);
  return JSON.stringify([scopes, flatGauges, meterKeys, flatMeters]);
}

/** Meters of one scope and period are kept together. */
export function meterKeyOf({ scope, period }: { readonly scope: string; readonly period: string }): string {
  return `${scope}:${period}`;
}

/** Where a name stands in the list, counted from 1 as Lua does; at the end when it was not in it. */
function placeOf(name: string, names: string[]): number {
  const index = names.indexOf(name);
  return index === -1 ? names.push(name) : index + 1;
}
