import type { Database } from '@sluice/prisma/client';
import { Prisma } from '@sluice/prisma/generated/client';
import type { RequestRow } from '@sluice/prisma/append-requests';
import type { RequestOutcome } from '@sluice/prisma/generated/enums';
import { whereVisible } from './visible-usage-store.ts';
import type { VisibleUsage } from './visible-usage.ts';

/** A place in the history; no two requests share one. */
type HistoryPlace = { readonly createdAt: Date; readonly requestId: string };

export type HistoryQuestion = {
  readonly visible: VisibleUsage;
  readonly filters: HistoryFilters;
  /** Undefined means from the beginning of history. */
  readonly startsAt: Date | undefined;
  readonly endsAt: Date | undefined;
  /** Only what lies before this place. */
  readonly before: HistoryPlace | undefined;
  readonly rowsMax: number;
};

export type HistoryFilters = {
  readonly projectIds?: readonly string[] | undefined;
  readonly apiKeyIds?: readonly string[] | undefined;
  readonly userIds?: readonly string[] | undefined;
  readonly models?: readonly string[] | undefined;
  readonly endpoints?: readonly string[] | undefined;
  readonly outcomes?: readonly RequestOutcome[] | undefined;
  readonly statusCodes?: readonly number[] | undefined;
};

/** A request as history has it. */
export type HistoryRow = Omit<RequestRow, 'costNanoUsd' | 'content'> & { readonly costNanoUsd: bigint };

export type HistoryContent = { readonly input: Prisma.JsonValue; readonly output: string };

export type RequestHistoryStore = {
  /** The newest first. */
  list(question: HistoryQuestion): Promise<readonly HistoryRow[]>;
  /** What was asked and answered, by request; nothing of a project that keeps no content, or no longer does. */
  contentOf(projectId: string, places: readonly HistoryPlace[]): Promise<ReadonlyMap<string, HistoryContent>>;
};

export function createRequestHistoryStore(db: Pick<Database, '$queryRaw'>): RequestHistoryStore {
  return {
    list: ({ visible, filters, startsAt, endsAt, before, rowsMax }) => {
      const conditions = [
        whereVisible(visible),
        ...(startsAt ? [Prisma.sql`created_at >= ${startsAt}`] : []),
        ...(endsAt ? [Prisma.sql`created_at < ${endsAt}`] : []),
        // The first condition alone tells which partitions and which end of an index to read.
        ...(before
          ? [Prisma.sql`created_at <= ${before.createdAt} AND (created_at, request_id) < (${before.createdAt}, ${before.requestId})`]
          : []),
        ...toConditions(filters),
      ];
      return db.$queryRaw<HistoryRow[]>(Prisma.sql`
        SELECT ${FIELDS} FROM request_log WHERE ${Prisma.join(conditions, ' AND ')}
        ORDER BY created_at DESC, request_id DESC LIMIT ${rowsMax}`);
    },
    contentOf: async (projectId, places) => {
      if (places.length === 0) return new Map();
      const rows = await db.$queryRaw<(HistoryContent & { requestId: string })[]>(Prisma.sql`
        SELECT c.request_id AS "requestId", c.input, c.output
        FROM request_content c JOIN projects p ON p.id = c.project_id AND p.stores_content
        WHERE c.project_id = ${projectId} AND c.request_id = ANY (${places.map(({ requestId }) => requestId)})
          AND c.created_at = ANY (${places.map(({ createdAt }) => createdAt)})`);
      return new Map(rows.map(({ requestId, input, output }) => [requestId, { input, output }]));
    },
  };
}

const FIELDS = Prisma.sql`
  request_id AS "requestId", api_key_id AS "apiKeyId", project_id AS "projectId", user_id AS "userId", tier_id AS "tierId",
  endpoint, model, adapter, worker, status_code AS "statusCode", outcome, error_code AS "errorCode",
  finish_reason AS "finishReason", stream, prompt_tokens AS "promptTokens", cached_tokens AS "cachedTokens",
  completion_tokens AS "completionTokens", cost_nano_usd AS "costNanoUsd", wait_ms AS "waitMs", queue_ms AS "queueMs",
  ttft_ms AS "ttftMs", duration_ms AS "durationMs", user_agent AS "userAgent", client_ip_hash AS "clientIpHash",
  retry_count AS "retryCount", tries, trace_id AS "traceId", created_at AS "createdAt"`;

function toConditions(filters: HistoryFilters): readonly Prisma.Sql[] {
  const { projectIds, apiKeyIds, userIds, models, endpoints, outcomes, statusCodes } = filters;
  return [
    ...(projectIds ? [Prisma.sql`project_id = ANY (${projectIds})`] : []),
    ...(apiKeyIds ? [Prisma.sql`api_key_id = ANY (${apiKeyIds})`] : []),
    ...(userIds ? [Prisma.sql`user_id = ANY (${userIds})`] : []),
    ...(models ? [Prisma.sql`model = ANY (${models})`] : []),
    ...(endpoints ? [Prisma.sql`endpoint = ANY (${endpoints})`] : []),
    ...(outcomes ? [Prisma.sql`outcome = ANY (${outcomes}::request_outcome[])`] : []),
    ...(statusCodes ? [Prisma.sql`status_code = ANY (${statusCodes})`] : []),
  ];
}
