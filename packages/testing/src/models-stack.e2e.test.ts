import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { until } from './until.ts';
import { startWholeStack, type WholeStack } from './whole-stack.ts';

const DEMO = join(import.meta.dirname, '../../../models/demo-chat.gguf');

describe('models that come and go, seen by a client', () => {
  let folder: string;
  let stack: WholeStack;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sluice-models-'));
    const write = (name: string, lines: string): void =>
      writeFileSync(join(folder, `${name}.yaml`), `model: ${DEMO}\nslots: 4\ncontext_tokens: 512\n${lines}`);
    write('awake', 'profiles: [{ name: exact, description: Always the same., sampling: { temperature: 0 } }]\n');
    write('lazy', 'lazy: true\n');
    write('sleepy', 'idle_sleep_s: 0.5\n');
    stack = await startWholeStack({ runtimes: 1, runtimeEnv: { MODELS: folder } });
    // A worker takes requests as soon as one of its models does.
    await until(() => ask('awake'));
  });
  afterAll(async () => {
    await stack.close();
    rmSync(folder, { recursive: true });
  });

  const ask = async (model: string) =>
    (await stack.client.chat.completions.create({ model, temperature: 0, max_tokens: 5, messages: [{ role: 'user', content: 'Hello!' }] }))
      .choices[0]?.message.content;
  const stateOf = async (model: string) =>
    (await stack.runtimes[0]?.client.getStatus(10_000))?.models.find(({ name }) => name === model)?.state;

  test('a lazy model answers its first requests, all of them, as one that was there answers', async () => {
    const expected = await ask('awake');
    expect(await stateOf('lazy')).toBe('ASLEEP');
    expect(await Promise.all([1, 2, 3].map(() => ask('lazy')))).toEqual([expected, expected, expected]);
    expect(await stateOf('lazy')).toBe('READY');
  });

  test('a model that fell asleep is still listed as ready, looking at it does not wake it, and a request does', async () => {
    await until(async () => (await stateOf('sleepy')) === 'ASLEEP');
    const listed = await fetch(`${stack.baseUrl}/models/sleepy`, { headers: { authorization: `Bearer ${stack.apiKey}` } });
    expect(await listed.json()).toMatchObject({ id: 'sleepy', sluice: { ready: true } });
    expect(await stateOf('sleepy')).toBe('ASLEEP');
    expect(await ask('sleepy')).toBe(await ask('awake'));
  });

  test('an unloaded model is refused until somebody loads it', async () => {
    const [runtime] = stack.runtimes;
    await runtime?.client.unloadModel({ model: 'lazy' }, { deadlineMs: 10_000 });
    await until(async () => (await ask('lazy').catch((error: unknown) => error)) instanceof Error);
    await expect(ask('lazy')).rejects.toMatchObject({ status: 503, code: 'no_worker_available' });
    runtime?.client
      .loadModel({ model: 'lazy' }, { deadlineMs: 10_000 })
      .on('error', () => {})
      .resume();
    await until(() => ask('lazy'));
  });

  test('profiles are shown where models are, and one that is unknown is refused with those that are', async () => {
    const listed = await fetch(`${stack.baseUrl}/models/awake`, { headers: { authorization: `Bearer ${stack.apiKey}` } });
    const profile = { name: 'exact', description: 'Always the same.', prompt_tokens_min: 0, settings: { temperature: 0 } };
    expect(await listed.json()).toMatchObject({ sluice: { profiles: [profile] } });
    const asked = (profile: string) =>
      fetch(`${stack.baseUrl}/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${stack.apiKey}`, 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'awake', profile, max_tokens: 5, messages: [{ role: 'user', content: 'Hello!' }] }),
      });
    const answer = await asked('exact');
    expect(answer.headers.get('x-sluice-profile')).toBe('exact');
    expect(await answer.json()).toMatchObject({ sluice: { profile: 'exact' } });
    const refused = await asked('fast');
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({
      error: { code: 'invalid_value', param: 'profile', message: expect.stringContaining('exact, auto') },
    });
  });
});
