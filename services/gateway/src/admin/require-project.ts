import { Fault } from '@sluice/platform/fault';
import { limitsSchema } from '@sluice/prisma/limits';
import type { Change } from './change-store.ts';
import { limitsOfTier, type Bound } from './limit-bounds.ts';
import { notFound } from './not-found.ts';

/** The project that a change is about, with its tier. Throws for one that is not the organization's, or is archived. */
export async function requireProject({ tx, organizationId }: Pick<Change, 'tx' | 'organizationId'>, projectId: string) {
  const row = await tx.project.findFirst({ where: { id: projectId, organizationId }, include: { tier: true } });
  if (!row) throw notFound('project');
  if (row.archivedAt) throw new Fault('CONFLICT', { message: 'The project is archived: it cannot be used or changed.' });
  return { ...row, limits: limitsSchema.parse(row.limits) };
}

/** What the limits of a project's keys and models may not exceed. */
export function boundsOf({ tier, limits }: Pick<Awaited<ReturnType<typeof requireProject>>, 'tier' | 'limits'>): readonly Bound[] {
  return [
    { whose: 'tier', limits: limitsOfTier(tier) },
    { whose: 'project', limits },
  ];
}
