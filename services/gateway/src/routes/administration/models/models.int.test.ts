import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Fault } from '@sluice/platform/fault';
import { say } from '@sluice/testing/scripts';
import type { ScriptedRuntime } from '@sluice/testing/scripted-runtime';
import { until } from '@sluice/testing/until';
import { startAdminGateway, type AdminGateway } from '../../../test-support/admin-gateway.ts';
import { auditTrail } from '../../../test-support/audit-trail.ts';
import { errorOf } from '../../../test-support/error-of.ts';

const MODEL = 'base/7b:q8';
const PATH = `/sluice/v1/models/${encodeURIComponent(MODEL)}`;
const PROFILE = { name: 'exact', description: 'The same each time.', promptTokensMin: 5, settingsJson: '{"temperature":0}' };

describe('/sluice/v1/models', () => {
  let gateway: AdminGateway;
  let one: ScriptedRuntime;
  let other: ScriptedRuntime;
  beforeAll(async () => {
    gateway = await startAdminGateway({}, { scripts: [say(['x']), say(['x'])], models: [MODEL, 'second'] });
    const [first, second] = gateway.harness.runtimes;
    if (!first || !second) throw new Error('two workers were asked for');
    one = first;
    other = second;
  });
  afterAll(() => gateway.close());
  beforeEach(async () => {
    for (const worker of [one, other]) {
      worker.models.fault = undefined;
      worker.models.set(MODEL, { state: 'READY', isPinned: false, problem: '', memoryBytes: 5_000, profiles: [PROFILE] });
    }
    await until(async () => (await statesOf()).every((state) => state === 'ready'));
  });

  const shown = () => gateway.owner.sent('GET', PATH) as Promise<{ workers: { state: string; load_progress: number; problem: string }[] }>;
  const statesOf = async (): Promise<string[]> => (await shown()).workers.map(({ state }) => state);

  test('lists models with how they are on each worker, and workers with their models', async () => {
    one.models.set(MODEL, { state: 'ASLEEP', isPinned: true, problem: 'no room' });
    await until(async () => (await statesOf()).includes('asleep'));
    expect(await gateway.owner.sent('GET', '/sluice/v1/models')).toMatchObject({
      object: 'list',
      data: [
        {
          id: MODEL,
          object: 'sluice.model',
          context_tokens_max: 2_048,
          profiles: [{ name: 'exact', description: 'The same each time.', prompt_tokens_min: 5, settings: { temperature: 0 } }],
          workers: [
            { worker: one.address, state: 'asleep', pinned: true, problem: 'no room', memory_bytes: 5_000, slots_total: 8 },
            { worker: other.address, state: 'ready', pinned: false, problem: null },
          ],
        },
        { id: 'second' },
      ],
      has_more: false,
    });
    expect(await gateway.owner.sent('GET', '/sluice/v1/workers')).toMatchObject({
      data: [
        {
          id: one.address,
          object: 'sluice.worker',
          state: 'ready',
          backend: 'cpu',
          restarts: 0,
          last_exit: null,
          models: [
            { model: MODEL, state: 'asleep' },
            { model: 'second', state: 'ready' },
          ],
        },
        { id: other.address },
      ],
    });
  });

  test('begins to load a model on every worker, and shows how far that is', async () => {
    for (const worker of [one, other]) worker.models.set(MODEL, { state: 'UNLOADED' });
    await until(async () => (await statesOf()).every((state) => state === 'unloaded'));
    expect(await gateway.owner.sent('POST', `${PATH}/load`, {})).toEqual({
      id: MODEL,
      object: 'sluice.model.changed',
      workers: [one, other].map(({ address }) => ({
        worker: address,
        state: 'loading',
        load_progress: 0.5,
        pinned: false,
        problem: null,
        error: null,
      })),
    });
    expect((await shown()).workers).toMatchObject([{ state: 'loading', load_progress: 0.5 }, { state: 'loading' }]);
    await until(async () => (await statesOf()).every((state) => state === 'ready'));
  });

  test('unloads a model on one worker, where one is named, and requests go to the other', async () => {
    expect(await gateway.owner.sent('POST', `${PATH}/unload`, { worker: one.address, drain_s: 0 })).toMatchObject({
      workers: [{ worker: one.address, state: 'unloaded' }],
    });
    await until(async () => (await statesOf()).includes('unloaded'));
    expect(await statesOf()).toEqual(['unloaded', 'ready']);
    const before = [one.requestIds.length, other.requestIds.length];
    for (let i = 0; i < 4; i++) {
      const answer = await fetch(`${gateway.url}/v1/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${gateway.apiKey}` },
        body: JSON.stringify({ model: MODEL, messages: [{ role: 'user', content: 'hi' }] }),
      });
      expect(answer.status).toBe(200);
      await answer.text();
    }
    expect([one.requestIds.length, other.requestIds.length]).toEqual([before[0], (before[1] ?? 0) + 4]);
  });

  test('pins and unpins, and every change has its line in the audit log', async () => {
    await gateway.owner.sent('POST', `${PATH}/pin`, { pinned: true, worker: other.address });
    await until(async () => (await gateway.owner.sent('GET', PATH)) !== undefined && other.models.statusOf(MODEL).isPinned);
    await until(async () => JSON.stringify(await shown()).includes('"pinned":true'));
    await gateway.owner.sent('POST', `${PATH}/pin`, { pinned: false, worker: other.address });
    const trail = await auditTrail(gateway, MODEL);
    expect(trail.slice(-2)).toMatchObject([
      { type: 'model.pinned', before: { pinned: [] }, after: { pinned: [other.address] } },
      { type: 'model.unpinned', before: { pinned: [other.address] }, after: { pinned: [] } },
    ]);
    expect(trail.map(({ type }) => type)).toEqual(expect.arrayContaining(['model.loaded', 'model.unloaded']));
  });

  test('names the worker that refuses; what all refuse is refused with their words, and leaves no line', async () => {
    one.models.fault = new Fault('INSUFFICIENT_MEMORY', { message: 'It needs 9.00 GiB, and 1.00 GiB are free.' });
    other.models.set(MODEL, { state: 'ASLEEP' });
    await until(async () => (await statesOf()).includes('asleep'));
    expect(await gateway.owner.sent('POST', `${PATH}/load`, {})).toMatchObject({
      workers: [
        { worker: one.address, state: null, error: { code: 'insufficient_memory', message: 'It needs 9.00 GiB, and 1.00 GiB are free.' } },
        { worker: other.address, error: null },
      ],
    });
    const lines = (await auditTrail(gateway, MODEL)).length;
    const refused = await errorOf(await gateway.owner.send('POST', `${PATH}/load`, { worker: one.address }));
    expect(refused).toMatchObject({ status: 503, code: 'insufficient_memory', message: 'It needs 9.00 GiB, and 1.00 GiB are free.' });
    expect(await auditTrail(gateway, MODEL)).toHaveLength(lines);
  });

  test('refuses what is not there, by name, and other organizations', async () => {
    expect(await errorOf(await gateway.owner.send('GET', '/sluice/v1/models/none'))).toMatchObject({
      status: 404,
      code: 'model_not_found',
    });
    expect(await errorOf(await gateway.owner.send('POST', '/sluice/v1/models/none/load', {}))).toMatchObject({ status: 404 });
    expect(await errorOf(await gateway.owner.send('POST', `${PATH}/load`, { worker: 'w:1' }))).toMatchObject({ status: 404 });
    expect(await errorOf(await gateway.owner.send('POST', `${PATH}/pin`, {}))).toMatchObject({ status: 400, param: 'pinned' });
    expect(await errorOf(await gateway.owner.send('POST', `${PATH}/unload`, { drain_s: 601 }))).toMatchObject({ param: 'drain_s' });
    const { owner } = await gateway.createOrganization();
    expect(await errorOf(await owner.send('POST', `${PATH}/unload`, {}))).toMatchObject({ status: 403 });
    expect(one.models.statusOf(MODEL).state).toBe('READY');
  });
});
