import type { Lifecycle } from '@sluice/platform/lifecycle';
import { createRedis, firstConnection } from '@sluice/platform/redis-client';
import { errorCodeOf } from './error-code.ts';
import { createAuth, type Auth, type AuthOptions } from './create-auth.ts';
import { createLoginFailureStore } from './login-failure-store.ts';
import { withFallback } from './login-failures.ts';
import { createMemoryLoginFailures } from './memory-login-failures.ts';
import { createPasswords, type Passwords } from './passwords.ts';

type StartOptions = Omit<AuthOptions, 'failures' | 'passwords'> & {
  readonly redisUrl: string;
  readonly passwords?: Passwords | undefined;
  readonly redisDeadlineMs?: number | undefined;
  readonly lifecycle: Lifecycle;
};

/** A login waits for three of these at most; then its failures are counted here alone. */
const REDIS_DEADLINE_MS = 300;
/** So that the first logins of a gateway that has just started are counted for all. */
const FIRST_CONNECTION_MS = 2_000;

/** Puts logins together. They go on without Redis, and without Postgres as soon as that is back. */
export async function startAuth(options: StartOptions): Promise<Auth> {
  const { redisUrl, redisDeadlineMs = REDIS_DEADLINE_MS, pepper, clock, log, lifecycle } = options;
  const redis = createRedis(redisUrl, {
    name: 'sluice-gateway-logins',
    commandTimeoutMs: redisDeadlineMs,
    // Told when a login misses it.
    onError: () => {},
  });
  lifecycle.onClose('login failures', () => redis.disconnect());
  await firstConnection(redis, FIRST_CONNECTION_MS);
  const failures = withFallback(createLoginFailureStore(redis, clock), createMemoryLoginFailures(clock), (error) =>
    log.warn({ code: errorCodeOf(error) }, 'Redis is away: failed logins are counted by this gateway alone'),
  );
  const auth = await createAuth({ ...options, failures, passwords: options.passwords ?? createPasswords({ pepper }) });
  lifecycle.onClose('logins', () => auth.close());
  return auth;
}
