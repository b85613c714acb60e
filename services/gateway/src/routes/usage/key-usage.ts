import type { Clock } from '@sluice/platform/clock';
import { z } from 'zod';
import { fromStore } from '../../store-fault.ts';
import { parseQuery } from '../../http/query.ts';
import { sendJson } from '../../http/response-head.ts';
import type { KeySnapshot } from '../../keys/key-snapshot.ts';
import { BUCKET_WIDTHS } from '../../usage/bucket-width.ts';
import type { ReadGate } from '../../usage/read-gate.ts';
import type { ScopeUsageStore } from '../../usage/scope-usage-store.ts';
import { readUsagePage } from '../../usage/usage-pages.ts';
import type { UsageStore, UsageSums } from '../../usage/usage-store.ts';
import type { KeyedRoute } from '../route.ts';
import { orNull, toBucketPage } from './bucket-page.ts';
import { bucketQuery, checkBuckets, groupList, limitOf, unixNow, unixTime } from './bucket-query.ts';
import { readQuota } from './key-quota.ts';
import { toAmount } from './money-amount.ts';

type KeyUsageDeps = {
  readonly usage: UsageStore;
  readonly scopeUsage: ScopeUsageStore;
  readonly gate: ReadGate;
  readonly clock: Clock;
};

const GROUPS = ['model', 'endpoint'] as const;

/** Without a start, the page ends at the end or now. */
const query = z.strictObject({ ...bucketQuery, start_time: unixTime.optional(), group_by: groupList(...GROUPS) }).superRefine(checkBuckets);

/** `GET /v1/usage`: what the key itself has used, in OpenAI's buckets, and what its quotas have left. */
export function keyUsageRoute({ usage, scopeUsage, gate, clock }: KeyUsageDeps): KeyedRoute {
  return {
    access: 'key',
    method: 'get',
    path: '/v1/usage',
    scope: 'usage',
    handle: async (req, res, key) => {
      const { exchange } = res.locals;
      const asked = parseQuery(query, req.url);
      const page = { key, query: asked, nowS: unixNow(clock) };
      const read = () => Promise.all([readQuota(scopeUsage, key, clock.now()), readPage(usage, page)]);
      const [quota, buckets] = await fromStore(gate.run(key.id, read));
      sendJson(res, exchange, { status: 200, json: JSON.stringify({ ...toBucketPage(buckets, toResult), ...quota }), clock });
    },
  };
}

function readPage(usage: UsageStore, options: { key: KeySnapshot; query: z.infer<typeof query>; nowS: number }) {
  const { key, nowS } = options;
  const { limit: _, page, ...asked } = options.query;
  const limit = limitOf(options.query);
  const { seconds } = BUCKET_WIDTHS[asked.bucket_width];
  const question = {
    asked: ['key', asked],
    visible: { kind: 'key', projectId: key.projectId, apiKeyId: key.id },
    width: asked.bucket_width,
    startS: asked.start_time ?? Math.max(0, (asked.end_time ?? nowS + 1) - 1 - (limit - 1) * seconds),
    endS: asked.end_time,
    filters: {},
    groupBy: GROUPS.filter((column) => asked.group_by.includes(column)),
    mayMatch: true,
  } as const;
  return readUsagePage(usage, question, { limit, page, nowS });
}

function toResult({ group, requests, modelRequests, promptTokens, cachedTokens, completionTokens, costNanoUsd }: UsageSums) {
  return {
    object: 'usage.result',
    input_tokens: promptTokens,
    input_cached_tokens: cachedTokens,
    output_tokens: completionTokens,
    num_model_requests: modelRequests,
    num_requests: requests,
    cost: toAmount(costNanoUsd),
    model: orNull(group.model),
    endpoint: orNull(group.endpoint),
  };
}
