import type { HistoryPage } from '../../usage/history-pages.ts';
import type { HistoryContent, HistoryRow } from '../../usage/request-history-store.ts';
import { orNull } from './bucket-page.ts';
import { toAmount } from './money-amount.ts';

/** A request as whoever sent it may see it: nothing of the workers behind the gateway. */
export function toRequestObject(row: HistoryRow) {
  return {
    object: 'request',
    id: row.requestId,
    created_at: Math.floor(row.createdAt.getTime() / 1_000),
    created_at_ms: row.createdAt.getTime(),
    api_key_id: row.apiKeyId,
    project_id: row.projectId,
    user_id: orNull(row.userId),
    endpoint: row.endpoint,
    model: orNull(row.model),
    adapter: row.adapter,
    status_code: row.statusCode,
    outcome: row.outcome,
    error_code: row.errorCode,
    finish_reason: row.finishReason,
    stream: row.stream,
    usage: { input_tokens: row.promptTokens, input_cached_tokens: row.cachedTokens, output_tokens: row.completionTokens },
    cost: toAmount(row.costNanoUsd),
    wait_ms: roundMs(row.waitMs),
    queue_ms: roundMs(row.queueMs),
    ttft_ms: roundMs(row.ttftMs),
    duration_ms: roundMs(row.durationMs),
    user_agent: row.userAgent,
    retry_count: row.retryCount,
    trace_id: row.traceId,
  };
}

/** A request as an administrator may see it. */
export function toAdminRequestObject(row: HistoryRow, content?: HistoryContent | null) {
  return {
    ...toRequestObject(row),
    tier_id: orNull(row.tierId),
    worker: row.worker,
    tries: row.tries,
    client_ip_hash: row.clientIpHash,
    ...(content === undefined ? {} : { content }),
  };
}

export function toRequestPage<Item>({ rows, nextPage }: HistoryPage, toItem: (row: HistoryRow) => Item) {
  return { object: 'page', data: rows.map(toItem), has_more: nextPage !== undefined, next_page: nextPage ?? null };
}

/** Milliseconds to three places: what is finer is noise of the clock. */
function roundMs(ms: number | null): number | null {
  return ms === null ? null : Math.round(ms * 1_000) / 1_000;
}
