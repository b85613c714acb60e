import * as fc from 'fast-check';
import type { BucketDemand, Demand, GaugeDemand, MeterDemand, Settlement, Ticket } from '../limiter.ts';

/** Of the demand that was granted last under its id, or else asked last; of this one where there is neither. */
export type Settle = { readonly kind: 'settle'; readonly demand: Demand; readonly settlement: Settlement };

/** One thing that happens to a limiter. */
export type Action =
  | { readonly kind: 'decide'; readonly demand: Demand }
  | { readonly kind: 'again'; readonly id: string }
  | Settle
  | { readonly kind: 'together'; readonly ends: readonly Settle[]; readonly demands: readonly Demand[] }
  | { readonly kind: 'undo'; readonly demand: Demand }
  | { readonly kind: 'leave'; readonly demand: Demand }
  | { readonly kind: 'renew'; readonly ids: readonly string[] }
  /** Long enough for leases to run out, while these are renewed. */
  | { readonly kind: 'pass'; readonly ids: readonly string[] }
  | { readonly kind: 'seed'; readonly meter: MeterDemand; readonly used: number }
  | { readonly kind: 'wait'; readonly ms: number };

export const SCOPES = ['key:a', 'project:b', 'organization:c'] as const;
export const GAUGES = ['concurrency', 'concurrency@chat'] as const;
export const MONTHS = ['2026-11', '2026-12'] as const;
export const METERS = [
  { resource: 'tokens', unit: 'tokens' },
  { resource: 'cost', unit: 'nanoUsd' },
] as const;

/** Few, so that they meet: requests are decided on again, settled twice, and compete. */
const IDS = ['r1', 'r2', 'r3', 'r4', 'r5', 'r6'];
const START_MS = Date.UTC(2026, 10, 21);

/** The first one most of the time. */
const scope = fc.constantFrom(SCOPES[0], SCOPES[0], SCOPES[0], SCOPES[0], SCOPES[1], SCOPES[1], SCOPES[2]);

/** Mostly the first one, so that much meets on little. */
const mostly = <Value>(usual: fc.Arbitrary<Value>, odd: fc.Arbitrary<Value>, weight = 6): fc.Arbitrary<Value> =>
  fc.oneof({ weight, arbitrary: usual }, { weight: 1, arbitrary: odd });

/** Each resource with a unit and a period of its own. */
const bucket: fc.Arbitrary<BucketDemand> = fc.oneof(
  fc.record({
    scope,
    resource: fc.constant('rpm'),
    unit: fc.constant('requests' as const),
    limit: mostly(fc.constantFrom(2, 3, 7), fc.constantFrom(0, 1, 1_000)),
    periodMs: fc.constant(60_000),
    cost: mostly(fc.constant(1), fc.constantFrom(0, 2, 3)),
  }),
  fc.record({
    scope,
    resource: fc.constant('rpd'),
    unit: fc.constant('requests' as const),
    limit: mostly(fc.constantFrom(4, 6), fc.constantFrom(0, 1, 100)),
    periodMs: fc.constant(86_400_000),
    cost: mostly(fc.constant(1), fc.constant(0)),
  }),
  fc.record({
    scope,
    resource: fc.constant('tpm'),
    unit: fc.constant('tokens' as const),
    limit: mostly(fc.constantFrom(100, 130), fc.constantFrom(0, 7, 10_000)),
    periodMs: fc.constant(60_000),
    cost: mostly(fc.constantFrom(10, 30, 60), fc.constantFrom(0, 500)),
  }),
);

const gauge: fc.Arbitrary<GaugeDemand> = fc.record({
  scope,
  resource: mostly(fc.constant(GAUGES[0]), fc.constant(GAUGES[1]), 3),
  limit: mostly(fc.constantFrom(1, 2, 2, 3), fc.constantFrom(0, 66), 10),
  cost: mostly(fc.constant(1 as const), fc.constant(0 as const)),
});

const meter: fc.Arbitrary<MeterDemand> = fc
  .record({
    scope,
    kind: fc.constantFrom(...METERS),
    period: mostly(fc.constant(MONTHS[0]), fc.constant(MONTHS[1]), 20),
    limit: mostly(fc.constantFrom(100, 200, 400), fc.constantFrom(0, 10, 3_000, 50_000)),
    promptMin: fc.integer({ min: 0, max: 20 }),
    promptMore: fc.integer({ min: 0, max: 20 }),
    price: fc.constantFrom(0, 0.25, 0.75, 1, 2.5, 7),
  })
  .map(({ scope: name, kind, period, limit, promptMin, promptMore, price }) => ({
    scope: name,
    resource: kind.resource,
    unit: kind.unit,
    period,
    expiresAt: new Date('2099-01-01'),
    limit,
    promptMin,
    promptMax: promptMin + promptMore,
    perOutputToken: kind.unit === 'tokens' ? 1 : price,
  }));

