import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { Fault } from '@sluice/platform/fault';
import { createLog } from '@sluice/platform/log';
import { writeAdapterFile } from '@sluice/testing/adapter-file';
import { until } from '@sluice/testing/until';
import type { Adapter, AdapterFile } from '../engine/engine.ts';
import { AdapterCatalogue, type AdapterCatalogueOptions, type AdapterTarget, type BorrowedTarget } from './adapter-catalogue.ts';
import { AdapterFolder } from './adapter-folder.ts';

const MODEL = 'base';
const UPLOAD_BYTES_MAX = 1024 * 1024;
const files = mkdtempSync(join(tmpdir(), 'sluice-adapter-files-'));
afterAll(() => rmSync(files, { recursive: true }));

const FILE = join(files, 'tiny.gguf');
writeAdapterFile(FILE, { seed: 1, blocks: 1, embedding: 8 });
const NEVER = new AbortController().signal;

/** The bytes of a file in small pieces, as an upload brings them. */
async function* pieces(path: string): AsyncGenerator<Uint8Array> {
  const bytes = await readFile(path);
  for (let at = 0; at < bytes.length; at += 100) yield bytes.subarray(at, at + 100);
}

/** An engine that keeps count of what it holds, and loads when it is let. */
function countingEngine() {
  const held = new Set<Adapter>();
  const loads: string[] = [];
  const gate = { opens: Promise.resolve() };
  return {
    held,
    loads,
    gate,
    async loadAdapter({ name }: AdapterFile): Promise<Adapter> {
      loads.push(name);
      await gate.opens;
      const adapter = { name };
      held.add(adapter);
      return adapter;
    },
    async unloadAdapter(adapter: Adapter): Promise<void> {
      await Promise.resolve();
      held.delete(adapter);
    },
  };
}

const borrowed = (target: AdapterTarget): Promise<BorrowedTarget> => Promise.resolve({ target, giveBack() {} });

const shape = {
  architecture: 'llama',
  tensors: new Map([
    ['blk.0.attn_q.weight', [8, 8]],
    ['blk.0.attn_output.weight', [8, 8]],
  ]),
};

async function setUp(options: Partial<AdapterCatalogueOptions> = {}) {
  const root = mkdtempSync(join(files, 'uploads-'));
  const time = { ms: 0 };
  const open = (): Promise<AdapterCatalogue> =>
    AdapterCatalogue.open({
      model: MODEL,
      configured: [],
      folder: new AdapterFolder(root, MODEL),
      locate: (source) => Promise.resolve(source),
      loadedMax: 2,
      uploadBytesMax: UPLOAD_BYTES_MAX,
      clock: { monotonicMs: () => time.ms, now: () => new Date(0) },
      log: createLog({ service: 'test', level: 'silent' }),
      ...options,
    });
  const engine = countingEngine();
  const target = { engine, shape };
  const catalogue = await open();
  const upload = (name: string, path = FILE): ReturnType<AdapterCatalogue['put']> =>
    catalogue.put(name, pieces(path), () => borrowed(target));
  return { catalogue, open, engine, target, upload, time, root, acquire: (name: string) => catalogue.acquire(name, target, NEVER) };
}

