import type { Clock } from '@sluice/platform/clock';
import { drain, fill, stateOf, waitMsFor, type BucketLevel } from './bucket-level.ts';
import { takenScopesOf } from './demand-scopes.ts';
import { fitMeters, type Fit, type MeterSum } from './fit-meters.ts';
import { LeaseClock } from './lease-clock.ts';
import {
  ROOM,
  type BucketState,
  type Decision,
  type Demand,
  type Limiter,
  type MeterDemand,
  type Refused,
  type Settlement,
} from './limiter.ts';
import { LocalScopes } from './local-scopes.ts';

type LocalLimiterOptions = {
  readonly leaseTtlMs: number;
  readonly clock: Pick<Clock, 'now'>;
  /** Told of a scope that others wait for, when something was given back in it. */
  readonly onWake?: (scope: string) => void;
  readonly scopesMax?: number;
};

type Grant = { readonly kind: 'granted'; readonly demand: Demand; readonly amounts: readonly number[]; readonly endsAtMs: number };
type Wait = { readonly kind: 'waiting'; readonly scope: string; readonly endsAtMs: number };
type Meter = MeterSum & { readonly expiresAtMs: number };
/** Why a request is refused, and the scope in whose line it could wait, if waiting helps. */
type Refusal = { readonly kind: 'refused'; readonly by: Refused['by']; readonly scope?: string | undefined };
type Fitting = Extract<Fit, { kind: 'fits' }>;

/** Under 1 kB each. */
const SCOPES_MAX = 50_000;
const METERS_MAX = 50_000;
/** Leases that ended, so that a second settlement is known as one. */
const ENDED_MAX = 20_000;

/** The limits of one process, in memory: the same rules as in Redis, shared with nobody. It knows of no epochs. */
export class LocalLimiter implements Limiter {
  readonly #leaseTtlMs: number;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #onWake: (scope: string) => void;
  readonly #scopes: LocalScopes;
  readonly #meters = new Map<string, Meter>();
  readonly #leaseClock = new LeaseClock();
  /** In the order in which they end: each renewal moves a lease to the back. */
  readonly #leases = new Map<string, Grant | Wait>();
  /** With the demand where the lease ran out, and what was used is yet to be told. */
  readonly #ended = new Map<string, Demand | undefined>();

  constructor({ leaseTtlMs, clock, onWake = () => {}, scopesMax = SCOPES_MAX }: LocalLimiterOptions) {
    this.#leaseTtlMs = leaseTtlMs;
    this.#clock = clock;
    this.#onWake = onWake;
    this.#scopes = new LocalScopes(scopesMax);
  }

