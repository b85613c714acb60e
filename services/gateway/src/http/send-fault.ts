import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Clock } from '@sluice/platform/clock';
import { CODES } from '@sluice/platform/codes';
import type { Fault } from '@sluice/platform/fault';
import { toOpenAiErrorBody } from '@sluice/platform/openai-error';
import type { Exchange } from './exchange.ts';
import { sendJson } from './response-head.ts';

/** A worker that restarts or a queue that drains needs about this long; SDKs add jitter of their own. */
const RETRY_AFTER_MS = 1_000;
/** OpenAI's and Anthropic's SDKs take no longer wait from a server. */
const SDK_WAIT_MS_MAX = 60_000;

/** Answers with OpenAI's error body. Only for a response whose head has not been sent. */
export function sendFault(
  res: ServerResponse,
  exchange: Exchange,
  answer: { fault: Fault; clock: Clock; headers?: OutgoingHttpHeaders | undefined },
): void {
  exchange.fault = answer.fault;
  sendJson(res, exchange, {
    status: CODES[answer.fault.code].http,
    json: JSON.stringify(toOpenAiErrorBody(answer.fault)),
    headers: { ...answer.headers, ...retryHeaders(answer.fault) },
    clock: answer.clock,
  });
}

/**
 * What SDKs go by: when to come back where waiting helps, and not to come back where it cannot. They ignore a wait above
 * a minute and come back after seconds, so then they are told not to; people read for how long.
 */
function retryHeaders({ code, retryAfterMs }: Fault): OutgoingHttpHeaders {
  const { http: status, retryable: isRetryable } = CODES[code];
  const waitMs = retryAfterMs ?? (isRetryable && (status === 429 || status === 503) ? RETRY_AFTER_MS : undefined);
  // Above 499 the SDK's own default stands: it tries again, as it would with OpenAI. Not what may be done already.
  const isFinal = (!isRetryable && status < 500) || code === 'CHANGE_UNCERTAIN';
  return {
    ...(waitMs === undefined ? undefined : toRetryAfter(Math.max(1, Math.ceil(waitMs)))),
    ...(isFinal || (waitMs ?? 0) > SDK_WAIT_MS_MAX ? { 'x-should-retry': 'false' } : undefined),
  };
}

/** Whole seconds for everybody, and rounded up: too early is refused again. */
function toRetryAfter(waitMs: number): OutgoingHttpHeaders {
  return { 'retry-after': String(Math.ceil(waitMs / 1_000)), 'retry-after-ms': String(waitMs) };
}
