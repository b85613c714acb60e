import type { Clock } from '@sluice/platform/clock';
import type { ContentReadStore } from '../../admin/content-read-store.ts';
import { ReadGate } from '../../usage/read-gate.ts';
import type { RequestHistoryStore } from '../../usage/request-history-store.ts';
import type { ScopeUsageStore } from '../../usage/scope-usage-store.ts';
import type { UsageStore } from '../../usage/usage-store.ts';
import type { Route } from '../route.ts';
import { keyRequestsRoute } from './key-requests.ts';
import { keyUsageRoute } from './key-usage.ts';
import { organizationCostsRoute } from './organization-costs.ts';
import { organizationRequestsRoute } from './organization-requests.ts';
import { organizationUsageRoutes } from './organization-usage.ts';

export type UsageStores = {
  readonly usage: UsageStore;
  readonly scopeUsage: ScopeUsageStore;
  readonly history: RequestHistoryStore;
  readonly contentReads: ContentReadStore;
};

/** Everything that tells what was used, and by which requests. */
export function createUsageRoutes(stores: UsageStores, clock: Clock): readonly Route[] {
  const deps = { ...stores, clock, gate: new ReadGate() };
  return [
    keyUsageRoute(deps),
    keyRequestsRoute(deps),
    ...organizationUsageRoutes(deps),
    organizationCostsRoute(deps),
    organizationRequestsRoute(deps),
  ];
}
