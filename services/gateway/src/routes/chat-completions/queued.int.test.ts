import { expect, test } from '@jest/globals';
import { startHarness } from '../../test-support/gateway-harness.ts';
import { sseData } from '../../test-support/sse.ts';

const BODY = { model: 'scripted', messages: [{ role: 'user' as const, content: 'hi' }], stream: true };
const TIMINGS = { keepAliveMs: 15_000, stallMs: 60_000, headAfterMs: 10_000, queuedHeadAfterMs: 20 };

test('a stream that waits for a slot is told its place, and the wait is the worker’s', async () => {
  await using gateway = await startHarness({ scripts: [(_request, run) => run.finish()], parts: { streamTimings: TIMINGS } });
  const told = Promise.withResolvers<void>();
  const toldAgain = Promise.withResolvers<void>();
  gateway.runtime.script = async (_request, run) => {
    run.queued(2);
    await told.promise;
    run.queued(0);
    await toldAgain.promise;
    run.token('at last');
    run.finish();
  };
  const response = await gateway.post('/v1/chat/completions', BODY);
  let text = '';
  for await (const piece of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += piece;
    if (text.includes('position=3')) told.resolve();
    if (text.includes('position=1')) toldAgain.resolve();
  }
  expect(text.startsWith(': queued position=3\n\n: queued position=1\n\n')).toBe(true);
  expect(sseData(text).at(-1)).toBe('[DONE]');
  expect(await gateway.onlyRow()).toMatchObject({ outcome: 'completed', waitMs: null, queueMs: 1 });
});