  async decide(demand: Demand): Promise<Decision> {
    const nowMs = this.#clock.now().getTime();
    const { buckets, meters, outputTokens, takes } = demand;
    const levels = buckets.map((bucket) => drain(this.#scopes.peek(bucket.scope)?.levels.get(bucket.resource), bucket, nowMs));
    const states = (): BucketState[] => levels.flatMap((level, i) => (buckets[i] ? [stateOf(level, buckets[i], nowMs)] : []));
    if (!takes) return { kind: 'granted', buckets: states(), outputTokens, totalTokens: undefined, isRoomy: false };

    const leaseNowMs = this.#leaseClock.read(nowMs);
    this.#reap(leaseNowMs);
    for (const [i, { scope, resource }] of buckets.entries()) this.#repair(scope, resource, levels[i]);
    const unseeded = meters.findIndex((meter) => !this.#meterOf(meter, nowMs));
    if (unseeded !== -1) return { kind: 'unseeded', index: unseeded };
    const answer = this.#weigh(demand, levels, nowMs);
    if (answer.kind === 'refused') {
      const { by, scope } = answer;
      return { kind: 'refused', buckets: states(), by, position: scope === undefined ? undefined : this.#join(demand, scope, leaseNowMs) };
    }

    const isRoomy = this.#isRoomy(demand, levels, answer.amounts, nowMs);
    for (const [i, bucket] of buckets.entries()) {
      const level = levels[i];
      if (bucket.cost === 0 || !level) continue;
      levels[i] = fill(level, bucket, bucket.cost);
      this.#scopes.use(bucket.scope).levels.set(bucket.resource, levels[i]);
    }
    for (const { scope, resource, cost } of demand.gauges)
      if (cost > 0) this.#scopes.use(scope).taken.set(resource, this.#taken(scope, resource) + 1);
    for (const [i, meter] of meters.entries()) this.#changeMeter(meter, { used: 0, held: answer.amounts[i] ?? 0 });
    if (takenScopesOf(demand).length > 0) this.#lease(demand, answer.amounts, leaseNowMs);
    const ofTokens = answer.amounts.filter((_, i) => meters[i]?.unit === 'tokens');
    const totalTokens = ofTokens.length === 0 ? undefined : Math.min(...ofTokens);
    return { kind: 'granted', buckets: states(), outputTokens: answer.outputTokens, totalTokens, isRoomy };
  }

  async settle(demand: Demand, settlement: Settlement): Promise<void> {
    const { id } = demand;
    const lease = this.#leases.get(id);
    const wasSettled = this.#ended.has(id) && this.#ended.get(id) === undefined;
    if (!demand.takes || (!lease && wasSettled)) return;
    const ranOut = lease ? undefined : this.#ended.get(id);
    this.#leases.delete(id);
    this.#end(id, undefined);
    if (lease?.kind === 'waiting') this.#leaveLine(id, lease.scope);
    if (lease?.kind === 'granted') this.#giveBack(lease);
    const booked = lease?.kind === 'granted' ? lease.demand : ranOut;
    this.#book(booked ?? demand, settlement, booked !== undefined);
  }

  async renew(ids: readonly string[]): Promise<void> {
    const leaseNowMs = this.#leaseClock.read(this.#clock.now().getTime());
    for (const id of ids) {
      const lease = this.#leases.get(id);
      if (!lease) continue;
      this.#leases.delete(id);
      this.#leases.set(id, { ...lease, endsAtMs: leaseNowMs + this.#leaseTtlMs });
    }
    this.#reap(leaseNowMs);
  }

  async leave({ id }: Demand): Promise<void> {
    const lease = this.#leases.get(id);
    if (lease?.kind !== 'waiting') return;
    this.#leases.delete(id);
    this.#leaveLine(id, lease.scope);
  }

  async seedMeter(meter: MeterDemand, used: number): Promise<void> {
    const key = meterKeyOf(meter);
    if (this.#meterOf(meter, this.#clock.now().getTime())) return;
    this.#meters.set(key, { used, held: 0, expiresAtMs: meter.expiresAt.getTime() });
    for (const oldest of this.#meters.keys()) {
      if (this.#meters.size <= METERS_MAX) break;
      this.#meters.delete(oldest);
    }
  }

  /** Every sum is asked for again. To be called when it may have changed elsewhere. */
  forgetMeters(): void {
    this.#meters.clear();
  }

  /** Writes down that a level stands for an earlier time than it seemed to: the clock was ahead then. */
  #repair(scope: string, resource: string, level: BucketLevel | undefined): void {
    const levels = this.#scopes.peek(scope)?.levels;
    const stored = levels?.get(resource);
    if (stored && level && stored.atMs > level.atMs) levels?.set(resource, level);
  }

  /** Whether everything fits and nobody goes first. Of several reasons, one that no waiting helps against is told. */
  #weigh(demand: Demand, levels: readonly BucketLevel[], nowMs: number): Fitting | Refusal {
    const { buckets, gauges, meters } = demand;
    const waitsMs = levels.map((level, i) => (buckets[i]?.cost ? waitMsFor(buckets[i].cost, level, buckets[i], nowMs) : 0));
    const tooSmall = waitsMs.indexOf(Infinity);
    if (tooSmall !== -1) return { kind: 'refused', by: { kind: 'bucket_too_small', index: tooSmall } };
    const sums = meters.flatMap((meter) => this.#meterOf(meter, nowMs) ?? []);
    const fit = fitMeters(meters, sums, demand.outputTokens);
    if (fit.kind === 'refused' && fit.isFinal) return { kind: 'refused', by: { ...fit, kind: 'meter' } };

    const rank = demand.ticket?.rank ?? nowMs;
    for (const scope of takenScopesOf(demand))
      if (this.#goFirst(scope, rank) > 0) return { kind: 'refused', by: { kind: 'line', scope }, scope };
    const waitMs = Math.max(0, ...waitsMs);
    const longest = waitsMs.indexOf(waitMs);
    if (waitMs > 0) return { kind: 'refused', by: { kind: 'bucket', index: longest, waitMs }, scope: buckets[longest]?.scope };
    const full = gauges.findIndex(({ scope, resource, limit, cost }) => cost > 0 && this.#taken(scope, resource) + 1 > limit);
    if (full !== -1) return { kind: 'refused', by: { kind: 'gauge', index: full }, scope: gauges[full]?.scope };
    return fit.kind === 'fits' ? fit : { kind: 'refused', by: { ...fit, kind: 'meter' }, scope: meters[fit.index]?.scope };
  }

  /** Whether so many more of the same would be granted after this one. */
  #isRoomy(demand: Demand, levels: readonly BucketLevel[], amounts: readonly number[], nowMs: number): boolean {
    const { buckets, gauges, meters } = demand;
    const isLevelRoomy = (level: BucketLevel, i: number): boolean => {
      const bucket = buckets[i];
      return !bucket?.cost || bucket.unit === 'requests' || waitMsFor((ROOM + 1) * bucket.cost, level, bucket, nowMs) <= 0;
    };
    return (
      takenScopesOf(demand).every((scope) => !this.#scopes.peek(scope)?.line.size) &&
      levels.every(isLevelRoomy) &&
      gauges.every(({ scope, resource, limit, cost }) => cost === 0 || this.#taken(scope, resource) + ROOM + 1 <= limit) &&
      meters.every((meter, i) => {
        const { used, held } = this.#meterOf(meter, nowMs) ?? { used: 0, held: 0 };
        return Math.max(0, meter.limit - used - held) >= (ROOM + 1) * (amounts[i] ?? 0);
      })
    );
  }

  /** Takes a place in the scope's line; answers how many go first, or nothing when there is no place or no ticket. */
  #join({ id, ticket }: Demand, scope: string, leaseNowMs: number): number | undefined {
    const lease = this.#leases.get(id);
    if (!ticket || lease?.kind === 'granted') return undefined;
    if (lease && lease.scope !== scope) {
      this.#leases.delete(id);
      this.#leaveLine(id, lease.scope);
    }
    const { line } = this.#scopes.use(scope);
    if (!line.has(id) && line.size >= ticket.depthMax) return undefined;
    line.set(id, ticket.rank);
    this.#ended.delete(id);
    this.#leases.delete(id);
    this.#leases.set(id, { kind: 'waiting', scope, endsAtMs: leaseNowMs + this.#leaseTtlMs });
    return this.#goFirst(scope, ticket.rank);
  }

  #lease(demand: Demand, amounts: readonly number[], leaseNowMs: number): void {
    const former = this.#leases.get(demand.id);
    this.#leases.delete(demand.id);
    this.#leases.set(demand.id, { kind: 'granted', demand, amounts, endsAtMs: leaseNowMs + this.#leaseTtlMs });
    this.#ended.delete(demand.id);
    if (former?.kind === 'waiting') this.#leaveLine(demand.id, former.scope);
    if (former?.kind === 'granted') this.#giveBack(former);
  }

  #reap(leaseNowMs: number): void {
    for (const [id, lease] of this.#leases) {
      if (lease.endsAtMs > leaseNowMs) return;
      this.#leases.delete(id);
      if (lease.kind === 'waiting') this.#leaveLine(id, lease.scope);
      else {
        this.#end(id, lease.demand);
        this.#giveBack(lease);
      }
    }
  }

  /** What a grant holds for as long as it runs. */
  #giveBack({ demand, amounts }: Grant): void {
    for (const { scope, resource, cost } of demand.gauges) {
      const taken = this.#taken(scope, resource);
      if (cost === 0 || taken === 0) continue;
      if (taken === 1) this.#scopes.use(scope).taken.delete(resource);
      else this.#scopes.use(scope).taken.set(resource, taken - 1);
    }
    for (const [i, meter] of demand.meters.entries()) this.#changeMeter(meter, { used: 0, held: -(amounts[i] ?? 0) });
    for (const scope of new Set([...demand.gauges, ...demand.meters].map((part) => part.scope))) this.#wake(scope);
  }

  #book(demand: Demand, { promptTokens, completionTokens, costNanoUsd, refundsRequest }: Settlement, isBooked: boolean): void {
    const nowMs = this.#clock.now().getTime();
    const tokens = promptTokens + completionTokens;
    for (const bucket of demand.buckets) {
      const { scope, resource, unit, cost, limit } = bucket;
      const ofRequest = refundsRequest ? 0 : cost;
      const change = (unit === 'tokens' ? tokens : ofRequest) - (isBooked ? cost : 0);
      if (cost === 0 || limit === 0 || change === 0) continue;
      const { levels } = this.#scopes.use(scope);
      levels.set(resource, fill(drain(levels.get(resource), bucket, nowMs), bucket, change));
    }
    for (const meter of demand.meters) this.#changeMeter(meter, { used: meter.unit === 'tokens' ? tokens : costNanoUsd, held: 0 });
    for (const scope of takenScopesOf(demand)) this.#wake(scope);
  }

  #end(id: string, ranOut: Demand | undefined): void {
    this.#ended.delete(id);
    this.#ended.set(id, ranOut);
    for (const oldest of this.#ended.keys()) {
      if (this.#ended.size <= ENDED_MAX) break;
      this.#ended.delete(oldest);
    }
  }

  #leaveLine(id: string, scope: string): void {
    this.#scopes.peek(scope)?.line.delete(id);
    this.#wake(scope);
  }

  #wake(scope: string): void {
    if ((this.#scopes.peek(scope)?.line.size ?? 0) > 0) this.#onWake(scope);
  }

  #goFirst(scope: string, rank: number): number {
    let first = 0;
    for (const other of this.#scopes.peek(scope)?.line.values() ?? []) if (other < rank) first += 1;
    return first;
  }

  #taken(scope: string, resource: string): number {
    return this.#scopes.peek(scope)?.taken.get(resource) ?? 0;
  }

  #meterOf(meter: MeterDemand, nowMs: number): Meter | undefined {
    const known = this.#meters.get(meterKeyOf(meter));
    return known && known.expiresAtMs > nowMs ? known : undefined;
  }

  #changeMeter(meter: MeterDemand, change: MeterSum): void {
    const key = meterKeyOf(meter);
    const known = this.#meters.get(key);
    if (known) this.#meters.set(key, { ...known, used: known.used + change.used, held: Math.max(0, known.held + change.held) });
  }
}

function meterKeyOf({ scope, period, resource }: MeterDemand): string {
  return `${scope}:${period}:${resource}`;
}
