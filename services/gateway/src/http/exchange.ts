import { randomUUID } from 'node:crypto';
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import type { Clock } from '@sluice/platform/clock';
import type { Fault } from '@sluice/platform/fault';
import type { Principal } from '../auth/principal.ts';
import type { AnswerChoices } from '../inference/answer-choices.ts';
import type { GenerationResult } from '../inference/generation-result.ts';
import type { KeySnapshot } from '../keys/key-snapshot.ts';

/** The route label of a request that matched none. */
const UNMATCHED_ROUTE = '_unmatched';

/** Longer header values are cut: they go into logs and history. */
const HEADER_VALUE_LENGTH_MAX = 256;
const RETRY_COUNT_MAX = 1_000;

/** What is kept of a request whose project asked for it: the body as it was parsed, and what was generated. */
export type CapturedContent = { readonly input: unknown; readonly output: AnswerChoices };

/** What one HTTP request is, and what became of it so far: the source of its log line, its metrics and its history row. */
export type Exchange = {
  /** `req_<32 hex>`, on every response. */
  readonly requestId: string;
  readonly arrivedAt: Date;
  /** The same instant on the monotonic clock. */
  readonly arrivedAtMs: number;
  readonly method: string;
  /** As far as it can be told behind proxies. */
  readonly clientIp: string;
  readonly userAgent: string | undefined;
  /** How often the client's SDK has sent this request before. */
  readonly retryCount: number;
  /** How long the client's SDK waits for the answer. */
  readonly clientTimeoutS: number | undefined;
  /** The name that the client itself has for the request. */
  readonly clientRequestId: string | undefined;
  /** W3C trace context, passed on to the worker. */
  readonly traceParent: string | undefined;
  /** The route's path as declared, never as sent. */
  route: string;
  /** The endpoint class of a metered route; its presence is what makes a history row. */
  endpoint: string | undefined;
  key: KeySnapshot | undefined;
  /** Who administers. */
  principal: Principal | undefined;
  /** As the client named it, known or not; of an adapter its model. */
  model: string | undefined;
  adapter: string | undefined;
  isStream: boolean;
  firstTokenAtMs: number | undefined;
  generation: GenerationResult | undefined;
  /** The answer was given to an earlier request with the same Idempotency-Key. */
  isReplay: boolean;
  /** How long it waited for a limit. */
  waitMs: number | undefined;
  /** When it was handed to a worker, and when the worker was done with it. */
  workerFromMs: number | undefined;
  workerUntilMs: number | undefined;
  /** What the gateway itself took until the head of the answer. */
  overheadMs: number | undefined;
  /** What the generation cost, in billionths of a US dollar. */
  costNanoUsd: number;
  /** The six x-ratelimit headers, once they are known. */
  limitHeaders: OutgoingHttpHeaders | undefined;
  fault: Fault | undefined;
  /** Prompt and answer, where the project keeps them. */
  content: CapturedContent | undefined;
  /** What goes on behind the response and may outlast it, such as a worker confirming a cancel. */
  work: Promise<void> | undefined;
  /** The connection must not be used again, because the gateway is stopping. */
  closesConnection: boolean;
};

export function startExchange(req: IncomingMessage, { clock, clientIp }: { clock: Clock; clientIp: string }): Exchange {
  return {
    requestId: `req_${randomUUID().replaceAll('-', '')}`,
    arrivedAt: clock.now(),
    arrivedAtMs: clock.monotonicMs(),
    method: req.method ?? 'GET',
    clientIp,
    userAgent: req.headers['user-agent']?.slice(0, HEADER_VALUE_LENGTH_MAX),
    retryCount: readRetryCount(req.headers['x-stainless-retry-count']),
    clientTimeoutS: readSeconds(req.headers['x-stainless-timeout']),
    clientRequestId: readPrintable(req.headers['x-client-request-id']),
    traceParent: readTraceParent(req.headers['traceparent']),
    route: UNMATCHED_ROUTE,
    endpoint: undefined,
    key: undefined,
    principal: undefined,
    model: undefined,
    adapter: undefined,
    isStream: false,
    firstTokenAtMs: undefined,
    generation: undefined,
    isReplay: false,
    waitMs: undefined,
    workerFromMs: undefined,
    workerUntilMs: undefined,
    overheadMs: undefined,
    costNanoUsd: 0,
    limitHeaders: undefined,
    fault: undefined,
    content: undefined,
    work: undefined,
    closesConnection: false,
  };
}

function readRetryCount(value: string | string[] | undefined): number {
  const count = typeof value === 'string' ? Number.parseInt(value, 10) : 0;
  return count > 0 ? Math.min(count, RETRY_COUNT_MAX) : 0;
}

function readSeconds(value: string | string[] | undefined): number | undefined {
  return typeof value === 'string' && /^\d{1,7}(\.\d{1,3})?$/.test(value) ? Number(value) : undefined;
}

function readPrintable(value: string | string[] | undefined): string | undefined {
  return typeof value === 'string' && /^[\x20-\x7e]{1,512}$/.test(value) ? value : undefined;
}

function readTraceParent(value: string | string[] | undefined): string | undefined {
  return typeof value === 'string' && /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/.test(value) ? value : undefined;
}
