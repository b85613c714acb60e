import { createHmac } from 'node:crypto';
import { CODES } from '@sluice/platform/codes';
import type { RequestRow } from '@sluice/prisma/append-requests';
import type { EndedExchange } from '../http/record-exchange.ts';
import { NO_USAGE } from '../inference/token-usage.ts';

/** A name that no worker knows is the client's own text: short, and nothing that Postgres refuses. */
const MODEL_LENGTH_MAX = 128;

/** The row of a metered request that came with a working key; others have none. */
export function toRequestRow({ exchange, outcome, status, durationMs }: EndedExchange, pepper: string): RequestRow | undefined {
  const { key, endpoint, generation, fault } = exchange;
  if (!key || !endpoint) return undefined;
  const { promptTokens, cachedTokens, completionTokens } = generation?.usage ?? NO_USAGE;
  return {
    requestId: exchange.requestId,
    apiKeyId: key.id,
    projectId: key.projectId,
    endpoint,
    model: (exchange.model ?? '').slice(0, MODEL_LENGTH_MAX).toWellFormed().replaceAll(/\p{Cc}/gu, ''),
    worker: generation?.worker ?? null,
    statusCode: status,
    outcome,
    errorCode: fault ? (CODES[fault.code].code ?? fault.code.toLowerCase()) : null,
    finishReason: generation?.end.kind === 'finished' ? generation.end.reason : null,
    stream: exchange.isStream,
    promptTokens,
    cachedTokens,
    completionTokens,
    queueMs: generation?.queuedMs ?? null,
    ttftMs: exchange.firstTokenAtMs === undefined ? null : exchange.firstTokenAtMs - exchange.arrivedAtMs,
    durationMs,
    userAgent: exchange.userAgent ?? null,
    clientIpHash: hashIp(exchange.clientIp, pepper),
    retryCount: exchange.retryCount,
    createdAt: exchange.arrivedAt,
  };
}

/** The same address gives the same hash in one installation, and nobody without its pepper can turn it back. */
function hashIp(ip: string, pepper: string): string {
  return createHmac('sha256', pepper).update(ip).digest('hex').slice(0, 32);
}
