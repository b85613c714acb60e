import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { say } from '@sluice/testing/scripts';
import { until } from '@sluice/testing/until';
import { errorOf } from '../test-support/error-of.ts';
import { startHarness, type Harness } from '../test-support/gateway-harness.ts';
import { exchangeBytes } from '../test-support/raw-http.ts';

describe('the HTTP server', () => {
  let gateway: Harness;
  beforeAll(async () => {
    gateway = await startHarness({ scripts: [say(['x'])] });
  });
  afterAll(() => gateway.close());

  test('answers what is not HTTP with 400 in the usual form, and closes', async () => {
    const answer = await exchangeBytes(gateway.gateway.port, 'NONSENSE\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(answer).toMatch(/\r\nx-request-id: req_[0-9a-f]{32}\r\n/);
    expect(JSON.parse(answer.split('\r\n\r\n')[1] ?? '')).toMatchObject({ error: { type: 'invalid_request_error' } });
  });

  test('answers headers that are too large with 413, and closes', async () => {
    const answer = await exchangeBytes(gateway.gateway.port, `GET / HTTP/1.1\r\nhost: x\r\nx-long: ${'a'.repeat(20_000)}\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
  });

  test('answers whoever asks whether a body of 10 MB is welcome that it is not', async () => {
    const head = `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${gateway.apiKey}\r\ncontent-type: application/json\r\n`;
    const answer = await exchangeBytes(gateway.gateway.port, `${head}content-length: 10000000\r\nexpect: 100-continue\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(answer).toMatch(/connection: close/i);
  });

  test('answers an URL that it does not know with 404, key or not', async () => {
    for (const path of ['/v1/nonsense', '/', '/v1/chat/completions/extra']) {
      const error = await errorOf(await fetch(`${gateway.url}${path}?secret=1`));
      expect(error).toMatchObject({ status: 404, type: 'invalid_request_error', code: 'unknown_url' });
      expect(error.message).toBe(`Unknown request URL: GET ${path}. Please check the URL for typos.`);
    }
  });

  test('puts the same headers on every answer', async () => {
    const answers = await Promise.all([
      fetch(`${gateway.url}/v1/models`),
      fetch(`${gateway.url}/nonsense`),
      fetch(`${gateway.url}/healthz`),
      gateway.post('/v1/completions', { model: 'scripted', prompt: 'x', stream: true }),
    ]);
    for (const { headers } of answers) {
      expect(headers.get('x-request-id')).toMatch(/^req_[0-9a-f]{32}$/);
      expect(headers.get('access-control-expose-headers')).toBe('X-Request-ID');
      expect(headers.get('openai-version')).toBe('2020-10-01');
      expect(headers.get('openai-processing-ms')).toMatch(/^\d+$/);
      expect(headers.get('x-gateway-overhead-ms')).toMatch(/^\d+(\.\d)?$/);
      expect(headers.get('x-powered-by')).toBeNull();
    }
    await Promise.all(answers.map((answer) => answer.text()));
  });

  test('logs how long an SDK waits', async () => {
    const { response } = await gateway.client.completions.create({ model: 'scripted', prompt: 'x' }, { timeout: 7_000 }).withResponse();
    const line = await until(() => gateway.logLines.find((text) => text.includes(response.headers.get('x-request-id') ?? '')));
    expect(JSON.parse(line)).toMatchObject({ clientTimeoutS: 7, retryCount: 0 });
  });

  test('counts what SDKs retried', async () => {
    await using fresh = await startHarness({ scripts: [say(['x'])] });
    await fresh.post('/v1/completions', { model: 'scripted', prompt: 'x' }, { 'x-stainless-retry-count': '2', 'user-agent': 'OpenAI/JS' });
    expect(await fresh.onlyRow()).toMatchObject({ retryCount: 2, userAgent: 'OpenAI/JS' });
  });

  test('lets no client make up a label', async () => {
    await gateway.post('/v1/completions', { model: 'made-up-model', prompt: 'x' });
    await fetch(`${gateway.url}/made-up-path`);
    const metrics = await gateway.metrics();
    expect(metrics).not.toContain('made-up');
    expect(metrics).toMatch(/sluice_gateway_requests_total\{[^}]*code="MODEL_NOT_FOUND",model="_unknown"\} 1/);
    expect(metrics).toMatch(/sluice_gateway_requests_total\{route="_unmatched"/);
  });
});