const ticket: fc.Arbitrary<Ticket> = fc.record({
  rank: fc.integer({ min: -10, max: 10 }).map((n) => START_MS + n * 1_000),
  depthMax: mostly(fc.constantFrom(2, 3), fc.constantFrom(0, 1)),
});

/** Of each scope a resource appears once, as the port promises. */
const once = <Part extends { readonly scope: string; readonly resource: string }>(part: fc.Arbitrary<Part>, maxLength: number) =>
  fc.uniqueArray(part, { maxLength, selector: ({ scope: name, resource }) => `${name} ${resource}` });

const demand: fc.Arbitrary<Demand> = fc.record({
  id: fc.constantFrom(...IDS),
  epochs: fc.constant([]),
  buckets: once(bucket, 2),
  gauges: once(gauge, 2),
  meters: once(meter, 2),
  outputTokens: mostly(fc.constantFrom(5, 20, 60, 300), fc.constantFrom(0, 1)),
  ticket: fc.option(ticket, { nil: undefined, freq: 2 }),
  takes: mostly(fc.constant(true), fc.constant(false), 15),
});

const settlement: fc.Arbitrary<Settlement> = fc.record({
  promptTokens: fc.integer({ min: 0, max: 60 }),
  completionTokens: fc.integer({ min: 0, max: 60 }),
  costNanoUsd: fc.integer({ min: 0, max: 90 }),
  refundsRequest: fc.boolean(),
});

/** Around everything that has an edge: the steps of the lease clock, leases, periods, and a clock that goes back. */
const wait = mostly(
  fc.constantFrom(0, 1, 37, 499, 500, 1_000, 2_000, 4_000, 4_000, 4_000, 4_000, 5_000),
  fc.constantFrom(5_001, 12_000, 60_000, 3_600_000, 86_400_000, -1, -700, -50_000, -90_000, -172_800_000),
  5,
);

const settle = fc.record({ kind: fc.constant('settle' as const), demand, settlement });
/** Each id once. */
const together = fc
  .uniqueArray(fc.record({ settle, isEnd: fc.boolean() }), {
    minLength: 2,
    maxLength: IDS.length,
    selector: (part) => part.settle.demand.id,
  })
  .map((parts) => ({
    kind: 'together' as const,
    ends: parts.filter(({ isEnd }) => isEnd).map((part) => part.settle),
    demands: parts.filter(({ isEnd }) => !isEnd).map((part) => part.settle.demand),
  }));
const undo = fc.record({ kind: fc.constant('undo' as const), demand });

/** What may happen to a limiter; `undo` only to one whose answers can be lost. */
export function limiterActions({ hasUndo }: { hasUndo: boolean }): fc.Arbitrary<readonly Action[]> {
  const actions: fc.WeightedArbitrary<Action>[] = [
    { weight: 10, arbitrary: demand.map((made) => ({ kind: 'decide', demand: made })) },
    // The same request once more, as those do that wait.
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('again'), id: fc.constantFrom(...IDS) }) },
    { weight: 5, arbitrary: settle },
    { weight: 5, arbitrary: together },
    { weight: 1, arbitrary: demand.map((made) => ({ kind: 'leave', demand: made })) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('renew'), ids: fc.subarray(IDS) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('pass'), ids: fc.subarray(IDS) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('seed'), meter, used: fc.constantFrom(0, 40, 95) }) },
    { weight: 5, arbitrary: wait.map((ms) => ({ kind: 'wait', ms })) },
  ];
  if (hasUndo) actions.push({ weight: 1, arbitrary: undo });
  const known: Action[] = SCOPES.flatMap((name) =>
    METERS.map((kind) => ({ kind: 'seed', meter: { ...SEED, ...kind, scope: name }, used: name === SCOPES[2] ? 90 : 0 })),
  );
  return fc.array(fc.oneof(...actions), { minLength: 10, maxLength: 60, size: 'max' }).map((random) => known.concat(random));
}

/** What a meter is seeded by. */
const SEED = { period: MONTHS[0], expiresAt: new Date('2099-01-01'), limit: 0, promptMax: 0, promptMin: 0, perOutputToken: 0 };
