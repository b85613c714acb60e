import { randomUUID } from 'node:crypto';
import type { RequestRow } from '@sluice/prisma/append-requests';

/** A history row with an id of its own. */
export function requestRow(change: Partial<RequestRow> = {}): RequestRow {
  return {
    requestId: `req_${randomUUID().replaceAll('-', '')}`,
    apiKeyId: 'key_1',
    projectId: 'proj_1',
    userId: '',
    tierId: 'free',
    endpoint: 'chat.completions',
    model: 'm',
    adapter: null,
    worker: null,
    statusCode: 200,
    outcome: 'completed',
    errorCode: null,
    finishReason: 'stop',
    stream: false,
    promptTokens: 1,
    cachedTokens: 0,
    completionTokens: 1,
    costNanoUsd: 0,
    waitMs: null,
    queueMs: null,
    ttftMs: null,
    durationMs: 1,
    userAgent: null,
    clientIpHash: null,
    retryCount: 0,
    tries: 1,
    traceId: null,
    createdAt: new Date(),
    ...change,
  };
}
