import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createLog } from '@sluice/platform/log';
import { until } from '@sluice/testing/until';
import { faultOf } from '../test-support/fault-of.ts';
import { downloadFile, type DownloadOptions } from './download-file.ts';

const FILE = Buffer.alloc(300_000, 'weights ');
const log = createLog({ service: 'test', level: 'silent' });

describe('a file that is downloaded', () => {
  let folder: string;
  let source: string;
  let gets: number;
  /** What the hub does with a request for the file. */
  let answer: (res: ServerResponse, req: IncomingMessage) => void;
  const server = createServer((req, res) => {
    if (req.method === 'GET') gets += 1;
    answer(res, req);
  });

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sluice-download-'));
    gets = 0;
    answer = whole;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    source = `http://127.0.0.1:${port}/files/tiny.gguf?token=secret`;
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    rmSync(folder, { recursive: true });
  });

  const whole = (res: ServerResponse, { method }: IncomingMessage): void => {
    res.writeHead(200, { 'content-length': FILE.length });
    res.end(method === 'GET' ? FILE : undefined);
  };
  const half = (res: ServerResponse, { method }: IncomingMessage): void => {
    res.writeHead(200, { 'content-length': FILE.length });
    if (method === 'GET') res.write(FILE.subarray(0, FILE.length / 2));
    else res.end();
  };
  const download = (change: Partial<DownloadOptions> = {}) => downloadFile({ source, folder, log, ...change });

  test('is there whole, tells how far it is, and does not come again', async () => {
    const seen: number[] = [];
    const onProgress = (fraction: number): void => void seen.push(fraction);
    const path = await download({ onProgress });
    expect(readFileSync(path).equals(FILE)).toBe(true);
    expect(seen.at(-1)).toBe(1);
    const told = seen.length;
    expect(await download({ onProgress })).toBe(path);
    expect(seen).toHaveLength(told);
  });

  test('comes once for all who want it at the same time', async () => {
    const tellers = new Set<number>();
    const paths = await Promise.all([0, 1, 2].map((who) => download({ onProgress: () => tellers.add(who) })));
    expect(new Set(paths).size).toBe(1);
    expect([...tellers]).toEqual([0]);
  });

  test('is given up when nothing more comes, and may be asked for again', async () => {
    answer = half;
    expect(await faultOf(download({ stallMs: 300 }))).toMatchObject({
      code: 'UPSTREAM_DISCONNECTED',
      message: expect.stringMatching(/tiny\.gguf was given up/),
    });
    answer = whole;
    expect(readFileSync(await download()).equals(FILE)).toBe(true);
  });

  test('is given up when the hub says nothing at all', async () => {
    answer = () => {};
    expect(await faultOf(download({ stallMs: 300 }))).toMatchObject({ code: 'UPSTREAM_DISCONNECTED' });
  });

  test('ends with its signal, and others who want it go on', async () => {
    answer = half;
    const stop = new AbortController();
    const stopped = faultOf(download({ signal: stop.signal }));
    const other = download();
    // Once to see how large it is, and once to have it.
    await until(() => gets === 2);
    answer = whole;
    stop.abort(new Error('not wanted any more'));
    expect((await stopped).cause).toMatchObject({ message: 'not wanted any more' });
    expect(readFileSync(await other).equals(FILE)).toBe(true);
  });

  test('is refused when it is larger than it may be, and nothing of it stays', async () => {
    const fault = await faultOf(download({ bytesMax: FILE.length - 1 }));
    expect(fault).toMatchObject({ code: 'REQUEST_TOO_LARGE', message: expect.stringContaining(`${FILE.length - 1} bytes`) });
    await until(() => readdirSync(folder).length === 0);
    expect(readFileSync(await download({ bytesMax: FILE.length })).equals(FILE)).toBe(true);
  });

  test('that is not there is named without what its URL may keep secret', async () => {
    answer = (res) => res.writeHead(403).end();
    const fault = await faultOf(download());
    expect(fault.code).toBe('UPSTREAM_DISCONNECTED');
    expect(fault.message).toContain('/files/tiny.gguf could not be downloaded');
    expect(fault.message).not.toContain('secret');
  });
});
