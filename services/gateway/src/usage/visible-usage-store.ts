import { Prisma } from '@sluice/prisma/generated/client';
import type { VisibleUsage } from './visible-usage.ts';

/** As a condition on history and on its sums. A project that is not named here is never seen, whatever a filter asks for. */
export function whereVisible(visible: VisibleUsage): Prisma.Sql {
  if (visible.kind === 'key') return Prisma.sql`project_id = ${visible.projectId} AND api_key_id = ${visible.apiKeyId}`;
  const some = visible.projectIds === undefined ? Prisma.empty : Prisma.sql`AND id = ANY (${visible.projectIds})`;
  return Prisma.sql`project_id IN (SELECT id FROM projects WHERE organization_id = ${visible.organizationId} ${some})`;
}
