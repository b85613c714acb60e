import { systemClock } from '@sluice/platform/clock';
import { PEPPER } from '@sluice/testing/pepper';
import type { Redis } from 'ioredis';
import { sendJson } from '../http/response-head.ts';
import { createIdempotency, type IdempotencyOutcome } from '../idempotency/idempotency.ts';
import { createIdempotencyStore } from '../idempotency/idempotency-store.ts';
import { connectTestRedis } from './connect-test-redis.ts';
import { startIdempotentServer, type IdempotentServer, type Work } from './idempotent-server.ts';

export const ANSWER_BYTES_MAX = 1_000;

export type IdempotencyHarness = AsyncDisposable & {
  readonly server: IdempotentServer;
  readonly redis: Redis;
  readonly redisUrl: string;
  /** In the order in which they were decided. */
  readonly outcomes: IdempotencyOutcome[];
  post(key: string | undefined, body?: string, headers?: Record<string, string>, signal?: AbortSignal): Promise<Response>;
  /** As it was at the start: the server answers well, and nothing was counted. */
  reset(): void;
};

export const answerWell: Work = (res, body) =>
  sendJson(res, res.locals.exchange, { status: 200, json: JSON.stringify({ body }), clock: systemClock });

/** A server that keeps its answers in a Redis database of its own, and its keys for as long as it renews them. */
export async function startIdempotencyHarness(): Promise<IdempotencyHarness> {
  const connected = await connectTestRedis();
  const { redis, url } = connected;
  const outcomes: IdempotencyOutcome[] = [];
  const idempotency = createIdempotency({
    store: createIdempotencyStore(redis),
    pepper: PEPPER,
    onOutcome: (outcome) => outcomes.push(outcome),
    answerBytesMax: ANSWER_BYTES_MAX,
    renewMs: 20,
  });
  const server = await startIdempotentServer(idempotency, answerWell);
  return {
    server,
    redis,
    redisUrl: url,
    outcomes,
    post: (key, body = 'hi', headers = {}, signal) =>
      fetch(server.url, {
        method: 'POST',
        headers: { ...headers, ...(key === undefined ? {} : { 'idempotency-key': key }) },
        body,
        ...(signal ? { signal } : {}),
      }),
    reset: () => {
      server.worked = 0;
      server.work = answerWell;
      outcomes.length = 0;
    },
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]();
      await connected[Symbol.asyncDispose]();
    },
  };
}
