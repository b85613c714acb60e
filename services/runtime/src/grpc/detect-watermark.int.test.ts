import { afterEach, expect, test } from '@jest/globals';
import { scriptedModels } from '../test-support/scripted-models.ts';
import { faultOf } from '../test-support/fault-of.ts';
import { serveModels } from '../test-support/serve-models.ts';
import { openSession } from '../test-support/session.ts';
import { detectWatermark } from '../watermark/detect-watermark.ts';
import { Watermark } from '../watermark/watermark.ts';

const LIMITS = { deadlineMs: 20_000 };
const WATERMARK = new Watermark({ key: '0123456789abcdef'.repeat(2), gamma: 0.25, delta: 2 });

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

async function serve(watermark?: Watermark) {
  const { registry } = scriptedModels({ models: [{ name: 'scripted' }] });
  const served = await serveModels(registry, { watermark });
  cleanups.push(() => served.close());
  await registry.start();
  return served.client;
}

test('a text is scored by its tokens', async () => {
  const client = await serve(WATERMARK);
  const text = 'the quick brown fox jumps over the lazy dog';
  const expected = detectWatermark([...Buffer.from(text)], WATERMARK);
  const found = await client.detectWatermark({ model: 'scripted', text }, LIMITS);
  expect(found).toMatchObject({ ...expected, gamma: 0.25 });
  expect(found.scoredTokens).toBeGreaterThan(20);
});

test('a long text is scored as a whole, and texts that come together each for itself', async () => {
  const client = await serve(WATERMARK);
  const texts = [1, 2, 3].map((i) => Array.from({ length: 3_000 }, (_, j) => ((i * j * j) % 997).toString(36)).join(' '));
  const found = await Promise.all(texts.map((text) => client.detectWatermark({ model: 'scripted', text }, LIMITS)));
  for (const [i, text] of texts.entries()) expect(found[i]).toMatchObject(detectWatermark([...Buffer.from(text)], WATERMARK));
});

test('more texts at once than anybody would wait for are refused', async () => {
  const client = await serve(WATERMARK);
  const all = Array.from({ length: 80 }, () => faultOf(client.detectWatermark({ model: 'scripted', text: 'one two' }, LIMITS)));
  const codes = (await Promise.allSettled(all)).flatMap((one) => (one.status === 'fulfilled' ? [one.value.code] : []));
  expect(codes).toEqual(Array(codes.length).fill('SERVER_OVERLOADED'));
  expect(codes.length).toBeGreaterThan(0);
});

test('a text that is too long is refused by name', async () => {
  const client = await serve(WATERMARK);
  const fault = await faultOf(client.detectWatermark({ model: 'scripted', text: 'x'.repeat(20_001) }, LIMITS));
  expect(fault).toMatchObject({ code: 'STRING_ABOVE_MAX_LENGTH', param: 'text' });
});

test('without a key neither a text is tested nor one is marked', async () => {
  const client = await serve();
  expect(await faultOf(client.detectWatermark({ model: 'scripted', text: 'x' }, LIMITS))).toMatchObject({
    code: 'UNSUPPORTED_VALUE',
    param: 'watermark',
  });
  const session = openSession(client);
  session.start({ rid: 1, model: 'scripted', prompt: { text: 'hi' }, sampling: { watermark: true }, stopping: { maxTokens: 3 } });
  expect((await session.ended(1)).failure).toMatchObject({ code: 'UNSUPPORTED_PARAMETER', param: 'watermark' });
  session.call.cancel();
});
