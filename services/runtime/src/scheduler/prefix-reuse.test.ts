import { describe, expect, test } from '@jest/globals';
import { createHarness, prompt, type Watched } from './scheduler.harness.ts';

/** A common beginning and an end of its own. */
function question(shared: number, own: number, seed: number): Uint32Array {
  return Uint32Array.of(...prompt(shared), ...prompt(own, 500 + seed * 7));
}

async function alone(ids: Uint32Array, maxTokens: number): Promise<number[]> {
  const { submit } = createHarness();
  const watched = submit({ prompt: ids, maxTokens });
  await watched.ended;
  return watched.tokens();
}

const cachedTokens = async (watched: Watched): Promise<number> => (await watched.ended).usage.cachedTokens;

describe('what was read once', () => {
  test('is not read again by the next request that begins alike', async () => {
    const { submit, steps } = createHarness();
    await submit({ prompt: question(100, 10, 1), maxTokens: 3 }).ended;
    const from = steps.length;
    const second = submit({ prompt: question(100, 10, 2), maxTokens: 3 });
    expect(await cachedTokens(second)).toBe(100);
    const readTokens = steps.slice(from).filter(({ kind }) => kind === 'prefill');
    expect(readTokens.reduce((sum, { tokens }) => sum + tokens, 0)).toBe(10);
    expect(second.tokens()).toEqual(await alone(question(100, 10, 2), 3));
  });

  test('leaves one token to read when the whole prompt was there', async () => {
    const { submit } = createHarness();
    await submit({ prompt: prompt(40), maxTokens: 5 }).ended;
    const again = submit({ prompt: prompt(40), maxTokens: 5 });
    expect(await cachedTokens(again)).toBe(39);
    expect(again.tokens()).toEqual(await alone(prompt(40), 5));
  });

  test('goes on with what was said, in the next turn of a conversation', async () => {
    const { submit } = createHarness();
    const first = submit({ prompt: prompt(40), maxTokens: 8 });
    await first.ended;
    const turn = Uint32Array.of(...prompt(40), ...first.tokens(), ...prompt(6, 700));
    // The last token was sampled, but never decoded.
    expect(await cachedTokens(submit({ prompt: turn, maxTokens: 2 }))).toBe(40 + 7);
  });

  test('is read once for requests that come together, whatever their ends', async () => {
    const { submit, steps } = createHarness({ engine: { slots: 4, batchTokens: 64 } });
    const asked = [1, 2, 3, 4].map((i) => {
      const ids = question(120, 5 + i, i);
      return { ids, watched: submit({ prompt: ids, maxTokens: 4 }) };
    });
    const cached = await Promise.all(asked.map(({ watched }) => cachedTokens(watched)));
    expect(cached).toEqual([0, 120, 120, 120]);
    const readTokens = steps.filter(({ kind }) => kind === 'prefill').reduce((sum, { tokens }) => sum + tokens, 0);
    expect(readTokens).toBe(120 + 6 + 7 + 8 + 9);
    for (const { ids, watched } of asked) expect(watched.tokens()).toEqual(await alone(ids, 4));
  });

  test('is copied from a sequence that is still running', async () => {
    const { submit } = createHarness();
    const running = submit({ prompt: question(100, 3, 1), maxTokens: 100 });
    await running.began;
    const second = submit({ prompt: question(100, 4, 2), maxTokens: 5 });
    expect(await cachedTokens(second)).toBe(100);
    await running.ended;
    expect(running.tokens()).toEqual(await alone(question(100, 3, 1), 100));
    expect(second.tokens()).toEqual(await alone(question(100, 4, 2), 5));
  });

  test('is lost to those who wait for it when its reader goes away, and they read it themselves', async () => {
    const { submit } = createHarness({ engine: { batchTokens: 16 } });
    const reader = submit({ prompt: question(200, 5, 1), maxTokens: 5 });
    const waiter = submit({ prompt: question(200, 5, 2), maxTokens: 5 });
    await reader.began;
    reader.handle.cancel();
    await reader.ended;
    await waiter.ended;
    expect(waiter.tokens()).toEqual(await alone(question(200, 5, 2), 5));
  });

  test('stays while others come and go, as long as there is a slot for it', async () => {
    const { submit } = createHarness({ engine: { slots: 4 } });
    await submit({ prompt: question(100, 5, 1), maxTokens: 2 }).ended;
    for (let i = 0; i < 3; i++) await submit({ prompt: prompt(90, 11 + 31 * i), maxTokens: 2 }).ended;
    expect(await cachedTokens(submit({ prompt: question(100, 5, 2), maxTokens: 2 }))).toBe(100);
  });

  test('stays although its slot is wanted, at the cost of what was used longest ago', async () => {
    const { submit } = createHarness({ engine: { slots: 4, contextTokens: 1_024 } });
    const running = submit({ prompt: prompt(4, 80), maxTokens: 1_000 });
    await running.began;
    const [oldest, older, shared] = [prompt(90, 11), prompt(90, 42), question(100, 5, 1)];
    for (const ids of [oldest, older, shared]) await submit({ prompt: ids, maxTokens: 2 }).ended;
    // The slot beside the running sequence is the one that was used last.
    const newcomer = submit({ prompt: prompt(90, 73), maxTokens: 2 });
    expect(await cachedTokens(newcomer)).toBe(0);
    const again = submit({ prompt: question(100, 5, 2), maxTokens: 5 });
    expect(await cachedTokens(again)).toBe(100);
    expect(again.tokens()).toEqual(await alone(question(100, 5, 2), 5));
    expect(await cachedTokens(submit({ prompt: older, maxTokens: 2 }))).toBe(89);
    expect(await cachedTokens(submit({ prompt: oldest, maxTokens: 2 }))).toBe(0);
    running.handle.cancel();
    await running.ended;
  });

  test('stays warm for a busy project while single prompts come and go', async () => {
    const { submit } = createHarness({ engine: { slots: 3, contextTokens: 1_024 } });
    const running = submit({ prompt: prompt(4, 80), maxTokens: 1_000 });
    await running.began;
    await submit({ prompt: question(100, 5, 0), maxTokens: 2 }).ended;
    for (let i = 1; i <= 8; i++) {
      await submit({ prompt: prompt(90, 11 + 7 * i), maxTokens: 2 }).ended;
      expect(await cachedTokens(submit({ prompt: question(100, 5, i), maxTokens: 2 }))).toBeGreaterThanOrEqual(100);
    }
    running.handle.cancel();
    await running.ended;
  });

  test('of several is forgotten in the order of last use', async () => {
    const { submit } = createHarness({ engine: { slots: 2 } });
    const ask = (seed: number) => submit({ prompt: prompt(90, seed), maxTokens: 2 });
    for (const seed of [1, 40, 1, 80]) await ask(seed).ended;
    expect(await cachedTokens(ask(1))).toBe(89);
    expect(await cachedTokens(ask(40))).toBe(0);
  });

  test('never serves another adapter', async () => {
    const adapter = { name: 'x' };
    const { submit } = createHarness();
    await submit({ prompt: prompt(90), maxTokens: 2 }).ended;
    expect(await cachedTokens(submit({ prompt: prompt(90), maxTokens: 2, adapter }))).toBe(0);
    expect(await cachedTokens(submit({ prompt: prompt(90), maxTokens: 2, adapter }))).toBe(89);
    expect(await cachedTokens(submit({ prompt: prompt(90), maxTokens: 2 }))).toBe(89);
  });

  test('by a step that failed is not trusted', async () => {
    let failsNext = false;
    const { submit } = createHarness({
      engine: {
        beforeStep: () => {
          if (!failsNext) return;
          failsNext = false;
          throw new Error('planned');
        },
      },
    });
    const first = submit({ prompt: prompt(90), maxTokens: 50 });
    await first.began;
    failsNext = true;
    expect((await first.ended).kind).toBe('failed');
    expect(await cachedTokens(submit({ prompt: prompt(90), maxTokens: 2 }))).toBe(0);
  });

  test('is reported by the names that the gateway gave its beginnings, newest first', async () => {
    const { submit, scheduler } = createHarness();
    await submit({ prompt: prompt(30), maxTokens: 2, prefixDigests: [7, 8] }).ended;
    await submit({ prompt: prompt(30, 400), maxTokens: 2, prefixDigests: [7, 9] }).ended;
    expect(scheduler.prefixDigests()).toEqual([7, 9, 8]);
  });

  test('is reported in order of use, also what a generation at work holds', async () => {
    const { submit, scheduler } = createHarness();
    const running = submit({ prompt: prompt(30), maxTokens: 200, prefixDigests: [1] });
    await running.began;
    await submit({ prompt: prompt(30, 400), maxTokens: 2, prefixDigests: [2] }).ended;
    expect(scheduler.prefixDigests()).toEqual([2, 1]);
    running.handle.cancel();
    await running.ended;
  });
});
