import type { Limits } from '@sluice/prisma/limits';
import { z } from 'zod';
import { LIMIT_PARAMS } from '../../../admin/limit-bounds.ts';
import { notFound } from '../../../admin/not-found.ts';
import type { OrganizationStore } from '../../../admin/organization-store.ts';
import type { ProjectStore } from '../../../admin/project-store.ts';
import { adminRoute, type AdminRoute } from '../../admin-route.ts';
import { USD_MAX } from '../../limits-schema.ts';
import { fromCents, toSpendLimitObject } from './respond.ts';

export type SpendLimitRouteDeps = {
  readonly projects: ProjectStore;
  readonly organizations: OrganizationStore;
  /** What was spent so far in the month, as the time zone has it. */
  readonly spentThisMonth: (scope: { kind: 'project' | 'organization'; id: string }, timezone: string) => Promise<bigint>;
};

const PROJECT = '/v1/organization/projects/:project_id/spend_limit';
const ORGANIZATION = '/v1/organization/spend_limit';

const updateSchema = z.strictObject({
  currency: z.enum(['USD']),
  interval: z.enum(['month']),
  /** In cents. */
  threshold_amount: z
    .number()
    .min(0)
    .max(USD_MAX * 100),
});

/** OpenAI's hard spend limits are our monthly budgets. */
export function spendLimitRoutes(deps: SpendLimitRouteDeps): readonly AdminRoute[] {
  return [...projectRoutes(deps), ...organizationRoutes(deps)];
}

function projectRoutes({ projects, organizations, spentThisMonth }: SpendLimitRouteDeps): readonly AdminRoute[] {
  const show = async (organizationId: string, id: string, limits: Limits) => {
    const { timezone } = await organizations.find(organizationId);
    return toSpendLimitObject('project', { limits, spentNanoUsd: await spentThisMonth({ kind: 'project', id }, timezone) });
  };
  const params = { ...LIMIT_PARAMS, monthlyBudgetNanoUsd: 'threshold_amount' };
  return [
    adminRoute({
      method: 'get',
      path: PROJECT,
      permission: 'project.read',
      handle: async ({ by: { principal }, params: { project_id: id } }) =>
        show(principal.organizationId, id, (await projects.find(principal.organizationId, id)).limits),
    }),
    adminRoute({
      method: 'post',
      path: PROJECT,
      permission: 'project.limits.write',
      body: updateSchema,
      handle: async ({ by, params: { project_id: id }, body }) => {
        const budget = { monthlyBudgetNanoUsd: fromCents(body.threshold_amount) };
        const { limits } = await projects.change(by, id, { limits: budget }, params);
        return show(by.principal.organizationId, id, limits);
      },
    }),
    adminRoute({
      method: 'delete',
      path: PROJECT,
      permission: 'project.limits.write',
      handle: async ({ by, params: { project_id: id } }) => {
        requireBudget((await projects.find(by.principal.organizationId, id)).limits);
        await projects.change(by, id, { limits: NO_BUDGET });
        return { object: 'project.spend_limit.deleted', deleted: true };
      },
    }),
  ];
}

function organizationRoutes({ organizations, spentThisMonth }: SpendLimitRouteDeps): readonly AdminRoute[] {
  const show = async ({ id, timezone, limits }: { id: string; timezone: string; limits: Limits }) =>
    toSpendLimitObject('organization', { limits, spentNanoUsd: await spentThisMonth({ kind: 'organization', id }, timezone) });
  return [
    adminRoute({
      method: 'get',
      path: ORGANIZATION,
      permission: 'organization.read',
      handle: async ({ by }) => show(await organizations.find(by.principal.organizationId)),
    }),
    adminRoute({
      method: 'post',
      path: ORGANIZATION,
      permission: 'organization.write',
      body: updateSchema,
      handle: async ({ by, body }) =>
        show(await organizations.change(by, { limits: { monthlyBudgetNanoUsd: fromCents(body.threshold_amount) } })),
    }),
    adminRoute({
      method: 'delete',
      path: ORGANIZATION,
      permission: 'organization.write',
      handle: async ({ by }) => {
        requireBudget((await organizations.find(by.principal.organizationId)).limits);
        await organizations.change(by, { limits: NO_BUDGET });
        return { object: 'organization.spend_limit.deleted', deleted: true };
      },
    }),
  ];
}

const NO_BUDGET = { monthlyBudgetNanoUsd: null };

function requireBudget({ monthlyBudgetNanoUsd }: Limits): void {
  if (monthlyBudgetNanoUsd === undefined) throw notFound('spend limit');
}
