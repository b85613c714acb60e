import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { createDatabase } from '@sluice/prisma/client';
import { seed } from '@sluice/prisma/seed';
import { writeAdapterFile } from './adapter-file.ts';
import { startGatewayService } from './gateway-service.ts';
import { PEPPER } from './pepper.ts';
import { startRuntimeProcess, type RuntimeProcess } from './runtime-process.ts';
import { createTestDatabase } from './test-database.ts';
import { createTestRedis } from './test-redis.ts';
import { until } from './until.ts';

jest.setTimeout(120_000);

const MODEL = 'demo-chat';

describe('adapters from the admin API to answers', () => {
  const cleanups: (() => unknown)[] = [];
  let folder: string;
  let url: string;
  let keys: { readonly apiKey: string; readonly adminKey: string };
  let workers: RuntimeProcess[];

  const startWorker = async (name: string): Promise<RuntimeProcess> => {
    const worker = await startRuntimeProcess({ ADAPTERS_FOLDER: join(folder, name), SLOTS: '4', CONTEXT_TOKENS: '512' });
    cleanups.push(() => worker.stop());
    return worker;
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sluice-adapters-'));
    cleanups.push(() => rmSync(folder, { recursive: true }));
    const [database, redis] = [await createTestDatabase(), await createTestRedis()];
    const db = createDatabase(database.url, { poolMax: 2 });
    const { apiKey = '', adminKey = '' } = await seed(db, { keyPepper: PEPPER });
    keys = { apiKey, adminKey };
    cleanups.push(async () => {
      await db.$disconnect();
      await database.drop();
      await redis.release();
    });
    workers = [await startWorker('one'), await startWorker('two')];
    await Promise.all(workers.map((worker) => worker.untilReady()));
    const runtimeAddresses = workers.map(({ address }) => address);
    const gateway = await startGatewayService({ databaseUrl: database.url, redisUrl: redis.url, keyPepper: PEPPER, runtimeAddresses });
    cleanups.push(() => gateway.process.stop());
    ({ url } = gateway);
  });
  afterAll(async () => {
    for (const cleanup of cleanups.toReversed()) await cleanup();
  });

  const upload = async (name: string): Promise<unknown> => {
    const path = join(folder, `${name}.gguf`);
    writeAdapterFile(path, { seed: 1 });
    const response = await fetch(`${url}/sluice/v1/adapters/${MODEL}/${name}`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${keys.adminKey}`, 'content-type': 'application/octet-stream' },
      body: readFileSync(path),
    });
    return response.json();
  };
  const placesOf = async (name: string): Promise<string[]> => {
    const response = await fetch(`${url}/sluice/v1/adapters`, { headers: { authorization: `Bearer ${keys.adminKey}` } });
    const { data } = (await response.json()) as { data: { name: string; workers: { state: string }[] }[] };
    return (data.find((adapter) => adapter.name === name)?.workers ?? []).map(({ state }) => state).sort();
  };
  const ask = async (model: string): Promise<{ status: number; text: string | undefined }> => {
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${keys.apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        model,
        temperature: 0,
        max_tokens: 16,
        messages: [{ role: 'user', content: 'Tell me a story about a fox.' }],
      }),
    });
    const body = (await response.json()) as { choices?: { message: { content: string } }[] };
    return { status: response.status, text: body.choices?.[0]?.message.content };
  };

  test('an upload reaches both workers, and answers with it differ from those without', async () => {
    const base = await ask(MODEL);
    expect((await ask(`${MODEL}:law`)).status).toBe(404);
    expect(await upload('law')).toMatchObject({ id: `${MODEL}:law`, workers: [{ error: null }, { error: null }] });
    await until(async () => (await placesOf('law')).length === 2);
    const answers = await Promise.all(Array.from({ length: 6 }, () => ask(`${MODEL}:law`)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(answers[0]?.text).not.toBe(base.text);
    expect((await ask(MODEL)).text).toBe(base.text);
  });

  test('one that a worker lacks is asked of the others only', async () => {
    await upload('poem');
    await until(async () => (await placesOf('poem')).length === 2);
    const [one] = workers;
    await one?.client.removeAdapter({ model: MODEL, name: 'poem' }, { deadlineMs: 5_000 });
    await until(async () => (await placesOf('poem')).includes('missing'));
    for (let i = 0; i < 6; i++) expect((await ask(`${MODEL}:poem`)).status).toBe(200);
    const { models } = (await one?.client.getStatus(5_000)) ?? { models: [] };
    expect(models[0]?.adapters.map(({ name }) => name)).toEqual(['law']);
  });

  test('a worker that is started again still has what was uploaded', async () => {
    const again = await startWorker('one');
    await again.untilReady();
    const { models } = await again.client.getStatus(5_000);
    expect(models[0]?.adapters).toMatchObject([{ name: 'law', state: 'AVAILABLE' }]);
  });

  test('what is deleted is gone for clients', async () => {
    const response = await fetch(`${url}/sluice/v1/adapters/${MODEL}/law`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${keys.adminKey}` },
    });
    expect(response.status).toBe(200);
    await until(async () => (await ask(`${MODEL}:law`)).status === 404);
  });
});
