import { Writable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createLog } from '@sluice/platform/log';
import { withRedis } from '@sluice/platform/with-redis';
import { startOwnRedis, type OwnRedis } from '@sluice/testing/own-redis';
import { checkRedis } from './check-redis.ts';

function recordedLog() {
  const lines: string[] = [];
  const destination = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      lines.push(chunk.toString());
      done();
    },
  });
  return { lines, log: createLog({ service: 'gateway', level: 'info', destination }) };
}

describe('a Redis', () => {
  let server: OwnRedis;
  beforeAll(async () => {
    server = await startOwnRedis();
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
  });

  async function withPolicy(policy: string, check: (redisUrl: string) => Promise<void>): Promise<void> {
    await withRedis(server.url, (redis) => redis.config('SET', 'maxmemory-policy', policy));
    await check(server.url);
  }

  test('that never evicts is fine everywhere', async () => {
    await withPolicy('noeviction', async (redisUrl) => {
      const { lines, log } = recordedLog();
      await checkRedis({ redisUrl, environment: 'production' }, log);
      expect(lines).toEqual([]);
    });
  });

  test.each(['allkeys-lru', 'volatile-ttl'])(
    'that evicts by %s stops the start in production, and is warned of elsewhere',
    async (policy) => {
      await withPolicy(policy, async (redisUrl) => {
        const { lines, log } = recordedLog();
        await expect(checkRedis({ redisUrl, environment: 'production' }, log)).rejects.toThrow(`maxmemory-policy ${policy}`);
        expect(lines).toEqual([]);
        await checkRedis({ redisUrl, environment: 'development' }, log);
        expect(lines.join('')).toContain('it must be noeviction');
      });
    },
  );

  test('that is away stops no start', async () => {
    const { lines, log } = recordedLog();
    await checkRedis({ redisUrl: 'redis://127.0.0.1:1', environment: 'production' }, log);
    expect(lines.join('')).toContain('could not check');
  });
});
