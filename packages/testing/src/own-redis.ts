import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { signalProcess } from '@sluice/stack/child-process';
import { claimPort } from '@sluice/stack/ports';
import { findRedisProgram } from '@sluice/stack/redis-program';
import { startRedis, type Redis } from '@sluice/stack/redis';

/** A Redis that a test may trouble as it likes. */
export type OwnRedis = AsyncDisposable & {
  readonly url: string;
  /** Holds the process, so that it answers nobody and refuses nobody. */
  hold(): void;
  /** Lets a held process go on. */
  letGo(): void;
  /** Ends the process; its data stays on disk. */
  stop(): Promise<void>;
  /** Ends the process without a word; resolves when it is gone. */
  kill(): Promise<void>;
  /** Starts it again with the data it had; one that runs goes on. */
  start(): Promise<void>;
};

/** Starts a Redis of the caller's own, which keeps its data in an append-only file. */
export async function startOwnRedis(): Promise<OwnRedis> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-own-redis-'));
  const program = await findRedisProgram({ env: process.env, mayInstall: false });
  const claim = await claimPort(0);
  const start = (): Promise<Redis> =>
    startRedis({ program, data: folder, port: claim.port, logFile: join(folder, 'redis.log'), env: process.env });
  let redis = await start();
  const letGo = (): void => signalProcess(redis.child.identity.pid, 'SIGCONT');
  const stop = (): Promise<void> => redis.child.stop();
  return {
    url: redis.url,
    hold: () => signalProcess(redis.child.identity.pid, 'SIGSTOP'),
    letGo,
    stop,
    kill: async () => {
      signalProcess(redis.child.identity.pid, 'SIGKILL');
      await redis.child.exited;
    },
    start: async () => {
      letGo();
      if (redis.child.exitSignal.aborted) redis = await start();
    },
    [Symbol.asyncDispose]: async () => {
      letGo();
      await stop();
      claim.release();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
