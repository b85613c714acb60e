import { z } from 'zod';
import { INTEGER } from '../../http/validate.ts';
import { toUsd } from '../../usage/money.ts';
import { pageSchema, readUsagePage } from '../../usage/usage-pages.ts';
import type { UsageColumn, UsageSums } from '../../usage/usage-store.ts';
import { adminRoute, type AdminRoute } from '../admin-route.ts';
import { orNull, toBucketPage } from './bucket-page.ts';
import { checkInterval, groupList, idList, unixNow, unixTime } from './bucket-query.ts';
import type { UsageRouteDeps } from './organization-usage.ts';
import { visibleTo } from './visible-to.ts';

const DAYS_MAX = 180;
const DAYS_DEFAULT = 7;

const GROUPS = ['project_id', 'user_id', 'line_item', 'api_key_id', 'api_source'] as const;

const query = z
  .strictObject({
    start_time: unixTime,
    end_time: unixTime.optional(),
    bucket_width: z.enum(['1d']).default('1d'),
    limit: z.int().min(1, INTEGER).max(DAYS_MAX, INTEGER).default(DAYS_DEFAULT),
    page: pageSchema.optional(),
    project_ids: idList,
    api_key_ids: idList,
    line_items: idList,
    group_by: groupList(...GROUPS),
  })
  .superRefine(checkInterval);

/** One line of a bill is about one model. */
const COLUMN_OF: Readonly<Record<(typeof GROUPS)[number], UsageColumn | undefined>> = {
  project_id: 'project_id',
  user_id: 'user_id',
  api_key_id: 'api_key_id',
  line_item: 'model',
  api_source: undefined,
};

/** `GET /v1/organization/costs`, as OpenAI's `admin.organization.usage.costs` asks for it: days, at the prices of their moments. */
export function organizationCostsRoute({ usage, gate, clock }: UsageRouteDeps): AdminRoute {
  return adminRoute({
    method: 'get',
    path: '/v1/organization/costs',
    permission: 'usage.read',
    query,
    handle: async ({ by, reach, query }) => {
      const { limit, page, ...asked } = query;
      const question = {
        asked: ['costs', asked],
        visible: visibleTo(by.principal, reach),
        width: asked.bucket_width,
        startS: asked.start_time,
        endS: asked.end_time,
        filters: { project_id: asked.project_ids, api_key_id: asked.api_key_ids, model: asked.line_items },
        groupBy: [...new Set(asked.group_by)].flatMap((group) => COLUMN_OF[group] ?? []),
        mayMatch: true,
      };
      const options = { limit, page, nowS: unixNow(clock) };
      const found = await gate.run(by.principal.id, () => readUsagePage(usage, question, options));
      return toBucketPage(found, (sums) => toCosts(sums, asked.group_by));
    },
  });
}

function toCosts({ group, promptTokens, completionTokens, costNanoUsd }: UsageSums, groups: readonly string[]) {
  const hasLines = groups.includes('line_item');
  return {
    object: 'organization.costs.result',
    amount: { value: toUsd(costNanoUsd), currency: 'usd' },
    line_item: orNull(group.model),
    quantity: hasLines ? promptTokens + completionTokens : null,
    quantity_unit: hasLines ? 'tokens' : null,
    project_id: orNull(group.project_id),
    user_id: orNull(group.user_id),
    api_key_id: orNull(group.api_key_id),
    api_source: groups.includes('api_source') ? 'unlabeled' : null,
  };
}
