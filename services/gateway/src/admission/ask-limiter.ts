import { Fault } from '@sluice/platform/fault';
import { namesOf } from '../keys/asked-model.ts';
import { checkAlive } from '../keys/check-key.ts';
import type { Demand, Granted, LimiterAnswer, Refused } from '../limits/limiter.ts';
import type { AdmissionRequest } from './admission.ts';
import type { AdmissionDeps } from './admission-deps.ts';
import { templateOf } from './demand-template.ts';
import { toDemand } from './to-demand.ts';
import { toTokenBounds } from './token-bounds.ts';
import { isWorthWaiting, type WaitEnd } from './waiting-room.ts';

export type AskedGranted = {
  readonly kind: 'granted';
  readonly demand: Demand;
  readonly answer: Granted;
  /** By this gateway's share alone. */
  readonly isLocal: boolean;
  /** How long it waited for a limit; undefined when it did not. */
  readonly waitedMs: number | undefined;
};

type Asked =
  | AskedGranted
  | { readonly kind: 'refused'; readonly demand: Demand; readonly answer: Refused }
  | { readonly kind: 'stale'; readonly epochs: Demand['epochs'] }
  | { readonly kind: 'unavailable'; readonly fault: Fault };

/** A waiting request gains a point of priority each second: a tier of priority 20 goes ahead of what came up to 20 s before it. */
const WAIT_PER_PRIORITY_MS = 1_000;

/**
 * Asks until the answer is one to act on: a quota that nobody knew is looked up, and a request that may wait has waited.
 * `arrivedAtMs`, on the monotonic clock, is what its place in the line and its deadline count from, however often it asks.
 */
export async function askLimiter(deps: AdmissionDeps, request: AdmissionRequest, arrivedAtMs: number): Promise<Asked> {
  const { clock, limiter } = deps;
  const { tier } = request.key.policy;
  const deadlineAtMs = arrivedAtMs + tier.queueDeadlineMs;
  const arrivedAt = clock.now().getTime() - (clock.monotonicMs() - arrivedAtMs);
  const rank = arrivedAt - tier.queuePriority * WAIT_PER_PRIORITY_MS;
  const ticket = tier.queueDepthMax === 0 ? undefined : { rank, depthMax: tier.queueDepthMax };
  let demand = makeDemand(deps, request, ticket);
  let hasWaited = false;
  let isInLine = false;
  let seeds = demand.meters.length;
  let answer: LimiterAnswer | WaitEnd = await limiter.decide(demand);
  try {
    for (;;) {
      switch (answer.kind) {
        case 'granted': {
          isInLine = false;
          deps.onDecision(hasWaited ? 'waited' : 'granted');
          return { kind: 'granted', demand, answer, isLocal: false, waitedMs: hasWaited ? clock.monotonicMs() - arrivedAtMs : undefined };
        }
        case 'stale':
          return { kind: 'stale', epochs: answer.epochs };
        case 'unavailable':
          return await askFallback(deps, request, demand);
        case 'unseeded':
          if (seeds-- === 0 || !(await seed(deps, request, demand, answer.index))) return await askFallback(deps, request, demand);
          answer = await limiter.decide(demand);
          break;
        case 'refused': {
          isInLine ||= answer.position !== undefined;
          const mayWait = !deps.waitingRoom.isFull && isWorthWaiting(answer, deadlineAtMs - clock.monotonicMs());
          if (!mayWait || !ticket) {
            deps.onDecision('refused');
            return { kind: 'refused', demand, answer };
          }
          hasWaited = true;
          deps.leases.keep(demand.id);
          answer = await deps.waitingRoom.wait({
            rank,
            refused: answer,
            scopeOf: (refused) => scopeOf(refused, demand),
            decide: () => {
              // One that ended meanwhile is to be looked at anew.
              if (checkAlive(request.key, clock)) return Promise.resolve({ kind: 'stale', epochs: demand.epochs });
              demand = makeDemand(deps, request, ticket);
              return limiter.decide(demand);
            },
            deadlineAtMs,
            signal: request.signal,
            onPosition: request.onQueued,
          });
          break;
        }
        case 'gave_up':
          deps.onDecision('refused');
          return { kind: 'refused', demand, answer: answer.last };
      }
    }
  } finally {
    // Whoever is not let in stands in nobody's way.
    if (isInLine) {
      deps.leases.drop(demand.id);
      await limiter.leave(demand);
    }
  }
}

function makeDemand(deps: AdmissionDeps, request: AdmissionRequest, ticket: Demand['ticket']): Demand {
  const { key, endpoint, asked } = request;
  return toDemand(templateOf(key, endpoint, asked), {
    id: request.requestId,
    key,
    epochs: deps.epochs.of(key),
    bounds: toTokenBounds({ ...request, contextTokens: deps.contextTokensOf(asked.model) }),
    prices: deps.pricesOf(namesOf(asked)),
    now: deps.clock.now(),
    capacity: deps.capacityFor(key.policy.tier),
    ticket,
  });
}

/** False when nobody can tell what the meter had reached. */
async function seed(deps: AdmissionDeps, { key }: AdmissionRequest, demand: Demand, index: number): Promise<boolean> {
  const meter = demand.meters[index];
  if (!meter) return false;
  try {
    await deps.limiter.seedMeter(meter, await deps.seeds.used(meter, key, deps.clock.now()));
    return true;
  } catch {
    return false;
  }
}

async function askFallback(deps: AdmissionDeps, { key }: AdmissionRequest, demand: Demand): Promise<Asked> {
  const answer = await deps.fallback.decide(demand, key, deps.clock.now());
  if (answer instanceof Fault) {
    deps.onDecision('unavailable');
    return { kind: 'unavailable', fault: answer };
  }
  deps.onDecision(answer.kind === 'granted' ? 'granted_locally' : 'refused');
  if (answer.kind === 'refused') return { kind: 'refused', demand, answer };
  return { kind: 'granted', demand, answer, isLocal: true, waitedMs: undefined };
}

function scopeOf({ by }: Refused, demand: Demand): string {
  switch (by.kind) {
    case 'bucket':
    case 'bucket_too_small':
      return demand.buckets[by.index]?.scope ?? '';
    case 'gauge':
      return demand.gauges[by.index]?.scope ?? '';
    case 'meter':
      return demand.meters[by.index]?.scope ?? '';
    default:
      return by.scope;
  }
}
