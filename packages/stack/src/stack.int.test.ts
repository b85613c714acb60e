import { fileURLToPath } from 'node:url';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createDatabase } from '@sluice/prisma/client';
import { homeAt, type Home } from './home.ts';
import { PartFailure } from './part-failure.ts';
import { isRunning } from './process-identity.ts';
import { readStackState, runningStack } from './stack-state.ts';
import { waitUntil } from './wait-until.ts';
import { HomeInUse, startStack, type Progress, type Stack, type StackOptions } from './stack.ts';

/** A new Postgres cluster on a machine that is busy with other tests. */
const START_TIMEOUT_MS = 60_000;
const SCRIPTS = { runtime: standIn('runtime'), gateway: standIn('gateway'), jobs: standIn('jobs') };

let home: Home;
let running: Stack[];

beforeEach(() => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-stack-'));
  // Under root, Postgres must reach it as another user.
  chmodSync(folder, 0o711);
  home = homeAt(join(folder, 'home'));
  running = [];
});

afterEach(async () => {
  await Promise.all(running.map((stack) => stack.stop()));
  rmSync(join(home.root, '..'), { recursive: true, force: true });
}, START_TIMEOUT_MS);

describe('a stack', () => {
  test(
    'starts in an empty folder, and again with the same keys, ports and data',
    async () => {
      const first = await start();
      const state = readStackState(home);
      const created = await rememberSomething();
      await first.stop();
      expect(state?.parts.map(({ identity }) => isRunning(identity))).toEqual([false, false, false, false, false]);
      expect(readStackState(home)).toBeUndefined();

      const second = await start();
      expect(second.info).toEqual(first.info);
      expect(await recall()).toBe(created);
    },
    START_TIMEOUT_MS,
  );

  test(
    'keeps its secrets and its folder to its owner',
    async () => {
      await start();
      for (const file of [home.secretsFile, home.stateFile, home.logFile('gateway')]) expect(statSync(file).mode & 0o077).toBe(0);
      // Others may pass through, for Postgres runs as another user under root, but not list.
      expect(statSync(home.root).mode & 0o066).toBe(0);
    },
    START_TIMEOUT_MS,
  );

  test(
    'stops gateway, jobs, runtime, Redis and Postgres in this order',
    async () => {
      const stack = await start();
      const order: string[] = [];
      await stack.stop((name) => order.push(name));
      expect(order).toEqual(['gateway', 'jobs', 'runtime', 'redis', 'postgres']);
      expect(readFileSync(home.logFile('gateway'), 'utf8')).toContain('stand-in gateway stops');
      expect(readFileSync(home.logFile('postgres'), 'utf8')).toContain('database system is shut down');
    },
    START_TIMEOUT_MS,
  );

  test(
    'is one a folder',
    async () => {
      await start();
      await expect(startStack(options({}))).rejects.toThrow(HomeInUse);
      expect(runningStack(home)?.parts.every(({ identity }) => isRunning(identity))).toBe(true);
    },
    START_TIMEOUT_MS,
  );

  test(
    'stands beside another one on other ports',
    async () => {
      const other = homeAt(join(home.root, '../other'));
      const [first, second] = await Promise.all([start(), start({ home: other })]);
      expect(first.info.baseUrl).not.toBe(second.info.baseUrl);
      expect(first.info.metricsUrls).not.toEqual(second.info.metricsUrls);
    },
    START_TIMEOUT_MS,
  );

  test(
    'clears what an earlier one left when its supervisor was killed',
    async () => {
      const stack = await start();
      const left = readStackState(home);
      // As after kill -9: the parts run on, and nobody holds the lock.
      rmSync(home.lockFile);
      const progress: Progress[] = [];
      const next = await start({ onProgress: (step) => progress.push(step) });
      expect(progress[0]?.detail).toBe('stopped what an earlier run left: gateway, jobs, runtime, redis, postgres');
      expect(left?.parts.some(({ identity }) => isRunning(identity))).toBe(false);
      expect(next.info.apiKey).toBe(stack.info.apiKey);
    },
    START_TIMEOUT_MS,
  );

  test(
    'does not wait for its jobs, and tells when they die',
    async () => {
      const died = Promise.withResolvers<PartFailure>();
      const { info } = await start({ env: { ...process.env, STAND_IN_JOBS: 'crash' }, onPartDied: died.resolve });
      expect((await fetch(new URL('/readyz', info.baseUrl))).status).toBe(200);
      const failure = await died.promise;
      expect({ part: failure.part, message: failure.message }).toEqual({ part: 'jobs', message: 'exited with code 5' });
      expect(
        readStackState(home)
          ?.parts.filter(({ identity }) => !isRunning(identity))
          .map(({ name }) => name),
      ).toEqual(['jobs']);
    },
    START_TIMEOUT_MS,
  );

  test(
    'tells when a part dies',
    async () => {
      const died = Promise.withResolvers<PartFailure>();
      const { info } = await start({ onPartDied: died.resolve });
      await fetch(new URL('/die', info.baseUrl)).catch(() => {});
      const failure = await died.promise;
      expect({ part: failure.part, message: failure.message }).toEqual({ part: 'gateway', message: 'exited with code 3' });
    },
    START_TIMEOUT_MS,
  );
});

