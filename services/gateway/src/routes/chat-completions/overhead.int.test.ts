import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Fault } from '@sluice/platform/fault';
import { say } from '@sluice/testing/scripts';
import { until } from '@sluice/testing/until';
import type { Admission, Permit } from '../../admission/admission.ts';
import { startHarness, type Harness } from '../../test-support/gateway-harness.ts';
import { createTestClock } from '../../test-support/test-clock.ts';

const BODY = { model: 'scripted', messages: [{ role: 'user', content: 'hi' }] };

/** Time moves only where a test moves it. */
describe('x-gateway-overhead-ms', () => {
  const clock = createTestClock();
  let gateway: Harness;
  let isRefusing = false;
  beforeAll(async () => {
    const permit: Permit = {
      outputTokensMax: 9,
      totalTokensMax: 99,
      contextTokensMax: undefined,
      queueDeadlineAtMs: performance.now() + 60_000,
      waitedMs: undefined,
      costOf: () => 0,
      settle: async () => clock.advance(2),
    };
    const admission: Admission = {
      look: async ({ key }) => ({ key, headers: {}, fault: undefined }),
      admit: async ({ key, onQueued }) => {
        clock.advance(1);
        onQueued(0);
        clock.advance(1_000);
        if (isRefusing) return { ok: false, key, headers: {}, fault: new Fault('CONCURRENCY_LIMIT_EXCEEDED', { message: 'full' }) };
        return { ok: true, key, headers: {}, permit };
      },
    };
    gateway = await startHarness({ scripts: [say(['x'])], parts: { clock, admission } });
  });
  afterAll(() => gateway.close());
  beforeEach(() => {
    isRefusing = false;
    gateway.runtime.script = (_request, run) => {
      run.start(7);
      clock.advance(400);
      run.token('x');
      run.finish();
    };
  });

  test('is what an answer took without its waits, for a limit and for the worker', async () => {
    const { headers } = await gateway.post('/v1/chat/completions', BODY);
    expect(headers.get('openai-processing-ms')).toBe('1403');
    expect(headers.get('x-gateway-overhead-ms')).toBe('3');
    const line = await until(() => gateway.logLines.find((text) => text.includes(headers.get('x-request-id') ?? '')));
    expect(JSON.parse(line)).toMatchObject({ waitMs: 1_000, overheadMs: 3, durationMs: 1_403 });
  });

  test('of a stream is what came before its first token', async () => {
    const isRead = Promise.withResolvers<void>();
    gateway.runtime.script = async (_request, run) => {
      run.start(7);
      clock.advance(400);
      run.token('x');
      await isRead.promise;
      run.finish();
    };
    const response = await gateway.post('/v1/chat/completions', { ...BODY, stream: true });
    expect(response.headers.get('x-gateway-overhead-ms')).toBe('1');
    isRead.resolve();
    expect(await response.text()).toContain('[DONE]');
  });

  test('of a refusal leaves its wait out, too', async () => {
    isRefusing = true;
    const response = await gateway.post('/v1/chat/completions', BODY);
    expect(response.status).toBe(429);
    expect(response.headers.get('x-gateway-overhead-ms')).toBe('1');
    await until(() => gateway.history.rows.find(({ statusCode, waitMs }) => statusCode === 429 && waitMs === 1_000));
  });
});
