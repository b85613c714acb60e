import { Fault } from '@sluice/platform/fault';
import { limitsSchema } from '@sluice/prisma/limits';
import type { Change } from './change-store.ts';
import { limitsOfTier, type Bound } from './limit-bounds.ts';
import { notFound } from './not-found.ts';

/** The project that a change is about, with its tier and what limits the organization. Throws for one that is not the organization's, or is archived. */
export async function requireProject({ tx, organizationId }: Pick<Change, 'tx' | 'organizationId'>, projectId: string) {
  const row = await tx.project.findFirst({ where: { id: projectId, organizationId }, include: { tier: true, organization: true } });
  if (!row) throw notFound('project');
  if (row.archivedAt) throw new Fault('CONFLICT', { message: 'The project is archived: it cannot be used or changed.' });
  const { organization, ...project } = row;
  return { ...project, limits: limitsSchema.parse(row.limits), organizationLimits: limitsSchema.parse(organization.limits) };
}

type FoundProject = Awaited<ReturnType<typeof requireProject>>;

/** What the limits of a project may not exceed. */
export function boundsAbove({ tier, organizationLimits }: Pick<FoundProject, 'tier' | 'organizationLimits'>): readonly Bound[] {
  return [
    { whose: 'tier', limits: limitsOfTier(tier) },
    { whose: 'organization', limits: organizationLimits },
  ];
}

/** What the limits of its keys and models may not exceed. */
export function boundsOf(project: Pick<FoundProject, 'tier' | 'limits' | 'organizationLimits'>): readonly Bound[] {
  return [...boundsAbove(project), { whose: 'project', limits: project.limits }];
}
