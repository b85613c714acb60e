import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createLog } from '@sluice/platform/log';
import { claimPort } from '@sluice/stack/ports';
import { startRedis, type Redis as OwnRedis } from '@sluice/stack/redis';
import { findRedisProgram } from '@sluice/stack/redis-program';
import { Redis } from 'ioredis';
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
  const folder = mkdtempSync(join(tmpdir(), 'sluice-check-redis-'));
  let server: OwnRedis;
  let releasePort = () => {};
  beforeAll(async () => {
    const claim = await claimPort(0);
    releasePort = () => claim.release();
    const program = await findRedisProgram({ env: process.env, mayInstall: false });
    server = await startRedis({
      program,
      data: folder,
      port: claim.port,
      logFile: join(folder, 'log'),
      env: process.env,
      isDisposable: true,
    });
  });
  afterAll(async () => {
    await server.child.stop();
    releasePort();
    rmSync(folder, { recursive: true, force: true });
  });

  async function withPolicy(policy: string, check: (redisUrl: string) => Promise<void>): Promise<void> {
    const redis = new Redis(server.url);
    try {
      await redis.config('SET', 'maxmemory-policy', policy);
      await check(server.url);
    } finally {
      await redis.quit();
    }
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