describe('a start that fails', () => {
  test(
    'says what a crashed service said last, and leaves nothing running',
    async () => {
      const failure = await startStack(options({ model: 'crash' })).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(PartFailure);
      expect(failure).toMatchObject({ part: 'runtime', logLines: ['stand-in runtime cannot find its model'] });
      expect(readStackState(home)).toBeUndefined();
    },
    START_TIMEOUT_MS,
  );

  test(
    'does not cut a migration off: the next start finds a sound database',
    async () => {
      const interrupt = new AbortController();
      const onProgress = ({ part }: Progress): void => {
        if (part === 'schema') void migrationBegins().then(() => interrupt.abort(new Error('interrupted')));
      };
      await expect(startStack(options({ signal: interrupt.signal, onProgress }))).rejects.toThrow('interrupted');
      await start();
    },
    START_TIMEOUT_MS,
  );

  test(
    'says why a model could not be loaded',
    async () => {
      await expect(startStack(options({ model: 'broken' }))).rejects.toThrow('no such model');
    },
    START_TIMEOUT_MS,
  );

  test(
    'refuses a port that was asked for and is taken',
    async () => {
      const { info } = await start();
      const port = Number(new URL(info.baseUrl).port);
      await expect(startStack(options({ home: homeAt(join(home.root, '../other')), port }))).rejects.toThrow(`Port ${port} is taken`);
    },
    START_TIMEOUT_MS,
  );

  test(
    'can be ended while it is under way, and the next one works',
    async () => {
      const interrupt = new AbortController();
      const starting = startStack(options({ signal: interrupt.signal }));
      setTimeout(() => interrupt.abort(new Error('interrupted')), 300);
      await expect(starting).rejects.toThrow('interrupted');
      await sleep(0);
      await start();
    },
    START_TIMEOUT_MS,
  );
});

function options(change: Partial<StackOptions>): StackOptions {
  return { home, env: process.env, scripts: SCRIPTS, ...change };
}

async function start(change: Partial<StackOptions> = {}): Promise<Stack> {
  const stack = await startStack(options(change));
  running.push(stack);
  return stack;
}

function migrationBegins(): Promise<unknown> {
  return inDatabase((db) =>
    waitUntil('migration', async () => (await db.$queryRaw<unknown[]>`SELECT FROM _prisma_migrations`).length > 0 || undefined, {
      deadlineMs: START_TIMEOUT_MS,
    }),
  );
}

async function rememberSomething(): Promise<string> {
  return inDatabase(async (db) => (await db.organization.create({ data: { id: 'org_kept', name: `kept ${Math.random()}` } })).name);
}

async function recall(): Promise<string | undefined> {
  return inDatabase(async (db) => (await db.organization.findUnique({ where: { id: 'org_kept' } }))?.name);
}

async function inDatabase<Value>(use: (db: ReturnType<typeof createDatabase>) => Promise<Value>): Promise<Value> {
  const db = createDatabase(readStackState(home)?.databaseUrl ?? '', { poolMax: 1 });
  try {
    return await use(db);
  } finally {
    await db.$disconnect();
  }
}

function standIn(service: string): string {
  return fileURLToPath(new URL(`test-support/stand-in-${service}.ts`, import.meta.url));
}
