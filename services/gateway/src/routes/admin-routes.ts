import type { AdminKeyStore } from '../admin/admin-key-store.ts';
import type { AuditStore } from '../admin/audit-store.ts';
import type { ModelPriceStore } from '../admin/model-price-store.ts';
import type { ProjectUserStore } from '../admin/project-user-store.ts';
import type { RateLimitStore } from '../admin/rate-limit-store.ts';
import type { ServiceAccountStore } from '../admin/service-account-store.ts';
import type { TierStore } from '../admin/tier-store.ts';
import type { AdminRoute } from './admin-route.ts';
import { adapterRoutes, type AdapterRouteDeps } from './administration/adapters/route.ts';
import { keySettingsRoutes } from './administration/api-keys/route.ts';
import { modelRoutes, type ModelRouteDeps } from './administration/models/route.ts';
import { organizationRoutes } from './administration/organization/route.ts';
import { priceRoutes } from './administration/prices/route.ts';
import { projectSettingsRoutes } from './administration/projects/route.ts';
import { tierRoutes } from './administration/tiers/route.ts';
import { userSettingsRoutes } from './administration/users/route.ts';
import { adminKeyRoutes } from './organization/admin-api-keys/route.ts';
import { apiKeyRoutes, type ApiKeyRouteDeps } from './organization/api-keys/route.ts';
import { auditLogRoutes } from './organization/audit-logs/route.ts';
import { modelPermissionRoutes } from './organization/model-permissions/route.ts';
import { projectUserRoutes } from './organization/project-users/route.ts';
import { projectRoutes } from './organization/projects/route.ts';
import { rateLimitRoutes } from './organization/rate-limits/route.ts';
import { serviceAccountRoutes } from './organization/service-accounts/route.ts';
import { spendLimitRoutes, type SpendLimitRouteDeps } from './organization/spend-limits/route.ts';
import { userRoutes, type UserRouteDeps } from './organization/users/route.ts';

export type AdminRoutesDeps = ApiKeyRouteDeps &
  UserRouteDeps &
  SpendLimitRouteDeps &
  AdapterRouteDeps &
  ModelRouteDeps & {
    readonly serviceAccounts: ServiceAccountStore;
    readonly projectUsers: ProjectUserStore;
    readonly rateLimits: RateLimitStore;
    readonly adminKeys: AdminKeyStore;
    readonly tiers: TierStore;
    readonly prices: ModelPriceStore;
    readonly audit: AuditStore;
  };

/** Everything that can be administered: under /v1/organization what OpenAI's Admin API has, under /sluice/v1 what it has not. */
export function createAdminRoutes(deps: AdminRoutesDeps): readonly AdminRoute[] {
  return [
    ...projectRoutes(deps.projects),
    ...apiKeyRoutes(deps),
    ...serviceAccountRoutes(deps.serviceAccounts),
    ...projectUserRoutes(deps.projectUsers),
    ...rateLimitRoutes(deps.rateLimits),
    ...modelPermissionRoutes(deps.projects),
    ...spendLimitRoutes(deps),
    ...userRoutes(deps),
    ...adminKeyRoutes(deps.adminKeys),
    ...auditLogRoutes(deps.audit),

    ...organizationRoutes(deps.organizations),
    ...tierRoutes(deps.tiers),
    ...priceRoutes(deps.prices),
    ...adapterRoutes(deps),
    ...modelRoutes(deps),
    ...projectSettingsRoutes(deps.projects),
    ...keySettingsRoutes(deps),
    ...userSettingsRoutes(deps),
  ];
}
