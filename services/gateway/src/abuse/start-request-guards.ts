import type { Clock } from '@sluice/platform/clock';
import type { Lifecycle } from '@sluice/platform/lifecycle';
import { createRedis, firstConnection } from '@sluice/platform/redis-client';
import { createIdempotency, type Idempotency, type IdempotencyOutcome } from '../idempotency/idempotency.ts';
import { createIdempotencyStore } from '../idempotency/idempotency-store.ts';
import { createSignatureCheck, type CheckSignature } from '../signatures/check-signature.ts';
import { createNonceStore } from '../signatures/nonce-store.ts';

type StartOptions = {
  readonly redisUrl: string;
  readonly pepper: string;
  readonly clock: Clock;
  readonly lifecycle: Lifecycle;
  readonly onIdempotency: (outcome: IdempotencyOutcome) => void;
};

export type RequestGuards = { readonly checkSignature: CheckSignature; readonly idempotency: Idempotency };

/** An answer of 1 MB on its way to a Redis in the same network. */
const COMMAND_MS = 250;
/** So that the first requests are not refused. */
const FIRST_CONNECTION_MS = 1_000;

/** Signatures and idempotency, on a connection of their own: answers are large, and nobody's limits wait behind them. */
export async function startRequestGuards(options: StartOptions): Promise<RequestGuards> {
  const { pepper, clock, lifecycle, onIdempotency } = options;
  const redis = createRedis(options.redisUrl, {
    name: 'sluice-gateway-requests',
    commandTimeoutMs: COMMAND_MS,
    // The limiter's own connection tells of the same trouble.
    onError: () => {},
  });
  lifecycle.onClose('request guards', () => redis.disconnect());
  await firstConnection(redis, FIRST_CONNECTION_MS);
  return {
    checkSignature: createSignatureCheck({ nonces: createNonceStore(redis), pepper, clock }),
    idempotency: createIdempotency({ store: createIdempotencyStore(redis), pepper, onOutcome: onIdempotency }),
  };
}
