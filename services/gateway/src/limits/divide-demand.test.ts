import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { divideDemand } from './divide-demand.ts';
import type { Demand } from './limiter.ts';

function demand(limit: number): Demand {
  return {
    id: 'request',
    epochs: [],
    buckets: [{ scope: 'key:a', resource: 'rpm', unit: 'requests', limit, periodMs: 60_000, cost: 1 }],
    gauges: [{ scope: 'key:a', resource: 'concurrency', limit, cost: 1 }],
    meters: [
      {
        scope: 'key:a',
        resource: 'tokens',
        unit: 'tokens',
        period: '2026-11',
        expiresAt: new Date('2026-12-08'),
        limit,
        promptMax: 10,
        promptMin: 1,
        perOutputToken: 1,
      },
    ],
    outputTokens: 10,
    ticket: undefined,
    takes: true,
  };
}

const limitsOf = ({ buckets, gauges, meters }: Demand): (number | undefined)[] => [buckets[0]?.limit, gauges[0]?.limit, meters[0]?.limit];

describe('the share of one gateway', () => {
  test('is the limit divided by the gateways, rounded down', () => {
    expect(limitsOf(divideDemand(demand(10), 3))).toEqual([3, 3, 3]);
  });

  test('is the whole limit where there is one gateway', () => {
    expect(divideDemand(demand(7), 1)).toEqual(demand(7));
  });

  test('is at least one request at a time and one a period, but no free tokens', () => {
    expect(limitsOf(divideDemand(demand(2), 3))).toEqual([1, 1, 0]);
  });

  test('of nothing is nothing', () => {
    expect(limitsOf(divideDemand(demand(0), 3))).toEqual([0, 0, 0]);
  });

  test('adds up to no more than the limit, or one for each gateway', () => {
    fc.assert(
      fc.property(fc.nat(1_000_000), fc.integer({ min: 1, max: 50 }), (limit, gateways) => {
        const [bucket = 0, gauge = 0, meter = 0] = limitsOf(divideDemand(demand(limit), gateways));
        expect(Math.max(bucket, gauge) * gateways).toBeLessThanOrEqual(Math.max(limit, gateways));
        expect(meter * gateways).toBeLessThanOrEqual(limit);
      }),
    );
  });
});
