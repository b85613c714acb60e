import type { KeySnapshot } from '../keys/key-snapshot.ts';
import type { BucketDemand, Demand, MeterDemand, Ticket } from '../limits/limiter.ts';
import { monthOf } from '../limits/period.ts';
import type { PriceEstimate } from '../usage/price-book.ts';
import type { DemandTemplate } from './demand-template.ts';
import type { TokenBounds } from './token-bounds.ts';

type DemandOptions = {
  readonly id: string;
  readonly key: KeySnapshot;
  readonly epochs: Demand['epochs'];
  readonly bounds: TokenBounds;
  readonly prices: PriceEstimate;
  readonly now: Date;
  /** Places for all requests together, as things stand. */
  readonly capacity: number;
  readonly ticket: Ticket | undefined;
};

/** All requests of all gateways are counted here. Tightened when there is too much to do; see overload.ts. */
export const CAPACITY = { scope: 'capacity', resource: 'all' } as const;

/** A period's sum may still be asked for, or booked to, a while after its end. */
const METER_KEPT_MS = 7 * 24 * 60 * 60 * 1_000;

/** What one request takes, by the limits of its key. */
export function toDemand(template: DemandTemplate, options: DemandOptions): Demand {
  const { bounds } = options;
  return {
    id: options.id,
    epochs: options.epochs,
    buckets: template.buckets.map((bucket) => ({ ...bucket, cost: costOf(bucket, bounds) })),
    gauges: [...template.gauges.map((gauge) => ({ ...gauge, cost: 1 as const })), { ...CAPACITY, limit: options.capacity, cost: 1 }],
    meters: toMeters(template, options),
    outputTokens: bounds.output,
    ticket: options.ticket,
    takes: true,
    template,
  };
}

/** Looks at the same limits and takes nothing. */
export function toLook(template: DemandTemplate, options: Pick<DemandOptions, 'id' | 'epochs'>): Demand {
  return {
    id: options.id,
    epochs: options.epochs,
    buckets: template.buckets.map((bucket) => ({ ...bucket, cost: 0 })),
    gauges: [],
    meters: [],
    outputTokens: 0,
    ticket: undefined,
    takes: false,
  };
}

function costOf({ unit, limit }: Omit<BucketDemand, 'cost'>, { promptGuess, output, outputGuess }: TokenBounds): number {
  if (unit === 'requests') return 1;
  const cost = promptGuess + outputGuess;
  // Whoever named no number must not be told that it is too large.
  return outputGuess < output ? Math.min(cost, Math.max(promptGuess, limit)) : cost;
}

function toMeters({ meters }: DemandTemplate, { key, now, bounds, prices }: DemandOptions): readonly MeterDemand[] {
  if (meters.length === 0) return [];
  const month = monthOf(now, key.policy.timezone);
  const period = month.id;
  const expiresAt = new Date(month.endsAt.getTime() + METER_KEPT_MS);
  return meters.map((meter) => {
    if (meter.unit === 'tokens')
      return {
        ...meter,
        period,
        expiresAt,
        promptMax: bounds.promptMax,
        promptMin: Math.min(bounds.promptGuess, bounds.promptMax),
        perOutputToken: 1,
      };
    // Money has no runtime that stops at it, so a prompt is always reserved at its largest.
    const prompt = Math.ceil(bounds.promptMax * prices.promptNanoUsdPerToken);
    return { ...meter, period, expiresAt, promptMax: prompt, promptMin: prompt, perOutputToken: prices.outputNanoUsdPerToken };
  });
}
