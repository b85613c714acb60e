import type { Clock } from '@sluice/platform/clock';
import { z } from 'zod';
import type { Scope } from '../../keys/scopes.ts';
import type { ReadGate } from '../../usage/read-gate.ts';
import { readUsagePage } from '../../usage/usage-pages.ts';
import type { UsageStore, UsageSums } from '../../usage/usage-store.ts';
import { adminRoute, type AdminRoute } from '../admin-route.ts';
import { orNull, toBucketPage } from './bucket-page.ts';
import { bucketQuery, checkBuckets, groupList, idList, limitOf, unixNow, unixTime } from './bucket-query.ts';
import { visibleTo } from './visible-to.ts';

export type UsageRouteDeps = { readonly usage: UsageStore; readonly gate: ReadGate; readonly clock: Clock };

/** Under which of OpenAI's kinds the requests of an endpoint are counted; undefined for those that are not kept in history. */
const COUNTED_AS: Readonly<Record<Scope, 'completions' | 'embeddings' | undefined>> = {
  'chat.completions': 'completions',
  completions: 'completions',
  embeddings: 'embeddings',
  // OpenAI has no such kind; what is ranked is read, too, and nothing is generated.
  rerank: 'embeddings',
  tokenize: undefined,
  models: undefined,
  usage: undefined,
};

type Kind = {
  /** The last part of the path. */
  readonly name: string;
  readonly query: z.ZodObject & z.ZodType<Query>;
  /** Left out where Sluice has nothing of the kind: every bucket is empty. */
  readonly toResult?: (sums: UsageSums, groups: readonly string[]) => object;
};

/** The most that any kind takes. */
type Query = {
  readonly start_time: number;
  readonly end_time?: number | undefined;
  readonly bucket_width: '1m' | '1h' | '1d';
  readonly limit?: number | undefined;
  readonly page?: string | undefined;
  readonly group_by: readonly string[];
  readonly project_ids?: readonly string[] | undefined;
  readonly user_ids?: readonly string[] | undefined;
  readonly api_key_ids?: readonly string[] | undefined;
  readonly models?: readonly string[] | undefined;
  readonly batch?: boolean | undefined;
};

const byProject = { ...bucketQuery, start_time: unixTime, project_ids: idList };
const byKey = { ...byProject, user_ids: idList, api_key_ids: idList };
const byModel = { ...byKey, models: idList };
const KEY_GROUPS = ['project_id', 'user_id', 'api_key_id'] as const;
const MODEL_GROUPS = [...KEY_GROUPS, 'model'] as const;
const TEXT_GROUPS = [...MODEL_GROUPS, 'batch', 'service_tier', 'api_source'] as const;

const text = z.strictObject({ ...byModel, batch: z.boolean().optional(), group_by: groupList(...TEXT_GROUPS) }).superRefine(checkBuckets);
const ofModel = z.strictObject({ ...byModel, group_by: groupList(...MODEL_GROUPS) }).superRefine(checkBuckets);
const ofProject = z.strictObject({ ...byProject, group_by: groupList('project_id') }).superRefine(checkBuckets);

const KINDS: readonly Kind[] = [
  { name: 'completions', query: text, toResult: toCompletions },
  { name: 'embeddings', query: ofModel, toResult: toEmbeddings },
  { name: 'decisions', query: text },
  { name: 'moderations', query: ofModel },
  { name: 'audio_speeches', query: ofModel },
  { name: 'audio_transcriptions', query: ofModel },
  { name: 'vector_stores', query: ofProject },
  { name: 'code_interpreter_sessions', query: ofProject },
  {
    name: 'images',
    query: z
      .strictObject({ ...byModel, sizes: idList, sources: idList, group_by: groupList(...MODEL_GROUPS, 'size', 'source') })
      .superRefine(checkBuckets),
  },
  {
    name: 'file_search_calls',
    query: z
      .strictObject({ ...byKey, vector_store_ids: idList, group_by: groupList(...KEY_GROUPS, 'vector_store_id') })
      .superRefine(checkBuckets),
  },
  {
    name: 'web_search_calls',
    query: z
      .strictObject({ ...byModel, context_levels: idList, group_by: groupList(...MODEL_GROUPS, 'context_level', 'api_source') })
      .superRefine(checkBuckets),
  },
];

