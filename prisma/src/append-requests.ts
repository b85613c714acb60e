import { Prisma, type RequestOutcome } from '../generated/client.ts';
import type { Database } from './client.ts';

/** One finished request, as history keeps it. */
export type RequestRow = {
  readonly requestId: string;
  readonly apiKeyId: string;
  readonly projectId: string;
  /** The endpoint class, e.g. "chat.completions". */
  readonly endpoint: string;
  /** Empty when the request never named one. */
  readonly model: string;
  readonly worker: string | null;
  readonly statusCode: number;
  readonly outcome: RequestOutcome;
  readonly errorCode: string | null;
  readonly finishReason: string | null;
  readonly stream: boolean;
  readonly promptTokens: number;
  readonly cachedTokens: number;
  readonly completionTokens: number;
  readonly queueMs: number | null;
  readonly ttftMs: number | null;
  readonly durationMs: number;
  readonly userAgent: string | null;
  readonly clientIpHash: string | null;
  readonly retryCount: number;
  /** When the request arrived. Part of its identity: a replayed append must carry the same value. */
  readonly createdAt: Date;
};

/**
 * Appends to the history and adds what is new to usage_hourly, in one statement and so in one transaction. Returns how
 * many rows were new: a row that is there already counts for nothing, however often and from wherever it is sent.
 */
export async function appendRequests(db: Pick<Database, '$queryRaw'>, rows: readonly RequestRow[]): Promise<number> {
  if (rows.length === 0) return 0;
  // One JSON parameter holds any number of rows, and nulls. Both inserts are ordered, so that two batches that share
  // requests or hours wait for each other instead of deadlocking.
  const [counted] = await db.$queryRaw<{ count: number }[]>(Prisma.sql`
    WITH input AS (
      SELECT * FROM json_to_recordset(${JSON.stringify(rows)}::json) AS r (
        "requestId" text, "apiKeyId" text, "projectId" text, "endpoint" text, "model" text, "worker" text,
        "statusCode" int, "outcome" request_outcome, "errorCode" text, "finishReason" text, "stream" boolean,
        "promptTokens" int, "cachedTokens" int, "completionTokens" int, "queueMs" float8, "ttftMs" float8,
        "durationMs" float8, "userAgent" text, "clientIpHash" text, "retryCount" int, "createdAt" timestamptz(3)
      )
    ), inserted AS (
      INSERT INTO request_log (
        request_id, api_key_id, project_id, endpoint, model, worker, status_code, outcome, error_code, finish_reason,
        stream, prompt_tokens, cached_tokens, completion_tokens, queue_ms, ttft_ms, duration_ms, user_agent,
        client_ip_hash, retry_count, created_at
      )
      SELECT * FROM input ORDER BY "createdAt", "requestId"
      ON CONFLICT DO NOTHING
      RETURNING project_id, api_key_id, model, created_at, prompt_tokens, cached_tokens, completion_tokens
    ), used AS (
      INSERT INTO usage_hourly AS u (project_id, api_key_id, model, hour, requests, prompt_tokens, cached_tokens, completion_tokens)
      SELECT project_id, api_key_id, model, date_trunc('hour', created_at, 'UTC'), count(*), sum(prompt_tokens), sum(cached_tokens), sum(completion_tokens)
      FROM inserted GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
      ON CONFLICT (project_id, api_key_id, model, hour) DO UPDATE SET
        requests = u.requests + excluded.requests,
        prompt_tokens = u.prompt_tokens + excluded.prompt_tokens,
        cached_tokens = u.cached_tokens + excluded.cached_tokens,
        completion_tokens = u.completion_tokens + excluded.completion_tokens
    )
    SELECT count(*)::int AS count FROM inserted`);
  return counted?.count ?? 0;
}
