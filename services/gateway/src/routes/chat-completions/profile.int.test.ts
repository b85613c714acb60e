import { expect, test } from '@jest/globals';
import { remembering } from '@sluice/testing/scripts';
import { collect } from '../../test-support/collect.ts';
import { startHarness } from '../../test-support/gateway-harness.ts';

const PATH = '/v1/chat/completions';
const BODY = { model: 'scripted', messages: [{ role: 'user' as const, content: 'hi' }], profile: 'auto' };

test('a profile that filled something in is named in the header and in the answer, and in the last chunk of a stream', async () => {
  const { script, requests } = remembering((_request, run) => {
    run.start(7, 'long');
    run.token('x');
    run.finish('EOS', { profile: 'long' });
  });
  await using gateway = await startHarness({ scripts: [script] });
  const whole = await gateway.post(PATH, BODY);
  expect(whole.headers.get('x-sluice-profile')).toBe('long');
  expect(await whole.json()).toMatchObject({ sluice: { profile: 'long' } });
  expect(requests[0]?.profile).toBe('auto');

  for (const n of [1, 2]) {
    for (const includesUsage of [false, true]) {
      const options = { stream: true as const, n, stream_options: { include_usage: includesUsage } };
      const chunks = await collect(await gateway.client.chat.completions.create({ ...BODY, ...options }));
      expect(chunks.at(-1)).toMatchObject({ sluice: { profile: 'long' } });
    }
  }
});

test('a stream names its profile in its head, before anything is generated beyond the first token', async () => {
  const answered = Promise.withResolvers<void>();
  await using gateway = await startHarness({
    scripts: [
      async (_request, run) => {
        run.start(7, 'long');
        run.token('x');
        await answered.promise;
        run.finish('EOS', { profile: 'long' });
      },
    ],
  });
  const response = await gateway.post(PATH, { ...BODY, stream: true });
  expect(response.headers.get('x-sluice-profile')).toBe('long');
  answered.resolve();
  expect(await response.text()).toContain('"sluice":{"profile":"long"}');
});

test('where none filled anything in, none is named', async () => {
  await using gateway = await startHarness({ scripts: [(_request, run) => run.finish()] });
  const whole = await gateway.post(PATH, BODY);
  expect(whole.headers.has('x-sluice-profile')).toBe(false);
  expect(await whole.json()).not.toHaveProperty('sluice');
  const stream = await gateway.post(PATH, { ...BODY, stream: true });
  expect(stream.headers.has('x-sluice-profile')).toBe(false);
  expect(await stream.text()).not.toContain('sluice');
});
