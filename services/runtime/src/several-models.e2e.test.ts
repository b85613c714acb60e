import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startRuntimeProcess, type RuntimeProcess } from '@sluice/testing/runtime-process';
import { until } from '@sluice/testing/until';
import { openSession, story } from './test-support/session.ts';

const DEMO = join(import.meta.dirname, '../../../models/demo-chat.gguf');

describe('a runtime with several models', () => {
  let folder: string;
  let runtime: RuntimeProcess;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sluice-models-'));
    const write = (name: string, lines: string): void => writeFileSync(join(folder, `${name}.yaml`), `model: ${DEMO}\n${lines}`);
    // One of them takes about 50 MB, so three do not fit.
    write('first', 'slots: 4\ncontext_tokens: 1024\npinned: true\n');
    write('second', 'slots: 4\ncontext_tokens: 1024\n');
    write('third', 'slots: 4\ncontext_tokens: 1024\nlazy: true\n');
    write('vast', 'slots: 256\ncontext_tokens: 1000000\n');
    runtime = await startRuntimeProcess({ MODELS: folder, MODELS_MEMORY_MB: '80' });
    await until(async () => Object.values(await states()).every((state) => state !== 'LOADING') && states());
  });
  afterAll(async () => {
    await runtime.stop();
    rmSync(folder, { recursive: true });
  });

  const states = async () => Object.fromEntries((await runtime.client.getStatus(10_000)).models.map(({ name, state }) => [name, state]));

  async function tell(model: string): Promise<string> {
    const session = openSession(runtime.client);
    session.start(story(1, { model }));
    expect((await session.ended(1)).finished?.reason).toBe('LENGTH');
    session.call.end();
    return session.textOf(1);
  }

  test('loads what fits, and says of the rest what it needs', async () => {
    expect(await states()).toEqual({ first: 'READY', second: 'READY', third: 'ASLEEP', vast: 'FAILED' });
    const vast = (await runtime.client.getStatus(10_000)).models.find(({ name }) => name === 'vast');
    expect(vast?.problem).toMatch(/needs [\d.]+ GiB of memory .* are free beside `first`, `second`/);
  });

  test('swaps models that do not fit beside each other, and each says the same after as before', async () => {
    const text = await tell('first');
    expect(await tell('second')).toBe(text);
    expect(await tell('third')).toBe(text);
    expect(await states()).toMatchObject({ first: 'READY', second: 'ASLEEP', third: 'READY' });
    expect(await tell('second')).toBe(text);
    expect(await states()).toMatchObject({ first: 'READY', second: 'READY', third: 'ASLEEP' });
    expect(await tell('first')).toBe(text);
  });

  test('counts by model', async () => {
    const line = runtime.service.logLines().find(({ msg }) => msg === 'runtime listening');
    const metrics = await (await fetch(`http://127.0.0.1:${String(line?.['metricsPort'])}/metrics`)).text();
    expect(metrics).toMatch(/sluice_runtime_requests_total\{model="second",outcome="length"\} 2/);
    expect(metrics).toContain('sluice_runtime_model_state{model="third",state="asleep"} 1');
    expect(metrics).toMatch(/sluice_runtime_model_memory_bytes\{model="first",kind="main"\} \d{8}/);
    expect(metrics).toContain('sluice_runtime_model_memory_bytes{model="third",kind="main"} 0');
  });
});

test.each([
  ['that speak of one', { MODELS: 'models', MODEL_NAME: 'x', SLOTS: '2' }, 'MODEL_NAME, SLOTS must be unset'],
  ['that name nothing', { MODELS: 'docs' }, 'MODELS names no model'],
  ['that name a model twice', { MODELS: `${DEMO},models/demo-chat.yaml` }, 'two models named demo-chat'],
])('settings of several models %s stop the start with the reason', async (_what, env, reason) => {
  const runtime = await startRuntimeProcess(env);
  await until(() => runtime.service.child.exitCode !== null);
  expect(runtime.service.child.exitCode).toBe(78);
  expect(runtime.service.output()).toContain(reason);
  await runtime.stop();
});