/** `GET /v1/organization/usage/…`, as OpenAI's `admin.organization.usage` asks for it. */
export function organizationUsageRoutes({ usage, gate, clock }: UsageRouteDeps): readonly AdminRoute[] {
  return KINDS.map(({ name, query, toResult }) =>
    adminRoute({
      method: 'get',
      path: `/v1/organization/usage/${name}`,
      permission: 'usage.read',
      query,
      handle: async ({ by, reach, query }) => {
        const { limit: _, page, ...asked } = query;
        const question = {
          asked: [name, asked],
          visible: visibleTo(by.principal, reach),
          width: asked.bucket_width,
          startS: asked.start_time,
          endS: asked.end_time,
          filters: {
            project_id: asked.project_ids,
            user_id: asked.user_ids,
            api_key_id: asked.api_key_ids,
            model: asked.models,
            endpoint: endpointsOf(name),
          },
          groupBy: MODEL_GROUPS.filter((column) => asked.group_by.includes(column)),
          // Nothing runs as a batch yet.
          mayMatch: toResult !== undefined && asked.batch !== true,
        };
        const options = { limit: limitOf(query), page, nowS: unixNow(clock) };
        const found = await gate.run(by.principal.id, () => readUsagePage(usage, question, options));
        return toBucketPage(found, (sums) => toResult?.(sums, asked.group_by));
      },
    }),
  );
}

function endpointsOf(kind: string): readonly string[] {
  return Object.entries(COUNTED_AS).flatMap(([endpoint, countedAs]) => (countedAs === kind ? [endpoint] : []));
}

function toCompletions(
  { group, requests, modelRequests, promptTokens, cachedTokens, completionTokens }: UsageSums,
  groups: readonly string[],
) {
  const uncachedTokens = promptTokens - cachedTokens;
  return {
    object: 'organization.usage.completions.result',
    input_tokens: promptTokens,
    output_tokens: completionTokens,
    input_cached_tokens: cachedTokens,
    input_uncached_tokens: uncachedTokens,
    input_text_tokens: uncachedTokens,
    input_cached_text_tokens: cachedTokens,
    output_text_tokens: completionTokens,
    ...NOT_TEXT,
    num_model_requests: modelRequests,
    ...toGroup(group),
    batch: groups.includes('batch') ? false : null,
    service_tier: groups.includes('service_tier') ? 'default' : null,
    api_source: groups.includes('api_source') ? 'unlabeled' : null,
    sluice: { num_requests: requests },
  };
}

/** Models here read and write text alone, and writing to the cache costs nothing. */
const NOT_TEXT = {
  input_audio_tokens: 0,
  input_cached_audio_tokens: 0,
  output_audio_tokens: 0,
  input_image_tokens: 0,
  input_cached_image_tokens: 0,
  output_image_tokens: 0,
  input_cache_write_tokens: 0,
  input_cache_write_30m_tokens: 0,
  input_cache_write_12h_tokens: 0,
};

function toEmbeddings({ group, requests, modelRequests, promptTokens }: UsageSums) {
  return {
    object: 'organization.usage.embeddings.result',
    input_tokens: promptTokens,
    num_model_requests: modelRequests,
    ...toGroup(group),
    sluice: { num_requests: requests },
  };
}

function toGroup({ project_id, user_id, api_key_id, model }: UsageSums['group']) {
  return { project_id: orNull(project_id), user_id: orNull(user_id), api_key_id: orNull(api_key_id), model: orNull(model) };
}
