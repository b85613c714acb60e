import { expect, test } from '@jest/globals';
import { createRuntimeClient } from '@sluice/proto/runtime-client';
import type { ServerFrame__Output } from '@sluice/proto/v1/ServerFrame';
import { claimPort } from '@sluice/stack/ports';
import { pieceOf } from './answer-shape.ts';
import { PROMPT_TOKENS, startInstantRuntime } from './instant-runtime.ts';

test('gives every request of a session all its chunks and counts what it gave', async () => {
  const claim = await claimPort(0);
  const address = `127.0.0.1:${claim.port}`;
  const runtime = await startInstantRuntime(address);
  const client = createRuntimeClient(address);
  const call = client.openSession();
  call.on('error', () => {});
  const frames: ServerFrame__Output[] = [];
  const ends = new Map<number, () => void>();
  call.on('data', (frame: ServerFrame__Output) => {
    frames.push(frame);
    for (const event of frame.events) if (event.finished) ends.get(event.rid)?.();
  });
  const ask = (rid: number): Promise<void> =>
    new Promise((resolve) => {
      ends.set(rid, resolve);
      call.write({ starts: [{ rid }] });
    });

  await Promise.all([ask(1), ask(2)]);
  const whole = pieceOf({ chunks: 1, stepMs: 0 });
  expect(runtime.totals()).toEqual({ requests: 2, promptTokens: 2 * PROMPT_TOKENS, completionTokens: 2 * whole.tokens });

  runtime.shape = { chunks: 5, stepMs: 1 };
  await Promise.all([ask(3), ask(4), ask(5)]);
  for (const rid of [3, 4, 5]) {
    const events = frames.flatMap((frame) => frame.events.filter((event) => event.rid === rid));
    expect(events.map((event) => event.event)).toEqual(['started', 'delta', 'delta', 'delta', 'delta', 'delta', 'finished']);
    expect(events.at(-1)?.finished?.usage).toMatchObject({ promptTokens: PROMPT_TOKENS, cachedTokens: 0, completionTokens: 5 });
  }
  expect(runtime.totals()).toMatchObject({ requests: 5, completionTokens: 2 * whole.tokens + 15 });

  call.end();
  client.close();
  await runtime.close();
  claim.release();
});
