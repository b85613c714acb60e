import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { HistoryBatch, PackedBatch } from '@sluice/prisma/history-batch';
import { requestRow } from '@sluice/testing/request-row';
import { until } from '@sluice/testing/until';
import { SpoolFull, SpoolStore, type SpoolOptions } from './spool-store.ts';

let folder: string;
let opened: SpoolStore[];

beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'sluice-spool-test-')), 'spool');
  opened = [];
});

afterEach(async () => {
  await Promise.all(opened.map((spool) => spool.close()));
  rmSync(join(folder, '..'), { recursive: true });
});

describe('the spool', () => {
  test('gives back what it was given, in order, and is empty when that is removed', async () => {
    const spool = await open();
    const batches = [batch('“one”\u2028\n'), batch('two'), batch('three')];
    for (const each of batches) await spool.append(each);
    expect(await take(spool)).toEqual(batches.map(packed));
    expect([spool.isEmpty, spool.bytes, await spool.oldest()]).toEqual([true, 0, undefined]);
    expect(segments()).toEqual([]);
  });

  test('takes more while it is read', async () => {
    const spool = await open();
    const [first, ...others] = Array.from({ length: 20 }, (_, i) => batch(String(i)));
    await spool.append(first ?? batch(''));
    const [segment] = await Promise.all([spool.oldest(), ...others.map((each) => spool.append(each))]);
    const early = [...(segment?.lines ?? [])];
    await segment?.remove();
    expect([...early, ...(await takeAll(spool))]).toEqual([first, ...others].map((each) => packed(each ?? batch(''))));
  });

  test('is bounded: a full one refuses, and takes again when something left it', async () => {
    const spool = await open({ bytesMax: 3_000, segmentBytesMax: 1_000 });
    const failure = await (async () => {
      for (;;) await spool.append(batch('x'));
    })().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(SpoolFull);
    expect(spool.bytes).toBeLessThanOrEqual(3_000);
    expect(segments().length).toBeGreaterThan(1);
    await take(spool);
    await expect(spool.append(batch('y'))).resolves.toBeUndefined();
  });

  test('on a disk without room refuses what does not fit, and keeps whole what did', async () => {
    const { error, kept, lines } = await fillDisk(folder);
    expect(error).toBe('EFBIG');
    expect(kept.length).toBeGreaterThan(1);
    expect(lines).toEqual(kept);
  });

  test('is readable for nobody else', async () => {
    const spool = await open();
    await spool.append(batch('x'));
    expect(statSync(folder).mode & 0o077).toBe(0);
    for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).mode & 0o077).toBe(0);
  });

  test('says so when its folder cannot be used', async () => {
    mkdirSync(folder);
    writeFileSync(join(folder, 'file'), '');
    await expect(SpoolStore.open({ folder: join(folder, 'file', 'below') })).rejects.toThrow('ENOTDIR');
  });

  test('reads past half a line that a crash has left', async () => {
    const spool = await open();
    await spool.append(batch('a'));
    const segment = join(folder, segments()[0] ?? '');
    appendFileSync(segment, '{"id": "half');
    expect(await take(spool)).toEqual([packed(batch('a')), undefined]);
  });

  test('keeps what somebody added to a file after it was read', async () => {
    const spool = await open();
    await spool.append(batch('a'));
    const segment = await spool.oldest();
    appendFileSync(join(folder, segments()[0] ?? ''), `${JSON.stringify(batch('b'))}\n`);
    await segment?.remove();
    expect(await take(spool)).toEqual([packed(batch('a')), packed(batch('b'))]);
  });
});

