import { once } from 'node:events';
import { createRedis } from '@sluice/platform/redis-client';

/** What Redis says of the limits: who holds something still, and what was counted. */
export type LimitCounts = {
  readonly leases: number;
  /** Places of all bounds on what happens at once. */
  readonly places: number;
  /** Tokens and money that meters keep for requests that still run. */
  readonly held: number;
  /** Sums of the meters, as text: each distinct one once. */
  readonly meteredTokens: readonly string[];
  readonly meteredNanoUsd: readonly string[];
};

const DEADLINE_MS = 5_000;

/** Reads the limiter's own keys, see services/gateway/src/limits/lua/leases.lua. */
export async function readLimitCounts(redisUrl: string): Promise<LimitCounts> {
  const redis = createRedis(redisUrl, { name: 'sluice-bench', commandTimeoutMs: DEADLINE_MS, onError: () => {} });
  try {
    await once(redis, 'ready', { signal: AbortSignal.timeout(DEADLINE_MS) });
    const fieldsOf = async (pattern: string): Promise<(readonly [string, string])[]> => {
      const fields: (readonly [string, string])[] = [];
      for await (const names of redis.scanStream({ match: pattern, count: 1_000 }) as AsyncIterable<string[]>) {
        for (const name of names) fields.push(...Object.entries(await redis.hgetall(name)));
      }
      return fields;
    };
    const limits = await fieldsOf('sluice:limit:*');
    const meters = await fieldsOf('sluice:meter:*');
    const valuesOf = (name: string): string[] => [...new Set(meters.filter(([field]) => field === name).map(([, value]) => value))];
    return {
      leases: await redis.zcard('sluice:leases'),
      places: sum(limits.filter(([field]) => field.startsWith('g:'))),
      held: sum(meters.filter(([field]) => field.endsWith(':held'))),
      meteredTokens: valuesOf('tokens'),
      meteredNanoUsd: valuesOf('cost'),
    };
  } finally {
    redis.disconnect();
  }
}

function sum(fields: readonly (readonly [string, string])[]): number {
  return fields.reduce((total, [, value]) => total + Number(value), 0);
}
