import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Clock } from '@sluice/platform/clock';
import { CODES } from '@sluice/platform/codes';
import type { Fault } from '@sluice/platform/fault';
import { toOpenAiErrorBody } from '@sluice/platform/openai-error';
import type { Exchange } from './exchange.ts';
import { sendJson } from './response-head.ts';

/** A worker that restarts or a queue that drains needs about this long; SDKs add jitter of their own. */
const RETRY_AFTER_S = 1;

/** Answers with OpenAI's error body. Only for a response whose head has not been sent. */
export function sendFault(
  res: ServerResponse,
  exchange: Exchange,
  answer: { fault: Fault; clock: Clock; headers?: OutgoingHttpHeaders | undefined },
): void {
  const { http: status, retryable: isRetryable } = CODES[answer.fault.code];
  exchange.fault = answer.fault;
  sendJson(res, exchange, {
    status,
    json: JSON.stringify(toOpenAiErrorBody(answer.fault)),
    headers: { ...answer.headers, ...retryHeaders(status, isRetryable) },
    clock: answer.clock,
  });
}

/** What SDKs go by: when to come back where waiting helps, and not to come back where it cannot. */
function retryHeaders(status: number, isRetryable: boolean): OutgoingHttpHeaders {
  if (status === 429 || status === 503) {
    return isRetryable
      ? { 'retry-after': String(RETRY_AFTER_S), 'retry-after-ms': String(RETRY_AFTER_S * 1_000) }
      : { 'x-should-retry': 'false' };
  }
  // Above 499 the SDK's own default stands: it tries again, as it would with OpenAI.
  return status < 500 && !isRetryable ? { 'x-should-retry': 'false' } : {};
}
