import { z } from 'zod';
import type { ProjectRecord, ProjectStore } from '../../../admin/project-store.ts';
import { adminRoute, type AdminRoute } from '../../admin-route.ts';
import { models, tierId } from '../../admin-schema.ts';
import { limitsSchema, toLimitChange } from '../../limits-schema.ts';
import { toProjectSettings } from '../../organization/projects/respond.ts';

const PATH = '/sluice/v1/projects/:project_id';

const updateSchema = z.strictObject({
  tier: tierId.optional(),
  limits: limitsSchema.optional(),
  allowed_models: models.optional(),
  stores_content: z.boolean().optional(),
});

/** What OpenAI's projects do not have. */
export function projectSettingsRoutes(projects: ProjectStore): readonly AdminRoute[] {
  return [
    adminRoute({
      method: 'get',
      path: PATH,
      permission: 'project.read',
      handle: async ({ by, params }) => toObject(await projects.find(by.principal.organizationId, params.project_id)),
    }),
    adminRoute({
      method: 'patch',
      path: PATH,
      permission: 'project.limits.write',
      body: updateSchema,
      handle: async ({ by, params, body }) =>
        toObject(
          await projects.change(by, params.project_id, {
            tierId: body.tier,
            limits: body.limits && toLimitChange(body.limits),
            allowedModels: body.allowed_models,
            storesContent: body.stores_content,
          }),
        ),
    }),
  ];
}

function toObject(project: ProjectRecord) {
  return { id: project.id, object: 'sluice.project', name: project.name, ...toProjectSettings(project) };
}
