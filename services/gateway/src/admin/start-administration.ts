import type { Clock } from '@sluice/platform/clock';
import type { Lifecycle } from '@sluice/platform/lifecycle';
import type { Log } from '@sluice/platform/log';
import { createDatabase } from '@sluice/prisma/client';
import { RequestRate } from '../abuse/request-rate.ts';
import { createAuthStores } from '../auth/auth-store.ts';
import { createPasswords, type Passwords } from '../auth/passwords.ts';
import { startAuth } from '../auth/start-auth.ts';
import type { GatewayConfig } from '../config.ts';
import { monthOf } from '../limits/period.ts';
import type { GatewayMetrics } from '../metrics.ts';
import { authRoutes } from '../routes/auth/route.ts';
import type { Route } from '../routes/route.ts';
import type { ServeAdminDeps } from '../routes/serve-admin.ts';
import { deriveSigningSecret } from '../signatures/signing-secret.ts';
import { createScopeUsageStore } from '../usage/scope-usage-store.ts';
import { createAdministration, type AdministrationDeps } from './create-administration.ts';

type StartOptions = Pick<
  AdministrationDeps,
  'verifyApiKey' | 'failures' | 'bumpEpochs' | 'dropKey' | 'knownModels' | 'adapters' | 'models' | 'idempotency' | 'clock'
> & {
  readonly config: Pick<GatewayConfig, 'databaseUrl' | 'redisUrl' | 'keyPepper' | 'auth' | 'adminRequestsPerMinute'>;
  readonly passwords?: Passwords | undefined;
  readonly loginDeadlineMs?: number | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Pick<GatewayMetrics, 'logins'> & AdministrationDeps['metrics'];
  readonly lifecycle: Lifecycle;
};

export type StartedAdministration = { readonly routes: readonly Route[]; readonly serving: ServeAdminDeps };

/** Apart from key lookups, so that administration never keeps a request waiting. */
const POOL_MAX = 4;

/** Logins and everything that can be administered, on database connections of their own. */
export async function startAdministration(options: StartOptions): Promise<StartedAdministration> {
  const { config, clock, log, metrics, lifecycle } = options;
  const pepper = config.keyPepper;
  const db = createDatabase(config.databaseUrl, { poolMax: POOL_MAX });
  lifecycle.onClose('admin database', () => db.$disconnect());

  const passwords = options.passwords ?? createPasswords({ pepper });
  const auth = await startAuth({
    config: config.auth,
    pepper,
    redisUrl: config.redisUrl,
    stores: createAuthStores(db, { pepper, clock }),
    passwords,
    redisDeadlineMs: options.loginDeadlineMs,
    clock,
    log,
    lifecycle,
    onLogin: (outcome) => metrics.logins.inc({ outcome }),
  });

  const spending = createScopeUsageStore(db);
  const perUserOrAddress = { what: 'administration', perMinute: config.adminRequestsPerMinute, clock };
  const rates = { users: new RequestRate(perUserOrAddress), addresses: new RequestRate(perUserOrAddress) };
  const administration = createAdministration({
    ...options,
    db,
    pepper,
    verifyAccessToken: auth.verifyAccessToken,
    rate: rates.users,
    hashPassword: (password) => passwords.hash(password),
    deriveSigningSecret: (keyId) => deriveSigningSecret(pepper, keyId),
    spentThisMonth: async (scope, timezone) => (await spending.used(scope, monthOf(clock.now(), timezone))).nanoUsd,
  });
  lifecycle.onClose('administration', () => administration.close());
  return { routes: [...administration.routes, ...authRoutes({ auth, clock, rates })], serving: administration.serving };
}
