import { expect, test } from '@jest/globals';
import { until } from '@sluice/testing/until';
import { scriptedModels } from '../test-support/scripted-models.ts';
import { serveModels } from '../test-support/serve-models.ts';
import { openSession, story } from '../test-support/session.ts';

test('the names of a prompt’s beginnings stand in the model’s status while the worker holds it, and no longer', async () => {
  const { registry } = scriptedModels({ models: [{ name: 'a', slots: 1 }] });
  const served = await serveModels(registry);
  await registry.start();
  const session = openSession(served.client);
  const digests = async () => (await served.client.getStatus(10_000)).models[0]?.prefixDigests;
  const ask = async (rid: number, prefixDigests: number[]): Promise<void> => {
    session.start(story(rid, { prompt: { text: `${rid} is another beginning` }, prefixDigests, stopping: { maxTokens: 2 } }));
    expect((await session.ended(rid)).finished).toMatchObject({ reason: 'LENGTH' });
  };
  try {
    await ask(1, [11, 4_000_000_001]);
    expect(new Set(await digests())).toEqual(new Set([11, 4_000_000_001]));
    await ask(2, [22]);
    await until(async () => (await digests())?.join() === '22');
  } finally {
    await served.close();
  }
});
