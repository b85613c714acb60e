import { afterEach, expect, test } from '@jest/globals';
import { until } from '@sluice/testing/until';
import { scriptedModels, type ScriptedModels } from '../test-support/scripted-models.ts';
import { serveModels } from '../test-support/serve-models.ts';
import { openSession, story } from '../test-support/session.ts';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

/** Served models whose time only the test moves. */
async function serve(options: ScriptedModels) {
  let nowMs = 0;
  const clock = { monotonicMs: () => nowMs, now: () => new Date(nowMs) };
  const { registry } = scriptedModels({ clock, ...options });
  const served = await serveModels(registry, { clock });
  cleanups.push(() => served.close());
  await registry.start();
  return { client: served.client, session: openSession(served.client), advance: (ms: number) => (nowMs += ms) };
}

/** Takes the model's only slot as soon as there is one, and keeps it until the steps go on. */
const HOLDER = story(1, { model: 'a', stopping: { maxTokens: 8 } });

test.each([
  ['out of time', 300, 'TIMEOUT'],
  ['in time', 100, undefined],
])('what a request waited for its model to wake is taken off its wait for a slot: %s', async (_case, moreMs, code) => {
  const loaded = Promise.withResolvers<void>();
  const stepping = Promise.withResolvers<void>();
  const { session, client, advance } = await serve({
    models: [{ name: 'a', isLazy: true, slots: 1 }],
    beforeLoad: () => loaded.promise,
    engine: { beforeStep: () => stepping.promise },
  });
  session.start(HOLDER);
  session.start(story(2, { model: 'a', queueTimeoutMs: 60_000, stopping: { maxTokens: 2 } }));
  await until(async () => (await client.getStatus(10_000)).models[0]?.isWaking);
  advance(59_800);
  loaded.resolve();
  await until(async () => (await client.getStatus(10_000)).models[0]?.queueDepth === 1);
  advance(moreMs);
  stepping.resolve();
  expect((await session.ended(1)).finished).toMatchObject({ reason: 'LENGTH' });
  expect((await session.ended(2)).failure?.code).toBe(code);
});