describe('uploaded adapters', () => {
  test('are there after a restart', async () => {
    const { upload, open, target } = await setUp();
    expect(await upload('red')).toMatchObject({ name: 'red', state: 'AVAILABLE', running: 0 });
    const restarted = await open();
    expect(restarted.status(undefined)).toMatchObject([{ name: 'red', state: 'AVAILABLE', problem: '' }]);
    expect((await restarted.acquire('red', target, NEVER)).adapter.name).toBe('red');
  });

  test('leave nothing behind when they are refused', async () => {
    const { upload, catalogue, root } = await setUp();
    await upload('red');
    const text = join(files, 'text');
    writeFileSync(text, 'GGUX and more');
    await expect(upload('red', text)).rejects.toMatchObject({ code: 'INVALID_VALUE', message: expect.stringContaining('not a GGUF file') });
    const large = join(files, 'large');
    writeFileSync(large, new Uint8Array(UPLOAD_BYTES_MAX + 1));
    await expect(upload('blue', large)).rejects.toMatchObject({ code: 'REQUEST_TOO_LARGE' });
    const folder = join(root, MODEL);
    expect(readdirSync(folder)).toEqual(['red.gguf']);
    expect(await readFile(join(folder, 'red.gguf'))).toEqual(await readFile(FILE));
    expect(catalogue.status(undefined).map(({ name }) => name)).toEqual(['red']);
  });

  test.each(['../red', 'red/blue', '.red', '', 'a:b', 'x'.repeat(65), 'red\0'])('are not taken under the name %j', async (name) => {
    const { upload, root } = await setUp();
    await expect(upload(name)).rejects.toMatchObject({ code: 'INVALID_VALUE', param: 'name' });
    expect(readdirSync(root)).toEqual([]);
  });

  test('do not take the place of what the configuration lists', async () => {
    const { upload, catalogue } = await setUp({ configured: [{ name: 'law', source: FILE, scale: 1 }] });
    await expect(upload('law')).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(catalogue.remove('law')).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  test('of two models never meet', async () => {
    const { root } = await setUp();
    const names = ['a/b', 'a_b', 'a.b', '..', 'a:b'];
    for (const model of names)
      await new AdapterFolder(root, model).receive({ name: 'x', data: pieces(FILE), bytesMax: 1e6, check: async () => {} });
    expect(readdirSync(root)).toHaveLength(names.length);
  });

  test('that are removed are gone for new requests, and stay for those that run', async () => {
    const { upload, catalogue, acquire, engine, open } = await setUp();
    await upload('red');
    const lease = await acquire('red');
    await catalogue.remove('red');
    expect(engine.held).toContain(lease.adapter);
    await expect(acquire('red')).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND', param: 'adapter' });
    lease.release();
    await until(() => engine.held.size === 0);
    expect((await open()).status(undefined)).toEqual([]);
  });

  test('that replace another leave running requests what they have', async () => {
    const { upload, acquire, engine, catalogue } = await setUp();
    await upload('red');
    const before = await acquire('red');
    await upload('red');
    const after = await acquire('red');
    expect(after.adapter).not.toBe(before.adapter);
    expect([...engine.held]).toEqual([before.adapter, after.adapter]);
    before.release();
    await until(() => engine.held.size === 1);
    expect(engine.held).toContain(after.adapter);
    expect(catalogue.status(engine)).toMatchObject([{ name: 'red', state: 'LOADED', running: 1 }]);
  });
});

describe('the size of an adapter', () => {
  test('is that of its file, as soon as there is one', async () => {
    const law = { name: 'law', source: FILE, scale: 1 };
    const far = { name: 'far', source: 'hf:user/repo/far.gguf', scale: 1 };
    const { catalogue, acquire, engine, upload } = await setUp({ configured: [law, far], locate: () => Promise.resolve(FILE) });
    await upload('red');
    const { size } = statSync(FILE);
    const sizes = () => Object.fromEntries(catalogue.status(engine).map(({ name, sizeBytes }) => [name, sizeBytes]));
    expect(sizes()).toEqual({ law: size, far: 0, red: size });
    (await acquire('far')).release();
    expect(sizes()).toEqual({ law: size, far: size, red: size });
  });
});

describe('adapters in memory', () => {
  test('are refused where there is no room for them, uploaded or asked for, and counted while they are there', async () => {
    const { size } = statSync(FILE);
    let freeBytes = size;
    const { upload, acquire, catalogue, engine, time } = await setUp({
      assertRoom: async ({ name, bytes }) => {
        await Promise.resolve();
        if (bytes > freeBytes) throw new Fault('INSUFFICIENT_MEMORY', { message: `The adapter \`${name}\` needs too much.` });
      },
    });
    await upload('red');
    expect(catalogue.loadedBytes).toBe(0);
    await acquire('red');
    expect(catalogue.loadedBytes).toBe(size);
    freeBytes -= 1;
    await expect(upload('blue')).rejects.toMatchObject({ code: 'INSUFFICIENT_MEMORY', message: expect.stringContaining('`blue`') });
    catalogue.forgetLoaded();
    expect(catalogue.loadedBytes).toBe(0);
    await expect(acquire('red')).rejects.toMatchObject({ code: 'MODEL_NOT_READY' });
    expect(catalogue.status(engine)).toMatchObject([{ state: 'UNUSABLE', problem: 'The adapter `red` needs too much.' }]);
    freeBytes = size;
    time.ms = 30_000;
    await acquire('red');
    expect(catalogue.loadedBytes).toBe(size);
  });

  test('are loaded once for all who ask at the same time', async () => {
    const { upload, acquire, engine } = await setUp();
    await upload('red');
    engine.loads.length = 0;
    const leases = await Promise.all(['red', 'red', 'red'].map(acquire));
    expect(engine.loads).toEqual(['red']);
    expect(new Set(leases.map(({ adapter }) => adapter)).size).toBe(1);
  });

  test('make room by age, and never while they are in use', async () => {
    const { upload, acquire, engine } = await setUp({ loadedMax: 2 });
    for (const name of ['red', 'blue', 'green']) await upload(name);
    const red = await acquire('red');
    (await acquire('blue')).release();
    // Red is older, but somebody uses it.
    const green = await acquire('green');
    await until(() => engine.held.size === 2);
    expect(engine.held).toEqual(new Set([red.adapter, green.adapter]));
    await expect(acquire('blue')).rejects.toMatchObject({ code: 'SERVER_OVERLOADED' });
    red.release();
    expect((await acquire('blue')).adapter.name).toBe('blue');
  });

  test('are forgotten with the engine that held them, and loaded into the next one', async () => {
    const { upload, acquire, catalogue, engine } = await setUp();
    await upload('red');
    const lease = await acquire('red');
    expect(catalogue.status(engine)).toMatchObject([{ state: 'LOADED' }]);
    catalogue.forgetLoaded();
    expect(catalogue.status(engine)).toMatchObject([{ state: 'AVAILABLE', running: 0 }]);
    lease.release();
    engine.loads.length = 0;
    await acquire('red');
    expect(engine.loads).toEqual(['red']);
  });

  test('given back twice count once', async () => {
    const { upload, acquire, catalogue, engine } = await setUp();
    await upload('red');
    const [one] = [await acquire('red'), await acquire('red')];
    one?.release();
    one?.release();
    expect(catalogue.status(engine)).toMatchObject([{ running: 1 }]);
  });

  test('are not waited for by those who have gone', async () => {
    const { upload, catalogue, target, engine } = await setUp();
    await upload('red');
    let open: () => void = () => {};
    engine.gate.opens = new Promise((resolve) => (open = resolve));
    const leaving = new AbortController();
    const gone = catalogue.acquire('red', target, leaving.signal);
    leaving.abort(new Error('left'));
    await expect(gone).rejects.toThrow('left');
    expect(catalogue.status(engine)).toMatchObject([{ running: 0 }]);
    open();
    expect((await catalogue.acquire('red', target, NEVER)).adapter.name).toBe('red');
  });

  test('of an engine that went are loaded anew into the next', async () => {
    const { upload, acquire, catalogue } = await setUp();
    await upload('red');
    const old = await acquire('red');
    const next = countingEngine();
    expect(catalogue.status(next)).toMatchObject([{ state: 'AVAILABLE', running: 0 }]);
    const lease = await catalogue.acquire('red', { engine: next, shape }, NEVER);
    expect(next.held).toContain(lease.adapter);
    old.release();
    expect(catalogue.status(next)).toMatchObject([{ state: 'LOADED', running: 1 }]);
  });

  test('that cannot be loaded say why, and are tried again later', async () => {
    const path = join(files, 'other.gguf');
    writeAdapterFile(path, { seed: 1, blocks: 1, embedding: 8, architecture: 'qwen3' });
    const { acquire, catalogue, time } = await setUp({ configured: [{ name: 'law', source: path, scale: 1 }] });
    await expect(acquire('law')).rejects.toMatchObject({ code: 'MODEL_NOT_READY', param: 'adapter' });
    expect(catalogue.status(undefined)).toMatchObject([{ state: 'UNUSABLE', problem: expect.stringContaining('made for `qwen3` models') }]);
    writeAdapterFile(path, { seed: 1, blocks: 1, embedding: 8 });
    await expect(acquire('law')).rejects.toMatchObject({ code: 'MODEL_NOT_READY' });
    time.ms += 60_000;
    expect((await acquire('law')).adapter.name).toBe('law');
  });
});
