import { describe, expect, test } from '@jest/globals';
import { say, sayForever } from '@sluice/testing/scripts';
import { until } from '@sluice/testing/until';
import { errorOf } from '../../test-support/error-of.ts';
import { startHarness } from '../../test-support/gateway-harness.ts';
import { sseData } from '../../test-support/sse.ts';

const PATH = '/v1/chat/completions';
const BODY = { model: 'scripted', messages: [{ role: 'user', content: 'hi' }] };

describe('POST /v1/chat/completions answers 504', () => {
  test('when no token comes in time, and stops the worker', async () => {
    const generationLimits = { firstTokenMs: 50, totalMs: 10_000, rejoinMs: 0 };
    await using gateway = await startHarness({ scripts: [say(['late'], { pauseMs: 60_000 })], parts: { generationLimits } });
    expect(await errorOf(await gateway.post(PATH, BODY))).toMatchObject({ status: 504, type: 'server_error', code: 'timeout' });
    await until(() => gateway.runtime.running === 0);
  });

  test('when the whole takes too long; a stream says so in its last event', async () => {
    const generationLimits = { firstTokenMs: 10_000, totalMs: 100, rejoinMs: 0 };
    // The stream's head is out by then, however busy the machine is: timers end in their order.
    const streamTimings = { keepAliveMs: 15_000, stallMs: 60_000, headAfterMs: 1, queuedHeadAfterMs: 1 };
    await using gateway = await startHarness({ scripts: [sayForever(10)], parts: { generationLimits, streamTimings } });
    expect(await errorOf(await gateway.post(PATH, BODY))).toMatchObject({ status: 504, code: 'timeout' });
    const data = sseData(await (await gateway.post(PATH, { ...BODY, stream: true })).text());
    expect(JSON.parse(data.at(-2) ?? '')).toMatchObject({ error: { code: 'timeout' } });
    await until(() => gateway.runtime.running === 0);
  });
});
