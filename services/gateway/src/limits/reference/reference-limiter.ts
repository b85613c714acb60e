import { ROOM } from '../limiter.ts';
import type { BucketDemand, BucketState, Decision, Demand, GaugeDemand, MeterDemand, Refused, Settlement } from '../limiter.ts';

/** Everything that ever changed a bucket, oldest first. */
type BucketEvent = { readonly atMs: bigint; readonly limit: bigint; readonly periodMs: bigint; readonly units: bigint };
/** All that is known of a request; what is taken, held and waited for follows from these alone. */
type Request = {
  readonly demand: Demand;
  readonly state: 'running' | 'waiting' | 'settled' | 'ran out';
  /** By meter, where it runs. */
  readonly amounts: readonly bigint[];
  /** Where it waits. */
  readonly line: string;
  readonly endsAt: number;
};
type Use = { readonly meter: string; readonly amount: bigint };

/** Prices are quarters in these tests, so that nothing here is ever rounded. */
const QUARTERS = 4n;

/**
 * What a limiter should do, as plainly as it can be said: it keeps a log of everything and adds it up anew at every
 * question, in whole numbers of any size. Slow, unbounded, and written to be read beside docs and not beside the scripts.
 */
export class ReferenceLimiter {
  readonly #leaseTtlMs: number;
  readonly #buckets = new Map<string, BucketEvent[]>();
  readonly #requests = new Map<string, Request>();
  readonly #uses: Use[] = [];
  readonly #seeded = new Set<string>();
  #clock: { at: number; lease: number } | undefined;
  nowMs: number;

  constructor(options: { leaseTtlMs: number; nowMs: number }) {
    this.#leaseTtlMs = options.leaseTtlMs;
    this.nowMs = options.nowMs;
  }

