/** Started by test-servers.ts: runs Postgres and Redis for one jest run and ends with it, however that ends. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { migrate } from '@sluice/prisma/migrate';
import type { Child } from '@sluice/stack/child-process';
import { readJsonFile, writeJsonFile } from '@sluice/stack/json-file';
import { claimPort, type ClaimedPort } from '@sluice/stack/ports';
import { postgresUrl, startPostgres } from '@sluice/stack/postgres';
import { identifyProcess, isRunning, processIdentitySchema } from '@sluice/stack/process-identity';
import { findRedisProgram } from '@sluice/stack/redis-program';
import { startRedis } from '@sluice/stack/redis';
import { createEmptyDatabase, TEMPLATE_NAME } from './test-database.ts';
import { fillFreeList } from './test-redis.ts';
import { filesIn } from './test-servers.ts';

const WATCH_MS = 250;
const PASSWORD = 'test';

const [folder = ''] = process.argv.slice(2);
const files = filesIn(folder);
const owner = readJsonFile(files.owner, processIdentitySchema);
if (!owner) throw new Error(`${files.owner} does not name the process to work for`);
writeJsonFile(files.keeper, identifyProcess(process.pid));
const children: Child[] = [];
const claims: ClaimedPort[] = [];
const stop = new AbortController();
process.on('SIGTERM', () => stop.abort());
try {
  const [serverUrl, redisUrl] = await Promise.all([
    process.env['TEST_DATABASE_URL'] ?? ownPostgres(),
    process.env['TEST_REDIS_URL'] ?? ownRedis(),
  ]);
  await Promise.all([prepareTemplate(serverUrl), fillFreeList(redisUrl)]);
  writeJsonFile(files.servers, { templateName: TEMPLATE_NAME, serverUrl, redisUrl });
  while (!stop.signal.aborted && isRunning(owner)) await sleep(WATCH_MS);
} finally {
  await Promise.all(children.map((child) => child.stop()));
  for (const claim of claims) claim.release();
}

async function claimTestPort(): Promise<number> {
  const claim = await claimPort(0);
  claims.push(claim);
  return claim.port;
}

async function ownPostgres(): Promise<string> {
  const port = await claimTestPort();
  const options = {
    data: join(folder, 'postgres'),
    port,
    password: PASSWORD,
    logFile: join(folder, 'postgres.log'),
    env: process.env,
    isDisposable: true,
  };
  children.push((await startPostgres(options)).child);
  return postgresUrl(options, 'postgres');
}

async function ownRedis(): Promise<string> {
  const program = await findRedisProgram({ env: process.env, mayInstall: false });
  const port = await claimTestPort();
  const data = join(folder, 'redis');
  mkdirSync(data);
  const { child, url } = await startRedis({
    program,
    data,
    port,
    logFile: join(folder, 'redis.log'),
    env: process.env,
    isDisposable: true,
  });
  children.push(child);
  return url;
}

/** Made anew for every run: the migrations may have changed since the last one. */
async function prepareTemplate(serverUrl: string): Promise<void> {
  await migrate(await createEmptyDatabase(serverUrl, TEMPLATE_NAME));
}
