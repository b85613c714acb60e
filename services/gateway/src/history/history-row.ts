import { createHmac } from 'node:crypto';
import { CODES } from '@sluice/platform/codes';
import type { RequestRow } from '@sluice/prisma/append-requests';
import { LRUCache } from 'lru-cache';
import type { EndedExchange } from '../http/record-exchange.ts';
import { NO_USAGE } from '../inference/token-usage.ts';
import { toRequestContent } from './content-capture.ts';

/** A name that no worker knows is the client's own text: short, and nothing that Postgres refuses. */
const NAME_LENGTH_MAX = 128;

/** Addresses hashed lately; a proxy in front of the gateway has only a few. */
const HASHED_IPS_MAX = 1_000;

/** Makes the row of a metered request that came with a working key; others have none. */
export function createRowMaker(pepper: string): (ended: EndedExchange) => RequestRow | undefined {
  const hashes = new LRUCache<string, string>({ max: HASHED_IPS_MAX });
  const hashIp = (ip: string): string => {
    const hash = hashes.get(ip) ?? hashAddress(ip, pepper);
    hashes.set(ip, hash);
    return hash;
  };
  return (ended) => toRow(ended, hashIp);
}

function toRow({ exchange, outcome, status, durationMs }: EndedExchange, hashIp: (ip: string) => string): RequestRow | undefined {
  const { key, endpoint, generation, fault } = exchange;
  if (!key || !endpoint) return undefined;
  const { promptTokens, cachedTokens, completionTokens } = generation?.usage ?? NO_USAGE;
  return {
    requestId: exchange.requestId,
    apiKeyId: key.id,
    projectId: key.projectId,
    userId: key.userId ?? '',
    tierId: key.policy.tier.id,
    endpoint,
    model: storable(exchange.model ?? ''),
    adapter: exchange.adapter === undefined ? null : storable(exchange.adapter),
    worker: generation?.worker ?? null,
    statusCode: status,
    outcome,
    errorCode: fault ? (CODES[fault.code].code ?? fault.code.toLowerCase()) : null,
    finishReason: generation?.end.kind === 'finished' ? generation.end.reason : null,
    stream: exchange.isStream,
    promptTokens,
    cachedTokens,
    completionTokens,
    costNanoUsd: exchange.costNanoUsd,
    waitMs: exchange.waitMs ?? null,
    queueMs: generation?.queuedMs ?? null,
    ttftMs: exchange.firstTokenAtMs === undefined ? null : exchange.firstTokenAtMs - exchange.arrivedAtMs,
    durationMs,
    userAgent: exchange.userAgent ?? null,
    clientIpHash: hashIp(exchange.clientIp),
    retryCount: exchange.retryCount,
    tries: generation?.tries ?? 0,
    // W3C: version, trace id, parent id, flags.
    traceId: exchange.traceParent?.split('-')[1] ?? null,
    createdAt: exchange.arrivedAt,
    ...(exchange.content ? { content: toRequestContent(exchange.content) } : {}),
  };
}

function storable(name: string): string {
  return name
    .slice(0, NAME_LENGTH_MAX)
    .toWellFormed()
    .replaceAll(/\p{Cc}/gu, '');
}

/** The same address gives the same hash in one installation, and nobody without its pepper can turn it back. */
function hashAddress(ip: string, pepper: string): string {
  return createHmac('sha256', pepper).update(ip).digest('hex').slice(0, 32);
}
