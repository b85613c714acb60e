import type { Clock } from '@sluice/platform/clock';
import type { Log } from '@sluice/platform/log';
import type { KeyVerifier } from '../keys/verify-key.ts';
import type { GatewayMetrics } from '../metrics.ts';
import type { ServeAdminDeps } from '../routes/serve-admin.ts';
import { createAdminAuth, type AdminAuthDeps } from './admin-auth.ts';
import { createAdminKeyLookupStore } from './admin-key-lookup-store.ts';
import { AdminKeyReader } from './admin-key-reader.ts';
import { findProjectOfKey } from './api-key-store.ts';
import type { ChangesDeps } from './change-store.ts';

export type AdministrationDeps = {
  /** Connections of its own: whoever administers takes none from requests. */
  readonly db: ChangesDeps['db'];
  readonly verifyApiKey: KeyVerifier;
  readonly verifyAccessToken: AdminAuthDeps['verifyAccessToken'];
  readonly pepper: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Pick<GatewayMetrics, 'authFailures'>;
};

/** Puts administration together: who may ask, and what can be asked for. */
export function createAdministration(deps: AdministrationDeps): { readonly serving: ServeAdminDeps } {
  const { db, clock, log, metrics } = deps;
  const lookups = createAdminKeyLookupStore(db);
  const authenticate = createAdminAuth({
    ...deps,
    keys: new AdminKeyReader({ store: lookups, clock }),
    store: lookups,
    onFailure: (reason) => metrics.authFailures.inc({ reason }),
    onUseNotMarked: (error) => log.warn({ err: error }, 'the last use of an admin key was not written down'),
  });
  return { serving: { authenticate, projectOfKey: (organizationId, keyId) => findProjectOfKey(db, organizationId, keyId), clock } };
}
