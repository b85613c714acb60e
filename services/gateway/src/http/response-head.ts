import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Clock } from '@sluice/platform/clock';
import type { Exchange } from './exchange.ts';

/** The API version that OpenAI's own responses name. */
const OPENAI_VERSION = '2020-10-01';

/** Writes the head of any response: the headers every answer carries, and those of this one. */
export function writeHead(
  res: ServerResponse,
  exchange: Exchange,
  head: { status: number; headers: OutgoingHttpHeaders; clock: Clock },
): void {
  const nowMs = head.clock.monotonicMs();
  exchange.overheadMs = Math.max(0, Math.round((nowMs - exchange.arrivedAtMs - elsewhereMs(exchange, nowMs)) * 10) / 10);
  res.writeHead(head.status, {
    ...head.headers,
    ...exchange.limitHeaders,
    'x-request-id': exchange.requestId,
    'access-control-expose-headers': 'X-Request-ID',
    'openai-version': OPENAI_VERSION,
    'openai-processing-ms': Math.round(nowMs - exchange.arrivedAtMs),
    'x-gateway-overhead-ms': exchange.overheadMs,
    ...(exchange.closesConnection ? CLOSE : undefined),
  });
}

/** What it waited for a limit, and for a worker: all of it, or a stream until its first token. */
function elsewhereMs({ waitMs = 0, workerFromMs, workerUntilMs, firstTokenAtMs }: Exchange, nowMs: number): number {
  return waitMs + (workerFromMs === undefined ? 0 : (workerUntilMs ?? firstTokenAtMs ?? nowMs) - workerFromMs);
}

/** Answers with a JSON text that is complete. */
export function sendJson(
  res: ServerResponse,
  exchange: Exchange,
  answer: { status: number; json: string; headers?: OutgoingHttpHeaders | undefined; clock: Clock },
): void {
  const headers = { 'content-type': 'application/json', ...answer.headers, 'content-length': Buffer.byteLength(answer.json) };
  writeHead(res, exchange, { status: answer.status, headers, clock: answer.clock });
  res.end(answer.json);
}

const CLOSE: OutgoingHttpHeaders = { connection: 'close' };
