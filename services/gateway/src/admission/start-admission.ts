import type { Clock } from '@sluice/platform/clock';
import type { Lifecycle } from '@sluice/platform/lifecycle';
import type { Log } from '@sluice/platform/log';
import { createRedis } from '@sluice/platform/redis-client';
import type { GuardedLimiter, Limiter } from '../limits/limiter.ts';
import { watchWakes } from '../limits/wake-client.ts';
import type { Admission } from './admission.ts';
import type { AdmissionDeps } from './admission-deps.ts';
import { Capacity, type WorkerLoad } from './capacity.ts';
import { createAdmission } from './create-admission.ts';
import { LeaseKeeper } from './lease-keeper.ts';
import { LimiterFallback } from './limiter-fallback.ts';
import { MeterSeeds, type UsedInPeriod } from './meter-seeds.ts';
import { SeenEpochs } from './seen-epochs.ts';
import { WaitingRoom } from './waiting-room.ts';

type StartOptions = Pick<
  AdmissionDeps,
  'reloadKey' | 'checkAddress' | 'contextTokensOf' | 'pricesOf' | 'costOf' | 'onDecision' | 'inFlightMax'
> & {
  readonly redisUrl: string;
  readonly limiter: GuardedLimiter;
  /** For this process alone. */
  readonly local: Limiter;
  readonly gateways: () => number;
  readonly workerLoad: () => WorkerLoad;
  readonly usedInPeriod: UsedInPeriod;
  readonly clock: Clock;
  readonly log: Log;
  readonly lifecycle: Lifecycle;
};

/** What metrics show of admission. */
export type AdmissionState = { readonly waiting: number; readonly leases: number; readonly pressure: number };

/** Puts admission together and starts what it runs in the background. */
export function startAdmission(options: StartOptions): { admission: Admission; state: () => AdmissionState } {
  const { lifecycle, log, clock, limiter } = options;
  const capacity = new Capacity(options.workerLoad);
  capacity.start();
  lifecycle.onClose('capacity', () => capacity.close());

  const leases = new LeaseKeeper({ limiter, log });
  leases.start();
  lifecycle.onClose('leases', () => leases.close());

  const waitingRoom = new WaitingRoom(clock);
  const wakes = createRedis(options.redisUrl, {
    name: 'sluice-gateway-wakes',
    commandTimeoutMs: WAKE_COMMAND_MS,
    // The limiter's own connection tells of the same trouble.
    onError: () => {},
  });
  lifecycle.onClose('wakes', () => wakes.disconnect());
  watchWakes(wakes, (scope) => waitingRoom.wake(scope));

  const seeds = new MeterSeeds(options.usedInPeriod);
  const admission = createAdmission({
    ...options,
    seeds,
    leases,
    waitingRoom,
    fallback: new LimiterFallback({ local: options.local, gateways: options.gateways, seeds }),
    epochs: new SeenEpochs(),
    capacityFor: (tier) => capacity.limitFor(tier),
  });
  return { admission, state: () => ({ waiting: waitingRoom.size, leases: leases.size, pressure: capacity.pressure }) };
}

const WAKE_COMMAND_MS = 1_000;
