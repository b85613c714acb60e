import { expect, test } from '@jest/globals';
import { scriptedModels } from '../test-support/scripted-models.ts';
import { serveModels } from '../test-support/serve-models.ts';
import { openSession, story } from '../test-support/session.ts';

const PROFILES = [{ name: 'long', description: '', promptTokensMin: 10, settings: {} }];

test('the profile that fills in what is unset is named when the request starts and when it ends, of several answers too', async () => {
  const { registry } = scriptedModels({ models: [{ name: 'a', profiles: PROFILES }] });
  const served = await serveModels(registry);
  await registry.start();
  const session = openSession(served.client);
  const profiles = async (rid: number, change: { prompt: string; n?: number }): Promise<unknown> => {
    session.start(story(rid, { prompt: { text: change.prompt }, profile: 'auto', n: change.n ?? 1, stopping: { maxTokens: 2 } }));
    const { finished } = await session.ended(rid);
    return [...session.eventsOf(rid).flatMap(({ started }) => started?.profile ?? []), finished?.profile];
  };
  try {
    expect(await profiles(1, { prompt: 'a long prompt' })).toEqual(['long', 'long']);
    expect(await profiles(2, { prompt: 'a long prompt', n: 2 })).toEqual(['long', 'long']);
    expect(await profiles(3, { prompt: 'short' })).toEqual(['', '']);
  } finally {
    await served.close();
  }
});
