import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { say } from '@sluice/testing/scripts';
import { until } from '@sluice/testing/until';
import type { Admission } from '../admission/admission.ts';
import { startHarness, type Harness } from '../test-support/gateway-harness.ts';

const BODY = { model: 'scripted', messages: [{ role: 'user', content: 'hi' }] };

describe('a client that has its whole answer', () => {
  let gateway: Harness;
  let settling = Promise.withResolvers<void>();
  let isSettling = false;
  beforeAll(async () => {
    const admission: Admission = {
      look: async ({ key }) => ({ key, headers: {}, fault: undefined }),
      admit: async ({ key }) => ({
        ok: true,
        key,
        headers: {},
        permit: {
          outputTokensMax: undefined,
          totalTokensMax: undefined,
          contextTokensMax: undefined,
          queueDeadlineAtMs: performance.now() + 60_000,
          waitedMs: undefined,
          costOf: () => 0,
          settle: () => {
            isSettling = true;
            return settling.promise;
          },
        },
      }),
    };
    gateway = await startHarness({ scripts: [say(['x'])], parts: { admission } });
  });
  afterAll(() => gateway.close());
  beforeEach(() => {
    settling = Promise.withResolvers<void>();
    isSettling = false;
  });

  test.each([true, false])('finds what it took given back already (stream: %s)', async (stream) => {
    let hasAll = false;
    const answer = gateway.post('/v1/chat/completions', { ...BODY, stream }).then(async (response) => {
      const text = await response.text();
      hasAll = true;
      return text;
    });
    await until(() => isSettling);
    // What was sent before arrives within these round trips.
    for (let i = 0; i < 5; i++) await fetch(`${gateway.url}/healthz`);
    expect(hasAll).toBe(false);
    settling.resolve();
    expect(await answer).toContain('"finish_reason":"stop"');
  });
});
