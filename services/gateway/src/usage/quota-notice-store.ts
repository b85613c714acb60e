import type { Database } from '@sluice/prisma/client';
import { createId } from '@sluice/prisma/ids';
import type { QuotaNotice } from './quota-notices.ts';

/** Stored: never renamed. */
const AUDIT_TYPE = 'quota.threshold_reached';
const PROJECT = 'project:';

/** Puts a notice about a project's quota into the audit log of its organization; one about a project that is not there says nothing. */
export function createQuotaNoticeStore(db: Pick<Database, 'project' | 'auditLog'>): {
  readonly tell: (notice: QuotaNotice) => Promise<void>;
} {
  return {
    tell: async ({ scope, unit, period, used, limit, thresholdPercent }) => {
      const id = scope.startsWith(PROJECT) ? scope.slice(PROJECT.length) : '';
      const project = await db.project.findUnique({ where: { id }, select: { organizationId: true } });
      if (!project) return;
      await db.auditLog.create({
        data: {
          id: createId('audit'),
          organizationId: project.organizationId,
          type: AUDIT_TYPE,
          actorKind: 'system',
          actorLabel: 'system',
          projectId: id,
          targetKind: 'project',
          targetId: id,
          after: { unit: unit === 'tokens' ? 'tokens' : 'nano_usd', period, used, limit, threshold_percent: thresholdPercent },
        },
      });
    },
  };
}
