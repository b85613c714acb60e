import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { systemClock } from '@sluice/platform/clock';
import { Fault } from '@sluice/platform/fault';
import { say } from '@sluice/testing/scripts';
import { until } from '@sluice/testing/until';
import { createRoutes } from '../routes/create-routes.ts';
import { startHarness, type Harness } from '../test-support/gateway-harness.ts';
import type { Admission, AdmissionRequest, Permit } from './admission.ts';

/** A body that each metered route takes. A new route without one fails the first test. */
const BODIES: Record<string, Record<string, unknown>> = {
  '/v1/chat/completions': { model: 'scripted', messages: [{ role: 'user', content: 'hi' }], max_tokens: 9 },
  '/v1/completions': { model: 'scripted', prompt: 'hi', max_tokens: 9 },
  '/v1/embeddings': { model: 'scripted', input: 'hi' },
  '/v1/rerank': { model: 'scripted', query: 'hi', documents: ['hello'] },
  '/rerank': { model: 'scripted', query: 'hi', documents: ['hello'] },
  '/v2/rerank': { model: 'scripted', query: 'hi', documents: ['hello'] },
};

const pool = { models: () => [], requireKnown: () => {}, resolve: (model: string) => ({ model, adapter: '' }) };
const routes = createRoutes({ pool, clock: systemClock, checkReadiness: async () => ({ isReady: true, checks: {} }) });
const metered = routes.filter((route) => route.access === 'metered');
const posts = routes.filter((route) => route.method === 'post');
/** What costs nothing may stand outside, and says so. */
const FREE = ['/tokenize', '/detokenize', '/v1/chat/completions/input_tokens', '/v1/watermark/detect'];
const GENERATING = metered.filter((route) => 'format' in route);
const ANSWERING = metered.filter((route) => !('format' in route));

describe('every route that uses a model', () => {
  let gateway: Harness;
  let isRefusing = false;
  const admitted: AdmissionRequest[] = [];
  const settled: number[] = [];
  beforeAll(async () => {
    const admission: Admission = {
      look: async ({ key }) => ({ key, headers: {}, fault: undefined }),
      admit: async (request) => {
        admitted.push(request);
        const known = { key: request.key, headers: { 'x-ratelimit-limit-requests': 60 } };
        if (isRefusing) return { ok: false, ...known, fault: new Fault('RATE_LIMIT_EXCEEDED', { message: 'Rate limit reached.' }) };
        const permit: Permit = {
          outputTokensMax: undefined,
          totalTokensMax: undefined,
          contextTokensMax: undefined,
          queueDeadlineAtMs: performance.now() + 60_000,
          waitedMs: undefined,
          costOf: () => 0,
          settle: async ({ completionTokens }) => void settled.push(completionTokens),
        };
        return { ok: true, ...known, permit };
      },
    };
    gateway = await startHarness({ scripts: [say(['a', 'b'])], parts: { admission } });
  });
  afterAll(() => gateway.close());

  test('is metered, and stands in the table of this test', () => {
    expect(posts.filter(({ path }) => !FREE.includes(path))).toEqual(metered);
    expect(posts.filter(({ access }) => access === 'free').map(({ path }) => path)).toEqual(FREE);
    expect(metered.map(({ path }) => path)).toEqual(Object.keys(BODIES));
  });

  test.each(GENERATING.flatMap(({ path, scope }) => [true, false].map((stream) => ({ path, scope, stream }))))(
    'admits and settles once: $path, stream: $stream',
    async ({ path, scope, stream }) => {
      isRefusing = false;
      admitted.length = 0;
      settled.length = 0;
      await (await gateway.post(path, { ...BODIES[path], stream })).text();
      await until(() => settled.length > 0);
      expect(admitted).toMatchObject([{ endpoint: scope, asked: { model: 'scripted', adapter: '' }, maxTokens: 9 }]);
      expect(settled).toEqual([2]);
    },
  );

  test.each(ANSWERING.map(({ path, scope }) => ({ path, scope })))(
    'admits and settles once, without output: $path',
    async ({ path, scope }) => {
      isRefusing = false;
      admitted.length = 0;
      settled.length = 0;
      expect((await gateway.post(path, BODIES[path])).status).toBe(200);
      await until(() => settled.length > 0);
      expect(admitted).toMatchObject([
        { endpoint: scope, asked: { model: 'scripted', adapter: '' }, maxTokens: 0, answers: 0, prompts: 1 },
      ]);
      expect(settled).toEqual([0]);
    },
  );

  test.each(metered.map(({ path }) => path))('asks no worker when admission refuses: %s', async (path) => {
    isRefusing = true;
    const before = gateway.runtime.requestIds.length;
    const response = await gateway.post(path, BODIES[path]);
    expect(response.status).toBe(429);
    expect(response.headers.get('retry-after')).toBe('1');
    expect(gateway.runtime.requestIds).toHaveLength(before);
  });
});
