import { mkdirSync } from 'node:fs';
import { withRedis } from '@sluice/platform/with-redis';
import { startChild, type Child } from './child-process.ts';
import { PartFailure } from './part-failure.ts';
import { waitUntil } from './wait-until.ts';

export type Redis = { readonly url: string; readonly child: Child };

export type RedisOptions = {
  readonly program: string;
  readonly data: string;
  readonly port: number;
  readonly logFile: string;
  readonly env: NodeJS.ProcessEnv;
  /** For tests: keeps nothing on disk. */
  readonly isDisposable?: boolean;
};

const START_DEADLINE_MS = 20_000;
const STOP_DEADLINE_MS = 10_000;
/** A logical database for each test file that runs at once, with room to spare. */
const DATABASES = 256;

/** Where a Redis of ours will answer, or does. */
export function redisUrl(port: number): string {
  return `redis://127.0.0.1:${port}`;
}

/** Starts a Redis on the loopback interface that keeps its data in an append-only file, and resolves when it answers. */
export async function startRedis(options: RedisOptions): Promise<Redis> {
  mkdirSync(options.data, { recursive: true, mode: 0o700 });
  const settings = {
    port: options.port,
    bind: '127.0.0.1',
    dir: options.data,
    databases: DATABASES,
    appendonly: options.isDisposable ? 'no' : 'yes',
    save: '',
    // Limits and queues live here: a key that vanished under memory pressure would let requests through.
    'maxmemory-policy': 'noeviction',
    daemonize: 'no',
  };
  const child = await startChild({
    name: 'redis',
    command: options.program,
    args: Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]),
    env: options.env,
    cwd: options.data,
    logFile: options.logFile,
    stopDeadlineMs: STOP_DEADLINE_MS,
  });
  const url = redisUrl(options.port);
  try {
    await waitUntil('answer to PING', () => ping(url), { deadlineMs: START_DEADLINE_MS, signal: child.exitSignal });
  } catch (error) {
    await child.stop();
    throw new PartFailure(child, error);
  }
  return { url, child };
}

/** Resolves true when a Redis answers at `url` and has loaded its data; rejects otherwise. */
export function ping(url: string): Promise<boolean> {
  return withRedis(url, async (redis) => (await redis.ping()) === 'PONG');
}