describe('a folder of several processes', () => {
  test('leaves to a living process what is its own', async () => {
    const spool = await open();
    await spool.append(batch('mine'));
    const other = await open();
    expect(await other.adopt()).toBe(0);
    expect(other.isEmpty).toBe(true);
    expect(await take(spool)).toEqual([packed(batch('mine'))]);
  });

  test('goes over from one that closed, oldest first, before what is new', async () => {
    const [first, second] = [await open(), await open()];
    await first.append(batch('1'));
    const nowMs = Date.now();
    await until(() => Date.now() > nowMs);
    await second.append(batch('2'));
    await first.close();
    await second.close();
    const heir = await open();
    await heir.append(batch('3'));
    expect(await takeAll(heir)).toEqual(['1', '2', '3'].map((name) => packed(batch(name))));
  });

  test('is inherited once when many ask at a time', async () => {
    const spool = await open({ segmentBytesMax: 1 });
    for (let i = 0; i < 10; i++) await spool.append(batch(String(i)));
    await spool.close();
    const heirs = await Promise.all(Array.from({ length: 4 }, () => open()));
    const inherited = (await Promise.all(heirs.map(takeAll))).flat();
    expect(inherited).toHaveLength(10);
    expect(new Set(inherited.map((each) => each?.id)).size).toBe(10);
  });

  test('is inherited at once from a process that was killed', async () => {
    const killed = spawn(process.execPath, ['--eval', 'setInterval(() => {}, 1_000)'], { stdio: 'ignore' });
    const spool = await open();
    await spool.append(batch('left'));
    // As if that process had written it.
    const owner = join(folder, ownerFiles()[0] ?? '');
    writeFileSync(owner, readFileSync(owner, 'utf8').replace(String(process.pid), String(killed.pid)));
    const heir = await open();
    expect(heir.isEmpty).toBe(true);
    killed.kill('SIGKILL');
    await once(killed, 'exit');
    expect(await heir.adopt()).toBe(1);
    expect(await take(heir)).toEqual([packed(batch('left'))]);
  });

  test('is inherited from a process that cannot be looked at once it has been silent for long', async () => {
    const spool = await open();
    await spool.append(batch('left'));
    const owner = join(folder, ownerFiles()[0] ?? '');
    writeFileSync(owner, JSON.stringify({ pid: process.pid, place: 'another machine' }));
    const heir = await open();
    expect(heir.isEmpty).toBe(true);
    const longAgo = new Date(Date.now() - 61_000);
    utimesSync(owner, longAgo, longAgo);
    expect(await heir.adopt()).toBe(1);
    // What that process finds when it comes to itself.
    await spool.append(batch('late'));
    expect((await takeAll(heir)).map((each) => each?.id)).toEqual(['left', 'late']);
    expect(await spool.oldest()).toBeUndefined();
    expect(spool.isEmpty).toBe(true);
  });
});

/** A process whose files may have 4 kB each: a write is cut off in the middle, as on a full disk. */
async function fillDisk(into: string): Promise<{ error: string; kept: string[]; lines: string[] }> {
  const program = `
    const { SpoolStore } = await import(${JSON.stringify(new URL('spool-store.ts', import.meta.url).href)});
    const spool = await SpoolStore.open({ folder: ${JSON.stringify(into)} });
    const [kept, lines] = [[], []];
    let error;
    for (let i = 0; !error && i < 100; i++) {
      const batch = { id: String(i), rows: [], padding: 'x'.repeat(700) };
      await spool.append(batch).then(() => kept.push(batch.id), ({ code }) => (error = code));
    }
    for (let segment; (segment = await spool.oldest()); await segment.remove()) {
      lines.push(...[...segment.lines].map((batch) => batch?.id ?? 'damaged'));
    }
    await spool.close();
    console.log(JSON.stringify({ error, kept, lines }));`;
  // The signal would end the process before it hears of the error.
  const limited = `trap '' XFSZ; ulimit -f 4; exec "$0" --input-type=module -e "$1"`;
  const child = spawn('bash', ['-c', limited, process.execPath, program], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  await once(child, 'close');
  return JSON.parse(output) as Awaited<ReturnType<typeof fillDisk>>;
}

async function open(change: Partial<SpoolOptions> = {}): Promise<SpoolStore> {
  const spool = await SpoolStore.open({ folder, ...change });
  opened.push(spool);
  return spool;
}

const ROW = requestRow();

function batch(id: string): HistoryBatch {
  return { id, rows: [ROW] };
}

function packed(each: HistoryBatch): unknown {
  return JSON.parse(JSON.stringify(each));
}

/** Reads the next segment and removes it. */
async function take(spool: SpoolStore): Promise<(PackedBatch | undefined)[]> {
  const segment = await spool.oldest();
  const lines = [...(segment?.lines ?? [])];
  await segment?.remove();
  return lines;
}

async function takeAll(spool: SpoolStore): Promise<(PackedBatch | undefined)[]> {
  const lines: (PackedBatch | undefined)[] = [];
  while (!spool.isEmpty) lines.push(...(await take(spool)));
  return lines;
}

function segments(): string[] {
  return readdirSync(folder).filter((name) => name.endsWith('.ndjson'));
}

function ownerFiles(): string[] {
  return readdirSync(folder).filter((name) => name.endsWith('.owner'));
}
