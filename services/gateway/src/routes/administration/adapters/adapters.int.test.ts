import { request } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Fault } from '@sluice/platform/fault';
import { say } from '@sluice/testing/scripts';
import type { ScriptedRuntime } from '@sluice/testing/scripted-runtime';
import { until } from '@sluice/testing/until';
import type { AdminClient } from '../../../test-support/admin-client.ts';
import { startAdminGateway, type AdminGateway } from '../../../test-support/admin-gateway.ts';
import { auditTrail } from '../../../test-support/audit-trail.ts';
import { errorOf } from '../../../test-support/error-of.ts';

const MODEL = 'base/7b:q8';
const PATH = `/sluice/v1/adapters/${encodeURIComponent(MODEL)}/law`;
const FILE = Buffer.alloc(3_000_000, 'GGUF and weights. ');
const BYTES_MAX = 4 * 1024 * 1024;

const put = (client: AdminClient, path: string, body: Buffer = FILE, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${client.sdk.baseURL.replace(/\/v1$/, '')}${path}`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${client.adminKey}`, 'content-type': 'application/octet-stream', ...headers },
    body: new Uint8Array(body),
  });

describe('/sluice/v1/adapters', () => {
  let gateway: AdminGateway;
  let workers: readonly ScriptedRuntime[];
  beforeAll(async () => {
    gateway = await startAdminGateway({}, { scripts: [say(['x']), say(['x'])], models: [MODEL], adapters: ['poem'] });
    workers = gateway.harness.runtimes;
  });
  afterAll(() => gateway.close());
  beforeEach(async () => {
    for (const worker of workers) worker.adapterFault = undefined;
    await become('READY', 'ready');
  });

  /** Every worker says this of itself and its model, and the gateway has heard it. */
  const become = async (state: 'READY' | 'LOADING' | 'UNLOADED', shown: string): Promise<void> => {
    for (const worker of workers) worker.setStatus({ state });
    await until(async () => {
      const { data } = (await gateway.owner.sent('GET', '/sluice/v1/workers')) as { data: { state: string }[] };
      return data.every((worker) => worker.state === shown);
    });
  };

  test('an upload reaches every worker byte for byte, and is in the audit log', async () => {
    const response = await put(gateway.owner, PATH);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      object: 'sluice.adapter.uploaded',
      id: `${MODEL}:law`,
      model: MODEL,
      name: 'law',
      size_bytes: FILE.length,
      workers: workers.map(({ address }) => ({ worker: address, error: null })),
    });
    for (const { adapterFiles } of workers) expect(adapterFiles.get(`${MODEL}:law`)?.equals(FILE)).toBe(true);
    const addresses = workers.map(({ address }) => address);
    expect(await auditTrail(gateway, `${MODEL}:law`)).toMatchObject([
      { type: 'adapter.uploaded', before: null, after: { model: MODEL, name: 'law', size_bytes: FILE.length, workers: addresses } },
    ]);
    expect(gateway.harness.logLines.join('')).toContain('an adapter was uploaded');
  });

  test('a worker that refuses is named, and the others have it', async () => {
    const [one, other] = workers;
    if (!one || !other) throw new Error('two workers were asked for');
    other.adapterFault = new Fault('CONFLICT', { message: 'The disk is full.' });
    const response = await put(gateway.owner, PATH.replace('law', 'half'));
    expect(await response.json()).toMatchObject({
      workers: [
        { worker: one.address, error: null },
        { worker: other.address, error: { code: 'conflict', message: 'The disk is full.' } },
      ],
    });
    expect(one.adapterFiles.has(`${MODEL}:half`)).toBe(true);
    expect(other.adapterFiles.has(`${MODEL}:half`)).toBe(false);
  });

  test('what all workers refuse is refused, and leaves no line in the audit log', async () => {
    for (const worker of workers)
      worker.adapterFault = new Fault('INVALID_VALUE', { message: 'It is made for `qwen3` models.', param: 'adapter' });
    const refused = await errorOf(await put(gateway.owner, PATH.replace('law', 'wrong')));
    expect(refused).toMatchObject({ status: 400, code: 'invalid_value', message: 'It is made for `qwen3` models.' });
    expect(await auditTrail(gateway, `${MODEL}:wrong`)).toEqual([]);
  });

  test('a list shows where each adapter is', async () => {
    const list = await gateway.owner.sent('GET', `/sluice/v1/adapters?model=${encodeURIComponent(MODEL)}`);
    expect(list).toMatchObject({
      object: 'list',
      has_more: false,
      data: [
        {
          id: `${MODEL}:poem`,
          object: 'sluice.adapter',
          model: MODEL,
          name: 'poem',
          size_bytes: null,
          workers: workers.map(({ address }) => ({ worker: address, state: 'available', problem: null, running: 0 })),
        },
      ],
    });
    expect(await gateway.owner.sent('GET', '/sluice/v1/adapters?model=other')).toMatchObject({ data: [] });
  });

  test('a deletion reaches every worker that has it', async () => {
    const path = PATH.replace('law', 'poem');
    expect(await gateway.owner.sent('DELETE', path)).toMatchObject({
      object: 'sluice.adapter.deleted',
      id: `${MODEL}:poem`,
      deleted: true,
    });
    expect(await auditTrail(gateway, `${MODEL}:poem`)).toMatchObject([{ type: 'adapter.deleted', after: null }]);
    expect((await gateway.owner.send('DELETE', PATH.replace('law', 'none'))).status).toBe(404);
  });

  test('a worker that does not serve the model now is asked all the same, and its refusal is the answer', async () => {
    await become('LOADING', 'loading');
    for (const worker of workers) worker.adapterFault = new Fault('MODEL_NOT_READY', { message: 'The model is still loading (42%).' });
    const path = PATH.replace('law', 'early');
    expect(await errorOf(await put(gateway.owner, path))).toMatchObject({ status: 503, message: 'The model is still loading (42%).' });
    expect(await auditTrail(gateway, `${MODEL}:early`)).toEqual([]);
  });

  test('an adapter of a model that is unloaded is deleted', async () => {
    await become('UNLOADED', 'unloaded');
    expect((await gateway.owner.send('DELETE', PATH.replace('law', 'poem'))).status).toBe(200);
  });

  test('names, models, types and sizes that cannot be are refused before anything is sent', async () => {
    const before = workers.map(({ adapterFiles }) => adapterFiles.size);
    const refusal = async (path: string, body?: Buffer, headers?: Record<string, string>) =>
      errorOf(await put(gateway.owner, path, body, headers));
    expect(await refusal(PATH.replace('law', encodeURIComponent('../law')))).toMatchObject({ status: 400, param: 'name' });
    expect(await refusal('/sluice/v1/adapters/other/law')).toMatchObject({ status: 404, code: 'model_not_found' });
    expect(await refusal(PATH, FILE, { 'content-type': 'application/json' })).toMatchObject({ status: 415 });
    expect(await refusal(PATH, Buffer.alloc(BYTES_MAX + 1))).toMatchObject({ status: 413 });
    expect(workers.map(({ adapterFiles }) => adapterFiles.size)).toEqual(before);
  });

  test('a file whose length is not said is cut off at the bound', async () => {
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const headers = { authorization: `Bearer ${gateway.owner.adminKey}`, 'content-type': 'application/octet-stream' };
      const req = request(`${gateway.url}${PATH.replace('law', 'endless')}`, { method: 'PUT', headers }, (res) =>
        resolve(res.resume().statusCode),
      );
      req.on('error', reject);
      for (let sent = 0; sent <= BYTES_MAX; sent += FILE.length) req.write(FILE);
      req.end();
    });
    expect(status).toBe(413);
    for (const { adapterFiles } of workers) expect(adapterFiles.has(`${MODEL}:endless`)).toBe(false);
  });

  test('an upload that is cut off is none', async () => {
    const headers = {
      authorization: `Bearer ${gateway.owner.adminKey}`,
      'content-type': 'application/octet-stream',
      'content-length': String(FILE.length),
    };
    const { logLines } = gateway.harness;
    const linesBefore = logLines.length;
    const req = request(`${gateway.url}${PATH.replace('law', 'cut')}`, { method: 'PUT', headers });
    req.on('error', () => {});
    await new Promise((resolve) => req.write(FILE.subarray(0, 1_000_000), resolve));
    req.destroy();
    await until(() => logLines.slice(linesBefore).some((line) => line.includes('/sluice/v1/adapters/:model/:name')));
    for (const { adapterFiles } of workers) expect(adapterFiles.has(`${MODEL}:cut`)).toBe(false);
  });

  test('what no worker is there for is refused, and leaves no line in the audit log', async () => {
    await using lost = await startAdminGateway({}, { models: [MODEL], adapters: ['poem'] });
    await lost.harness.runtime.close();
    await until(async () => {
      const { data } = (await lost.owner.sent('GET', '/sluice/v1/workers')) as { data: { state: string }[] };
      return data.every(({ state }) => state === 'unreachable');
    });
    const linesBefore = (await auditTrail(lost, `${MODEL}:poem`)).length;
    const refusal = { status: 503, code: 'no_worker_available' };
    expect(await errorOf(await put(lost.owner, PATH.replace('law', 'poem')))).toMatchObject(refusal);
    expect(await errorOf(await lost.owner.send('DELETE', PATH.replace('law', 'poem')))).toMatchObject(refusal);
    expect(await auditTrail(lost, `${MODEL}:poem`)).toHaveLength(linesBefore);
  });

  test('only the first organization changes what workers have', async () => {
    const { owner } = await gateway.createOrganization();
    expect((await put(owner, PATH)).status).toBe(403);
    expect((await owner.send('DELETE', PATH)).status).toBe(403);
  });
});
