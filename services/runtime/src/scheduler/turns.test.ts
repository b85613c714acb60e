import { setImmediate as nextTick } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import type { Adapter } from '../engine/engine.ts';
import { createHarness, prompt, type Watched } from './scheduler.harness.ts';

const RED: Adapter = { name: 'red' };
const BLUE: Adapter = { name: 'blue' };

/** Its own text for every adapter. */
function byAdapter(history: readonly number[], adapter: Adapter | undefined): number {
  const sum = history.reduce((total, token, i) => (total * 31 + token + i) % 9973, adapter?.name.length ?? 7);
  return 3 + (sum % 90);
}

describe('adapters', () => {
  test('run at once, each request with the text that it has alone', async () => {
    const adapters = [undefined, RED, BLUE, RED, undefined, BLUE];
    const ask = (adapter: Adapter | undefined, i: number) => ({ prompt: prompt(9 + i, i), maxTokens: 25, adapter });
    const alone: number[][] = [];
    for (const [i, adapter] of adapters.entries()) {
      const watched = createHarness({ engine: { next: byAdapter } }).submit(ask(adapter, i));
      await watched.ended;
      alone.push(watched.tokens());
    }
    const { submit } = createHarness({ engine: { slots: 6, next: byAdapter } });
    const together = adapters.map((adapter, i) => submit(ask(adapter, i)));
    await Promise.all(together.map(({ ended }) => ended));
    expect(together.map((watched) => watched.tokens())).toEqual(alone);
    expect(alone[0]).not.toEqual(alone[1]);
  });

  test('take turns of several steps, and none waits for another to end', async () => {
    const used: string[] = [];
    const { submit, engine } = createHarness({ engine: { beforeStep: () => void used.push(current) } });
    let current = '';
    const useAdapter = engine.useAdapter.bind(engine);
    engine.useAdapter = (adapter) => {
      current = adapter?.name ?? 'none';
      useAdapter(adapter);
    };
    const watched = [undefined, RED, BLUE].map((adapter, i) => submit({ maxTokens: 60, adapter, prompt: prompt(8, i) }));
    await Promise.all(watched.map(({ ended }) => ended));
    const turns =
      used
        .join(' ')
        .match(/(none|red|blue)( \1)*/g)
        ?.map((turn) => turn.split(' ')) ?? [];
    expect(turns.length).toBeGreaterThan(12);
    expect(Math.max(...turns.slice(0, 12).map((turn) => turn.length))).toBe(8);
    expect(turns.slice(0, 6).map(([name]) => name)).toEqual(['none', 'red', 'blue', 'none', 'red', 'blue']);
  });
});

describe('a sequence beside other adapters', () => {
  test('waits for one small prefill step at a time, however long a prompt of theirs is', async () => {
    const { submit, steps } = createHarness({
      engine: { contextTokens: 1_024, forwardMs: ({ tokens }) => tokens },
      prefillStallMs: 30,
    });
    const running = [undefined, BLUE].map((adapter, i) => submit({ adapter, prompt: prompt(4, 80 + i), maxTokens: 1_000 }));
    await Promise.all(running.map(({ began }) => began));
    const from = steps.length;
    const long = submit({ adapter: RED, prompt: prompt(600), maxTokens: 2 });
    await long.began;
    const during = steps.slice(from);
    const reading = during.flatMap(({ kind, tokens }) => (kind === 'prefill' ? [tokens] : []));
    expect(Math.max(...reading)).toBeLessThanOrEqual(30);
    during.forEach(({ kind }, i) => {
      if (kind === 'prefill') expect(during[i + 1]?.kind).not.toBe('prefill');
    });
    for (const { handle, ended } of running) {
      handle.cancel();
      await ended;
    }
  });

  test('gets its turn although short requests of theirs keep coming to lower slots', async () => {
    const { submit } = createHarness({ engine: { slots: 3 } });
    const short = (adapter: Adapter) => submit({ adapter, prompt: prompt(4), maxTokens: 5 });
    const first = [short(RED), short(BLUE)];
    const base = submit({ maxTokens: 100, prompt: prompt(4, 60) });
    const baseEnded = new AbortController();
    void base.ended.then(() => baseEnded.abort());
    const keepComing = async (adapter: Adapter, running: Watched): Promise<number> => {
      await running.ended;
      let requests = 1;
      for (; requests < 200 && !baseEnded.signal.aborted; requests++) {
        // Its answer has to reach a client before that asks again, and a step passes.
        await nextTick();
        await short(adapter).ended;
      }
      return requests;
    };
    const requests = await Promise.all([RED, BLUE].map((adapter, i) => keepComing(adapter, first[i] ?? base)));
    // 100 tokens are 13 turns of 8, and each of the others has one between two of them.
    expect(Math.max(...requests)).toBeLessThan(30);
  });
});

describe('prompts of several lengths', () => {
  test('a short one does not wait until a long one is read, and the long one goes on', async () => {
    const { submit } = createHarness({ engine: { batchTokens: 16, contextTokens: 4_096, slots: 3 } });
    const running = submit({ maxTokens: 1_000, prompt: prompt(4, 80) });
    await running.began;
    const order: string[] = [];
    const long = submit({ prompt: prompt(2_000), maxTokens: 2 });
    const short = submit({ prompt: prompt(60, 31), maxTokens: 2 });
    await Promise.all([long.began.then(() => order.push('long')), short.began.then(() => order.push('short'))]);
    expect(order).toEqual(['short', 'long']);
    running.handle.cancel();
    await running.ended;
  });

  test('a long one gets every other step while short ones keep coming', async () => {
    const steps: (readonly number[])[] = [];
    const { submit } = createHarness({
      engine: {
        batchTokens: 16,
        contextTokens: 4_096,
        slots: 3,
        beforeStep: (kind, slots) => void (kind === 'prefill' && steps.push([...slots])),
      },
    });
    const long = submit({ prompt: prompt(800), maxTokens: 2 });
    const longBegan = new AbortController();
    void long.began.then(() => longBegan.abort());
    let shorts = 0;
    const keepComing = async (seed: number): Promise<void> => {
      while (!longBegan.signal.aborted) await submit({ prompt: prompt(40, seed + 3 * shorts++), maxTokens: 1 }).ended;
    };
    await Promise.all([keepComing(1), keepComing(2)]);
    await long.ended;
    const longSteps = steps.filter((slots) => slots.includes(0)).length;
    expect(shorts).toBeGreaterThan(5);
    // 800 tokens in 16s are 50 steps; alone it needs no others, here at most as many again and a few.
    expect(steps.length).toBeLessThanOrEqual(2 * longSteps + 8);
  });
});
