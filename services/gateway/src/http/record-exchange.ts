import { CODES } from '@sluice/platform/codes';
import type { Log } from '@sluice/platform/log';
import { UNKNOWN_MODEL, type GatewayMetrics } from '../metrics.ts';
import { NO_USAGE } from '../inference/token-usage.ts';
import type { Exchange } from './exchange.ts';
import type { Outcome } from './outcome.ts';

/** One request when all of it is over: the response, and the generation behind it. */
export type EndedExchange = {
  readonly exchange: Exchange;
  readonly outcome: Outcome;
  readonly status: number;
  readonly durationMs: number;
};

type RecordDeps = {
  readonly log: Log;
  readonly metrics: GatewayMetrics;
  readonly knowsModel: (model: string) => boolean;
};

const NANO_PER_USD = 1e9;

/** Writes the one line of a request and counts it. Holds nothing of what was asked or answered, and no key. */
export function recordExchange({ log, metrics, knowsModel }: RecordDeps, ended: EndedExchange): void {
  const { exchange, status, durationMs } = ended;
  const { route, method, fault } = exchange;
  const model = exchange.model === undefined ? '' : knowsModel(exchange.model) ? exchange.model : UNKNOWN_MODEL;
  metrics.requests.inc({ route, method, status, code: fault?.code ?? '', model });
  metrics.requestDuration.observe({ route, model }, durationMs / 1_000);
  const usage = exchange.generation?.usage;
  if (usage) {
    metrics.tokens.inc({ direction: 'input', model }, usage.promptTokens);
    metrics.tokens.inc({ direction: 'cached', model }, usage.cachedTokens);
    metrics.tokens.inc({ direction: 'output', model }, usage.completionTokens);
    metrics.costUsd.inc({ model }, exchange.costNanoUsd / NANO_PER_USD);
  }
  log[levelOf(exchange)](toLine(ended), 'request');
}

function levelOf({ fault, key, principal, method }: Exchange): 'debug' | 'info' | 'warn' | 'error' {
  if (fault) return CODES[fault.code].log;
  // Only probes read anything without a key, and they come every second.
  return key || principal || method === 'POST' ? 'info' : 'debug';
}

function toLine({ exchange, outcome, status, durationMs }: EndedExchange) {
  const { fault, generation, key, principal } = exchange;
  const usage = generation?.usage ?? NO_USAGE;
  return {
    requestId: exchange.requestId,
    clientRequestId: exchange.clientRequestId,
    traceParent: exchange.traceParent,
    route: exchange.route,
    method: exchange.method,
    status,
    outcome,
    errorCode: fault?.code,
    errorInternal: fault?.internal,
    err: fault?.code === 'INTERNAL' ? fault.cause : undefined,
    keyId: key?.publicId,
    projectId: key?.projectId,
    principalId: principal?.id,
    organizationId: principal?.organizationId,
    model: exchange.model,
    adapter: exchange.adapter,
    worker: generation?.worker,
    tries: generation?.tries,
    isStream: exchange.isStream,
    isReplay: exchange.isReplay || undefined,
    finishReason: generation?.end.kind === 'finished' ? generation.end.reason : undefined,
    promptTokens: usage.promptTokens,
    cachedTokens: usage.cachedTokens,
    completionTokens: usage.completionTokens,
    costNanoUsd: exchange.costNanoUsd,
    waitMs: round(exchange.waitMs),
    queueMs: round(generation?.queuedMs),
    ttftMs: exchange.firstTokenAtMs === undefined ? undefined : round(exchange.firstTokenAtMs - exchange.arrivedAtMs),
    overheadMs: exchange.overheadMs,
    durationMs: round(durationMs),
    retryCount: exchange.retryCount,
    clientTimeoutS: exchange.clientTimeoutS,
    userAgent: exchange.userAgent,
  };
}

function round(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : Math.round(ms * 10) / 10;
}
