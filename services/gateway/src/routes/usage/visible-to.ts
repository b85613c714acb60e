import type { Reach } from '../../admin/permissions.ts';
import type { Principal } from '../../auth/principal.ts';
import type { VisibleUsage } from '../../usage/visible-usage.ts';

/** What somebody may see of usage and history: everything, or that of their own projects. */
export function visibleTo({ organizationId, projectRoles }: Principal, reach: Reach): VisibleUsage {
  return { kind: 'projects', organizationId, projectIds: reach === 'all' ? undefined : [...projectRoles.keys()].sort() };
}
