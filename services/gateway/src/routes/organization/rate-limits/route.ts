import { z } from 'zod';
import { notFound } from '../../../admin/not-found.ts';
import { pageOf } from '../../../admin/page.ts';
import type { RateLimitStore } from '../../../admin/rate-limit-store.ts';
import { withoutUndefined } from '../../../admin/without-undefined.ts';
import { toList } from '../../admin-list.ts';
import { adminRoute, type AdminRoute } from '../../admin-route.ts';
import { notHere, pageQuery } from '../../admin-schema.ts';
import { integer } from '../../scalars.ts';
import { count } from '../../limits-schema.ts';
import { modelOf, toRateLimitObject } from './respond.ts';

const LIMITS = '/v1/organization/projects/:project_id/rate_limits';

const updateSchema = z.strictObject({
  max_requests_per_1_minute: count.optional(),
  max_tokens_per_1_minute: count.optional(),
  max_requests_per_1_day: integer(1, 100_000_000).optional(),
  batch_1_day_max_input_tokens: notHere(),
  max_audio_megabytes_per_1_minute: notHere(),
  max_images_per_1_minute: notHere(),
});

export function rateLimitRoutes(rateLimits: RateLimitStore): readonly AdminRoute[] {
  return [
    adminRoute({
      method: 'get',
      path: LIMITS,
      permission: 'project.read',
      query: z.strictObject(pageQuery),
      handle: async ({ params, query }) => {
        const all = (await rateLimits.list(params.project_id)).map(toRateLimitObject);
        return toList(pageOf(all, query), (limit) => limit);
      },
    }),
    adminRoute({
      method: 'post',
      path: `${LIMITS}/:rate_limit_id`,
      permission: 'project.limits.write',
      body: updateSchema,
      handle: async ({ by, params, body }) => {
        const wanted = withoutUndefined({
          requestsPerMinute: body.max_requests_per_1_minute,
          tokensPerMinute: body.max_tokens_per_1_minute,
          requestsPerDay: body.max_requests_per_1_day,
        });
        return toRateLimitObject(await rateLimits.set(by, toName(params), wanted));
      },
    }),
    // Ours: OpenAI has no way to take one back.
    adminRoute({
      method: 'delete',
      path: `${LIMITS}/:rate_limit_id`,
      permission: 'project.limits.write',
      handle: async ({ by, params }) => {
        await rateLimits.delete(by, toName(params));
        return { object: 'project.rate_limit.deleted', id: params.rate_limit_id, deleted: true };
      },
    }),
  ];
}

function toName(params: Readonly<Record<'project_id' | 'rate_limit_id', string>>) {
  const model = modelOf(params.rate_limit_id);
  if (model === undefined) throw notFound('rate limit');
  return { projectId: params.project_id, model };
}