  decide(demand: Demand): Decision {
    const { buckets, meters, takes } = demand;
    const states = (): BucketState[] => buckets.map((bucket) => this.#stateOf(bucket));
    if (!takes) return { kind: 'granted', buckets: states(), outputTokens: demand.outputTokens, totalTokens: undefined, isRoomy: false };
    const leaseNow = this.#leaseTime();
    this.#endLeases(leaseNow);
    for (const bucket of buckets) this.#noteWrongClock(bucket);

    const unknown = meters.findIndex((meter) => !this.#seeded.has(meterName(meter)));
    if (unknown >= 0) return { kind: 'unseeded', index: unknown };
    const refusal = this.#firstRefusal(demand);
    if (refusal) {
      const position = refusal.line === undefined || !demand.ticket ? undefined : this.#wait(demand, refusal.line, leaseNow);
      return { kind: 'refused', buckets: states(), by: refusal.by, position };
    }

    const output = meters.map((meter) => this.#outputOf(meter, demand.outputTokens)).reduce(smaller, BigInt(demand.outputTokens));
    const amounts = meters.map((meter) => smaller(this.#room(meter), needed(meter, meter.promptMax, output)));
    const isRoomy = this.#fitsOften(demand, amounts, BigInt(ROOM) + 1n);
    for (const bucket of buckets) if (bucket.cost > 0) this.#log(bucket, BigInt(bucket.cost));
    if (namesOf(demand, true).length > 0)
      this.#requests.set(demand.id, { demand, state: 'running', amounts, line: '', endsAt: leaseNow + this.#leaseTtlMs });
    const totals = amounts.filter((_, i) => meters[i]?.unit === 'tokens');
    const [first, ...rest] = totals;
    const totalTokens = first === undefined ? undefined : Number(rest.reduce(smaller, first));
    return { kind: 'granted', buckets: states(), outputTokens: Number(output), totalTokens, isRoomy };
  }

  settle(demand: Demand, settlement: Settlement): void {
    if (!demand.takes) return;
    const request = this.#requests.get(demand.id);
    if (request?.state === 'settled') return;
    const isGranted = request?.state === 'running' || request?.state === 'ran out';
    const booked = isGranted ? request.demand : demand;
    this.#requests.set(demand.id, { demand: booked, state: 'settled', amounts: [], line: '', endsAt: 0 });
    const tokens = settlement.promptTokens + settlement.completionTokens;
    for (const bucket of booked.buckets) {
      if (bucket.cost === 0 || bucket.limit === 0) continue;
      const ofRequest = settlement.refundsRequest ? 0 : bucket.cost;
      const change = (bucket.unit === 'tokens' ? tokens : ofRequest) - (isGranted ? bucket.cost : 0);
      if (change !== 0) this.#log(bucket, BigInt(change));
    }
    for (const meter of booked.meters) {
      const amount = BigInt(meter.unit === 'tokens' ? tokens : settlement.costNanoUsd);
      if (this.#seeded.has(meterName(meter))) this.#uses.push({ meter: meterName(meter), amount });
    }
  }

  undo({ id, takes }: Demand): void {
    const request = this.#requests.get(id);
    if (!takes || !request || request.state === 'settled') return;
    this.#requests.delete(id);
    if (request.state === 'waiting') return;
    for (const bucket of request.demand.buckets) if (bucket.cost > 0 && bucket.limit > 0) this.#log(bucket, BigInt(-bucket.cost));
  }

  renew(ids: readonly string[]): void {
    const leaseNow = this.#leaseTime();
    for (const id of ids) {
      const request = this.#requests.get(id);
      if (request && hasLease(request)) this.#requests.set(id, { ...request, endsAt: leaseNow + this.#leaseTtlMs });
    }
    this.#endLeases(leaseNow);
  }

  leave({ id }: Demand): void {
    if (this.#requests.get(id)?.state === 'waiting') this.#requests.delete(id);
  }

  seedMeter(meter: MeterDemand, used: number): void {
    if (this.#seeded.has(meterName(meter))) return;
    this.#seeded.add(meterName(meter));
    this.#uses.push({ meter: meterName(meter), amount: BigInt(used) });
  }

  /** Places taken. */
  taken(scope: string, resource: string): number {
    const takes = (gauge: GaugeDemand): boolean => gauge.scope === scope && gauge.resource === resource && gauge.cost > 0;
    return this.#all('running').filter(({ demand }) => demand.gauges.some(takes)).length;
  }

  used(meter: MeterDemand): number {
    return Number(this.#used(meter));
  }

  held(meter: MeterDemand): number {
    return Number(this.#held(meter));
  }

  /** The ids of those who wait in a scope's line, sorted. */
  line(scope: string): readonly string[] {
    return this.#waiting(scope)
      .map(({ demand }) => demand.id)
      .sort();
  }

  #firstRefusal(demand: Demand): { readonly by: Refused['by']; readonly line?: string } | undefined {
    const { buckets, gauges, meters } = demand;
    const small = buckets.findIndex(({ cost, limit }) => cost > limit);
    if (small >= 0) return { by: { kind: 'bucket_too_small', index: small } };
    const fits = (meter: MeterDemand, limit: bigint): boolean =>
      quarters(meter.promptMin) + quarters(meter.perOutputToken) * smaller(1n, BigInt(demand.outputTokens)) <= limit * QUARTERS ||
      needed(meter, meter.promptMax, BigInt(demand.outputTokens)) <= limit;
    const final = meters.findIndex((meter) => !fits(meter, this.#room(meter)) && !fits(meter, BigInt(meter.limit) - this.#used(meter)));
    const usedBy = (index: number): number => (meters[index] ? Number(this.#used(meters[index])) : 0);
    if (final >= 0) return { by: { kind: 'meter', index: final, isFinal: true, used: usedBy(final) } };

    const rank = demand.ticket?.rank ?? this.nowMs;
    const line = namesOf(demand, true).find((scope) => this.#goFirst(scope, rank) > 0);
    if (line !== undefined) return { by: { kind: 'line', scope: line }, line };
    const waits = buckets.map((bucket) => (bucket.cost === 0 ? 0n : this.#waitMs(bucket)));
    const longest = waits.reduce(larger, 0n);
    const index = waits.indexOf(longest);
    if (longest > 0n) return { by: { kind: 'bucket', index, waitMs: Number(longest) }, line: buckets[index]?.scope ?? '' };
    const full = gauges.findIndex(({ scope, resource, limit, cost }) => cost > 0 && this.taken(scope, resource) >= limit);
    if (full >= 0) return { by: { kind: 'gauge', index: full }, line: gauges[full]?.scope ?? '' };
    const held = meters.findIndex((meter) => !fits(meter, this.#room(meter)));
    if (held >= 0) return { by: { kind: 'meter', index: held, isFinal: false, used: usedBy(held) }, line: meters[held]?.scope ?? '' };
    return undefined;
  }

  /** Whether so many of the same would be granted, one right after the other. */
  #fitsOften({ buckets, gauges, meters, ...demand }: Demand, amounts: readonly bigint[], times: bigint): boolean {
    const waits = namesOf({ buckets, gauges, meters, ...demand }, true).some((scope) => this.#waiting(scope).length > 0);
    const ofTokens = buckets.filter(({ unit, cost }) => unit === 'tokens' && cost > 0);
    return (
      !waits &&
      ofTokens.every((bucket) => {
        const free = BigInt(bucket.limit) * BigInt(bucket.periodMs) - this.#level(bucket).level;
        return free >= BigInt(bucket.cost) * times * BigInt(bucket.periodMs);
      }) &&
      gauges.every(({ scope, resource, limit, cost }) => cost === 0 || BigInt(this.taken(scope, resource)) + times <= BigInt(limit)) &&
      meters.every((meter, i) => this.#room(meter) >= times * (amounts[i] ?? 0n))
    );
  }

  #wait(demand: Demand, line: string, leaseNow: number): number | undefined {
    const { id, ticket } = demand;
    const known = this.#requests.get(id);
    if (!ticket || known?.state === 'running') return undefined;
    const isInLine = known?.state === 'waiting' && known.line === line;
    if (known?.state === 'waiting' && !isInLine) this.#requests.delete(id);
    if (!isInLine && this.#waiting(line).length >= ticket.depthMax) return undefined;
    this.#requests.set(id, { demand, state: 'waiting', amounts: [], line, endsAt: leaseNow + this.#leaseTtlMs });
    return this.#goFirst(line, ticket.rank);
  }

  /** Units times periods that are not refilled yet, and the time up to which that holds. */
  #level({ scope, resource, limit }: BucketDemand): { readonly level: bigint; readonly atMs: bigint } {
    let level = 0n;
    let atMs: bigint | undefined;
    const now = { atMs: BigInt(this.nowMs), limit: BigInt(limit), units: 0n };
    const events = this.#buckets.get(`${scope} ${resource}`) ?? [];
    for (const event of [...events, { ...now, periodMs: events[0]?.periodMs ?? 0n }]) {
      if (atMs === undefined || event.atMs >= atMs || atMs - event.atMs > event.periodMs) {
        if (atMs !== undefined && event.atMs > atMs) level = larger(0n, level - (event.atMs - atMs) * event.limit);
        atMs = event.atMs;
      }
      level = larger(0n, level + event.units * event.periodMs);
    }
    return { level, atMs: atMs ?? now.atMs };
  }

  #log({ scope, resource, limit, periodMs }: BucketDemand, units: bigint): void {
    const name = `${scope} ${resource}`;
    const event = { atMs: BigInt(this.nowMs), limit: BigInt(limit), periodMs: BigInt(periodMs), units };
    this.#buckets.set(name, [...(this.#buckets.get(name) ?? []), event]);
  }

  /** A clock that went back by more than a period was wrong before: that is noted as a change of nothing. */
  #noteWrongClock(bucket: BucketDemand): void {
    const last = this.#levelAt(bucket);
    if (last !== undefined && last - BigInt(this.nowMs) > BigInt(bucket.periodMs)) this.#log(bucket, 0n);
  }

  /** Up to when the log of a bucket has been followed. */
  #levelAt({ scope, resource }: BucketDemand): bigint | undefined {
    let atMs: bigint | undefined;
    for (const event of this.#buckets.get(`${scope} ${resource}`) ?? [])
      if (atMs === undefined || event.atMs >= atMs || atMs - event.atMs > event.periodMs) atMs = event.atMs;
    return atMs;
  }

  #waitMs(bucket: BucketDemand): bigint {
    const { level, atMs } = this.#level(bucket);
    const [limit, periodMs] = [BigInt(bucket.limit), BigInt(bucket.periodMs)];
    const over = level + BigInt(bucket.cost) * periodMs - limit * periodMs;
    return over <= 0n ? 0n : roundUp(over, limit) + atMs - BigInt(this.nowMs);
  }

  #stateOf(bucket: BucketDemand): BucketState {
    const { level, atMs } = this.#level(bucket);
    const [limit, periodMs] = [BigInt(bucket.limit), BigInt(bucket.periodMs)];
    const free = larger(0n, limit * periodMs - level);
    const resetMs = limit === 0n ? 0n : roundUp(level, limit) + atMs - BigInt(this.nowMs);
    return { unit: bucket.unit, limit: bucket.limit, remaining: Number(free / periodMs), resetMs: Number(resetMs) };
  }

  #used(meter: MeterDemand): bigint {
    return this.#uses.filter((use) => use.meter === meterName(meter)).reduce((sum, { amount }) => sum + amount, 0n);
  }

  #held(meter: MeterDemand): bigint {
    let sum = 0n;
    for (const { demand, amounts } of this.#all('running'))
      for (const [i, other] of demand.meters.entries()) if (meterName(other) === meterName(meter)) sum += amounts[i] ?? 0n;
    return sum;
  }

  #room(meter: MeterDemand): bigint {
    return larger(0n, BigInt(meter.limit) - this.#used(meter) - this.#held(meter));
  }

  #outputOf(meter: MeterDemand, wanted: number): bigint {
    const price = quarters(meter.perOutputToken);
    if (needed(meter, meter.promptMax, BigInt(wanted)) <= this.#room(meter) || price === 0n) return BigInt(wanted);
    return (this.#room(meter) * QUARTERS - quarters(meter.promptMin)) / price;
  }

  #leaseTime(): number {
    this.#clock ??= { at: this.nowMs, lease: this.nowMs };
    const passed = this.nowMs - this.#clock.at;
    if (passed >= 0 && passed < 500) return this.#clock.lease + passed;
    const counted = passed < 0 ? 0 : passed > 5_000 ? 1_000 : passed;
    this.#clock = { at: this.nowMs, lease: this.#clock.lease + counted };
    return this.#clock.lease;
  }

  #endLeases(leaseNow: number): void {
    for (const [id, request] of this.#requests) {
      if (!hasLease(request) || request.endsAt > leaseNow) continue;
      if (request.state === 'waiting') this.#requests.delete(id);
      else this.#requests.set(id, { ...request, state: 'ran out', amounts: [] });
    }
  }

  #all(state: Request['state']): readonly Request[] {
    return [...this.#requests.values()].filter((request) => request.state === state);
  }

  #waiting(line: string): readonly Request[] {
    return this.#all('waiting').filter((request) => request.line === line);
  }

  #goFirst(line: string, rank: number): number {
    return this.#waiting(line).filter(({ demand }) => (demand.ticket?.rank ?? 0) < rank).length;
  }
}

function hasLease({ state }: Request): boolean {
  return state === 'running' || state === 'waiting';
}

/** In the order in which a demand names its scopes; all, or those of which it takes something. */
function namesOf({ buckets, gauges, meters }: Demand, onlyTaken: boolean): readonly string[] {
  const parts = [...buckets, ...gauges, ...meters.map((meter) => ({ ...meter, cost: 1 }))];
  const names = [...new Set(parts.map(({ scope }) => scope))];
  return onlyTaken ? names.filter((name) => parts.some(({ scope, cost }) => scope === name && cost > 0)) : names;
}

function meterName({ scope, resource, period }: MeterDemand): string {
  return `${scope} ${resource} ${period}`;
}

function needed(meter: MeterDemand, prompt: number, output: bigint): bigint {
  return roundUp(quarters(prompt) + quarters(meter.perOutputToken) * output, QUARTERS);
}

function quarters(amount: number): bigint {
  return BigInt(amount * Number(QUARTERS));
}

function roundUp(amount: bigint, by: bigint): bigint {
  return (amount + by - 1n) / by;
}

function smaller(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
