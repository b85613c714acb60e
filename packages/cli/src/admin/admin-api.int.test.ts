import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { z } from 'zod';
import { createAdminApi, urlPath, type AdminApi } from './admin-api.ts';

const KEY = 'sk-admin-for-this-test';
const anything = z.unknown();
let server: Server;
let api: AdminApi;
let handle: (req: IncomingMessage, res: ServerResponse) => void;

beforeEach(async () => {
  server = createServer((req, res) => handle(req, res));
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  api = createAdminApi({ url: `http://127.0.0.1:${port}`, key: KEY, keySource: 'a file of secrets' });
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

test('sends the key, lists as OpenAI’s clients do, and leaves out what is undefined', async () => {
  let seen: unknown;
  handle = (req, res) => {
    seen = [req.method, req.url, req.headers.authorization];
    res.end('{}');
  };
  await api.get('/v1/things', anything, { ids: ['a', 'b&c'], limit: 5, after: undefined });
  expect(seen).toEqual(['GET', '/v1/things?ids%5B%5D=a&ids%5B%5D=b%26c&limit=5', `Bearer ${KEY}`]);
});

test('escapes what stands in a path', () => {
  expect(urlPath`/v1/prices/${'hf:user/model?x'}`).toBe('/v1/prices/hf%3Auser%2Fmodel%3Fx');
});

test.each([
  { status: 400, headers: {}, advice: '' },
  { status: 401, headers: {}, advice: '\nThe admin key came from a file of secrets.' },
  { status: 404, headers: {}, advice: '\nThe list command of the same name shows what there is.' },
  { status: 429, headers: { 'retry-after': '7' }, advice: '\nTry again in 7 s.' },
  { status: 503, headers: {}, advice: '\nTry again in a moment.' },
  { status: 500, headers: { 'x-request-id': 'req_1' }, advice: '\nThe gateway’s log has more under req_1: ./sluice logs gateway' },
])('passes on why it was refused with $status, and says what to do', async ({ status, headers, advice }) => {
  handle = (_req, res) => res.writeHead(status, headers).end(JSON.stringify({ error: { message: 'No.', code: null } }));
  await expect(api.get('/', anything)).rejects.toThrow(expect.objectContaining({ name: 'AdminFailure', message: `No.${advice}` }));
});

test('says so when something answers that is no gateway', async () => {
  handle = (_req, res) => res.writeHead(502).end('<html>');
  await expect(api.get('/', anything)).rejects.toThrow('answered 502');
  handle = (_req, res) => res.end('{"data": 1}');
  await expect(api.get('/things', z.object({ data: z.string() }))).rejects.toThrow(
    'GET /things was answered in a way that this version does not understand',
  );
});

test('takes the key nowhere else', async () => {
  let requests = 0;
  handle = (_req, res) => {
    requests += 1;
    res.writeHead(307, { location: '/elsewhere' }).end();
  };
  await expect(api.get('/', anything)).rejects.toThrow('There is no answer from');
  expect(requests).toBe(1);
});

test('says where nobody answers, and why', async () => {
  server.close();
  await expect(api.get('/', anything)).rejects.toThrow(/There is no answer from http:\/\/127\.0\.0\.1:\d+: .*ECONNREFUSED/);
});
