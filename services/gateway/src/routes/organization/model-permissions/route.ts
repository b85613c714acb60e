import { Fault } from '@sluice/platform/fault';
import { z } from 'zod';
import type { ProjectStore } from '../../../admin/project-store.ts';
import { adminRoute, type AdminRoute } from '../../admin-route.ts';
import { models } from '../../admin-schema.ts';

const PATH = '/v1/organization/projects/:project_id/model_permissions';

const updateSchema = z.strictObject({ mode: z.enum(['allow_list', 'deny_list']), model_ids: models });

/** A project knows which models it may use, not which it may not. */
export function modelPermissionRoutes(projects: ProjectStore): readonly AdminRoute[] {
  return [
    adminRoute({
      method: 'get',
      path: PATH,
      permission: 'project.read',
      handle: async ({ by, params }) => toObject((await projects.find(by.principal.organizationId, params.project_id)).allowedModels),
    }),
    adminRoute({
      method: 'post',
      path: PATH,
      permission: 'project.limits.write',
      body: updateSchema,
      handle: async ({ by, params, body }) => {
        const { allowedModels } = await projects.change(by, params.project_id, { allowedModels: toAllowed(body) });
        return toObject(allowedModels);
      },
    }),
    adminRoute({
      method: 'delete',
      path: PATH,
      permission: 'project.limits.write',
      handle: async ({ by, params }) => {
        await projects.change(by, params.project_id, { allowedModels: [] });
        return { object: 'project.model_permissions.deleted', deleted: true };
      },
    }),
  ];
}

/** Where nothing is listed, nothing is denied. */
function toObject(allowedModels: readonly string[]) {
  const mode = allowedModels.length > 0 ? 'allow_list' : 'deny_list';
  return { object: 'project.model_permissions', mode, model_ids: allowedModels };
}

function toAllowed({ mode, model_ids: modelIds }: z.infer<typeof updateSchema>): readonly string[] {
  if (mode === 'deny_list' && modelIds.length > 0) {
    throw new Fault('UNSUPPORTED_VALUE', {
      message: "Unsupported value: 'mode' may be 'allow_list' only; name the models that are allowed.",
      param: 'mode',
    });
  }
  if (mode === 'allow_list' && modelIds.length === 0) {
    throw new Fault('EMPTY_ARRAY', {
      message: "Invalid 'model_ids': empty array. A project that may use no model is archived instead.",
      param: 'model_ids',
    });
  }
  return modelIds;
}
