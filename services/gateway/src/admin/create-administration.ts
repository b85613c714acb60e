import type { Clock } from '@sluice/platform/clock';
import type { Log } from '@sluice/platform/log';
import type { RequestRate } from '../abuse/request-rate.ts';
import type { KeyVerifier } from '../keys/verify-key.ts';
import type { GatewayMetrics } from '../metrics.ts';
import type { AdminRoute } from '../routes/admin-route.ts';
import { createAdminRoutes, type AdminRoutesDeps } from '../routes/admin-routes.ts';
import type { ServeAdminDeps } from '../routes/serve-admin.ts';
import { ModelFleet, type ModelFleetOptions } from '../models/model-fleet.ts';
import { AdapterFleet, type AdapterFleetOptions } from '../adapters/adapter-fleet.ts';
import { createAdapterChangeStore } from './adapter-change-store.ts';
import { createAdminAuth, type AdminAuthDeps } from './admin-auth.ts';
import { createAdminKeyLookupStore } from './admin-key-lookup-store.ts';
import { AdminKeyReader } from './admin-key-reader.ts';
import { createAdminKeyStore } from './admin-key-store.ts';
import { createApiKeyStore } from './api-key-store.ts';
import { createModelChangeStore } from './model-change-store.ts';
import { createAuditStore } from './audit-store.ts';
import { createChanges, type ChangesDeps } from './change-store.ts';
import { EpochAnnouncer, type BumpEpochs } from './epoch-announcer.ts';
import { createModelPriceStore } from './model-price-store.ts';
import { createOrganizationStore } from './organization-store.ts';
import { createProjectStore } from './project-store.ts';
import { createProjectUserStore } from './project-user-store.ts';
import { createRateLimitStore } from './rate-limit-store.ts';
import { createServiceAccountStore } from './service-account-store.ts';
import { createTierStore } from './tier-store.ts';
import { createUserStore } from './user-store.ts';
import { createWhereaboutsStore } from './whereabouts-store.ts';

export type AdministrationDeps = Pick<AdminRoutesDeps, 'hashPassword' | 'deriveSigningSecret' | 'spentThisMonth'> & {
  /** Connections of its own: whoever administers takes none from requests. */
  readonly db: ChangesDeps['db'];
  readonly verifyApiKey: KeyVerifier;
  readonly verifyAccessToken: AdminAuthDeps['verifyAccessToken'];
  readonly failures: AdminAuthDeps['failures'];
  readonly rate: Pick<RequestRate, 'take'>;
  readonly bumpEpochs: BumpEpochs;
  /** Forgets a key in this process. */
  readonly dropKey: (publicId: string) => void;
  readonly knownModels: () => readonly string[];
  readonly adapters: Omit<AdapterFleetOptions, 'log'>;
  readonly models: Omit<ModelFleetOptions, 'log'>;
  readonly idempotency: ServeAdminDeps['idempotency'];
  readonly pepper: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Pick<GatewayMetrics, 'authFailures' | 'adminChanges' | 'unannouncedChanges'>;
};

export type Administration = {
  readonly routes: readonly AdminRoute[];
  readonly serving: ServeAdminDeps;
  /** Tells the gateways of what they could not be told yet. */
  close(): Promise<void>;
};

/** Puts administration together: who may ask, what can be asked for, and who hears of it. */
export function createAdministration(deps: AdministrationDeps): Administration {
  const { db, clock, log, metrics, pepper, idempotency } = deps;
  const lookups = createAdminKeyLookupStore(db);
  const authenticate = createAdminAuth({
    ...deps,
    keys: new AdminKeyReader({ store: lookups, clock }),
    store: lookups,
    onFailure: (reason) => metrics.authFailures.inc({ reason }),
    onUseNotMarked: (error) => log.warn({ err: error }, 'the last use of an admin key was not written down'),
  });

  const announcer = new EpochAnnouncer({
    bump: deps.bumpEpochs,
    dropKey: deps.dropKey,
    log,
    onFailure: () => metrics.unannouncedChanges.inc(),
  });
  const changes = createChanges({
    db,
    announce: (epochs) => announcer.announce(epochs),
    onChange: (type) => metrics.adminChanges.inc({ type }),
  });
  const routes = createAdminRoutes({
    ...deps,
    projects: createProjectStore(db, changes),
    apiKeys: createApiKeyStore(db, { changes, pepper }),
    serviceAccounts: createServiceAccountStore(db, { changes, pepper }),
    projectUsers: createProjectUserStore(db, changes),
    rateLimits: createRateLimitStore(db, { changes, knownModels: deps.knownModels }),
    organizations: createOrganizationStore(db, changes),
    users: createUserStore(db, changes),
    adminKeys: createAdminKeyStore(db, { changes, pepper }),
    tiers: createTierStore(db, changes),
    prices: createModelPriceStore(db, changes),
    adapters: new AdapterFleet({ ...deps.adapters, log }),
    adapterChanges: createAdapterChangeStore(changes),
    models: new ModelFleet({ ...deps.models, log }),
    modelChanges: createModelChangeStore(changes),
    audit: createAuditStore(db),
  });
  const fileBytesMax = deps.adapters.bytesMax;
  const serving = { authenticate, rate: deps.rate, projects: createWhereaboutsStore(db), idempotency, fileBytesMax, clock };
  return { routes, serving, close: () => announcer.close() };
}
