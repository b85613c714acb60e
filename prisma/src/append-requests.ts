import { Prisma, type RequestOutcome } from '../generated/client.ts';
import type { Database } from './client.ts';

/** One finished request, as history keeps it. */
export type RequestRow = {
  readonly requestId: string;
  readonly apiKeyId: string;
  readonly projectId: string;
  /** The owner of the key; empty when no user owns it. */
  readonly userId: string;
  /** The tier the request was served under. */
  readonly tierId: string;
  /** The endpoint class, e.g. "chat.completions". */
  readonly endpoint: string;
  /** Empty when the request never named one. */
  readonly model: string;
  /** The LoRA adapter on top of the model. */
  readonly adapter: string | null;
  readonly worker: string | null;
  readonly statusCode: number;
  readonly outcome: RequestOutcome;
  readonly errorCode: string | null;
  readonly finishReason: string | null;
  readonly stream: boolean;
  readonly promptTokens: number;
  readonly cachedTokens: number;
  readonly completionTokens: number;
  /** Billionths of a US dollar; a whole number. */
  readonly costNanoUsd: number;
  /** Waiting in the gateway for a limit. */
  readonly waitMs: number | null;
  /** Waiting in the runtime for a slot. */
  readonly queueMs: number | null;
  readonly ttftMs: number | null;
  readonly durationMs: number;
  readonly userAgent: string | null;
  readonly clientIpHash: string | null;
  /** How often the client's SDK had sent the request before. */
  readonly retryCount: number;
  /** Workers that were tried. A request with none never reached a model. */
  readonly tries: number;
  readonly traceId: string | null;
  /** When the request arrived. Part of its identity: a replayed append must carry the same value. */
  readonly createdAt: Date;
  /** Only of projects that keep it. */
  readonly content?: RequestContent | undefined;
};

/** What was asked and answered. */
export type RequestContent = {
  /** The request body as JSON text, without what Postgres refuses in it: NUL characters and halves of surrogate pairs. */
  readonly input: string;
  /** The text that was generated, without NUL characters. */
  readonly output: string;
};

/**
 * Appends to the history, with the content of rows that carry some, and adds what is new to the hourly and daily usage, in one
 * statement and so in one transaction. Returns how many rows were new: a row that is there already counts for nothing, however
 * often and from wherever it is sent.
 */
export async function appendRequests(db: Pick<Database, '$queryRaw'>, rows: readonly RequestRow[]): Promise<number> {
  if (rows.length === 0) return 0;
  // One JSON parameter holds any number of rows, and nulls. All inserts are ordered, so that two batches that share
  // requests, hours or days wait for each other instead of deadlocking.
  const [counted] = await db.$queryRaw<{ count: number }[]>(Prisma.sql`
    WITH input AS (
      SELECT * FROM json_to_recordset(${JSON.stringify(rows)}::json) AS r (
        "requestId" text, "apiKeyId" text, "projectId" text, "userId" text, "tierId" text, "endpoint" text, "model" text,
        "adapter" text, "worker" text, "statusCode" int, "outcome" request_outcome, "errorCode" text, "finishReason" text,
        "stream" boolean, "promptTokens" int, "cachedTokens" int, "completionTokens" int, "costNanoUsd" bigint,
        "waitMs" float8, "queueMs" float8, "ttftMs" float8, "durationMs" float8, "userAgent" text, "clientIpHash" text,
        "retryCount" int, "tries" int, "traceId" text, "createdAt" timestamptz(3), "content" json
      )
    ), inserted AS (
      INSERT INTO request_log (
        request_id, api_key_id, project_id, user_id, tier_id, endpoint, model, adapter, worker, status_code, outcome,
        error_code, finish_reason, stream, prompt_tokens, cached_tokens, completion_tokens, cost_nano_usd, wait_ms,
        queue_ms, ttft_ms, duration_ms, user_agent, client_ip_hash, retry_count, tries, trace_id, created_at
      )
      SELECT
        "requestId", "apiKeyId", "projectId", "userId", "tierId", "endpoint", "model", "adapter", "worker", "statusCode", "outcome",
        "errorCode", "finishReason", "stream", "promptTokens", "cachedTokens", "completionTokens", "costNanoUsd", "waitMs",
        "queueMs", "ttftMs", "durationMs", "userAgent", "clientIpHash", "retryCount", "tries", "traceId", "createdAt"
      FROM input ORDER BY "createdAt", "requestId"
      ON CONFLICT DO NOTHING
      RETURNING
        request_id, project_id, api_key_id, user_id, model, endpoint, created_at, tries, prompt_tokens, cached_tokens, completion_tokens,
        cost_nano_usd
    ), ${rows.some(({ content }) => content !== undefined) ? WITH_CONTENT : Prisma.empty}
    by_hour AS (${sumInto(Prisma.sql`usage_hourly`, Prisma.sql`hour`)}),
    by_day AS (${sumInto(Prisma.sql`usage_daily`, Prisma.sql`day`)})
    SELECT count(*)::int AS count FROM inserted`);
  return counted?.count ?? 0;
}

/** Of new rows only: what retention has removed does not come back with a replay. */
const WITH_CONTENT = Prisma.sql`by_content AS (
      INSERT INTO request_content (request_id, project_id, input, output, created_at)
      SELECT i.request_id, i.project_id, (r.content ->> 'input')::jsonb, r.content ->> 'output', i.created_at
      FROM inserted i JOIN input r ON r."requestId" = i.request_id AND r."createdAt" = i.created_at
      WHERE r.content IS NOT NULL ORDER BY i.created_at, i.request_id
      ON CONFLICT DO NOTHING
    ),`;

/** Adds what was inserted to the sums of a table, whose column `unit` is named after the unit of time, in UTC, that a row of it sums up. */
function sumInto(table: Prisma.Sql, unit: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`
      INSERT INTO ${table} AS u (
        project_id, api_key_id, user_id, model, endpoint, ${unit}, requests, model_requests, prompt_tokens, cached_tokens,
        completion_tokens, cost_nano_usd
      )
      SELECT project_id, api_key_id, user_id, model, endpoint, date_trunc('${unit}', created_at, 'UTC'),
        count(*), count(*) FILTER (WHERE tries > 0), sum(prompt_tokens), sum(cached_tokens), sum(completion_tokens), sum(cost_nano_usd)
      FROM inserted GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 2, 3, 4, 5, 6
      ON CONFLICT (project_id, api_key_id, user_id, model, endpoint, ${unit}) DO UPDATE SET
        requests = u.requests + excluded.requests,
        model_requests = u.model_requests + excluded.model_requests,
        prompt_tokens = u.prompt_tokens + excluded.prompt_tokens,
        cached_tokens = u.cached_tokens + excluded.cached_tokens,
        completion_tokens = u.completion_tokens + excluded.completion_tokens,
        cost_nano_usd = u.cost_nano_usd + excluded.cost_nano_usd`;
}
