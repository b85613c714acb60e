import type { Clock } from '@sluice/platform/clock';
import type { Lifecycle } from '@sluice/platform/lifecycle';
import { createDatabase } from '@sluice/prisma/client';
import { createContentReadStore } from '../admin/content-read-store.ts';
import type { Route } from '../routes/route.ts';
import { createUsageRoutes } from '../routes/usage/create-usage-routes.ts';
import { createRequestHistoryStore } from './request-history-store.ts';
import { createScopeUsageStore } from './scope-usage-store.ts';
import { createUsageStore } from './usage-store.ts';

type StartOptions = { readonly databaseUrl: string; readonly clock: Clock; readonly lifecycle: Lifecycle };

/** Questions about usage and history may take a while, and hold up nobody but each other. */
const POOL_MAX = 4;

/** The routes that tell of usage and history, on database connections of their own. */
export function startReports({ databaseUrl, clock, lifecycle }: StartOptions): readonly Route[] {
  const db = createDatabase(databaseUrl, { poolMax: POOL_MAX });
  lifecycle.onClose('report database', () => db.$disconnect());
  const stores = {
    usage: createUsageStore(db),
    scopeUsage: createScopeUsageStore(db),
    history: createRequestHistoryStore(db),
    contentReads: createContentReadStore(db),
  };
  return createUsageRoutes(stores, clock);
}
