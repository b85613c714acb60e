import { describe, expect, test } from '@jest/globals';
import { createHarness, faultCode, nextEvent, prompt } from './scheduler.harness.ts';

const LONG = { prompt: prompt(20, 40), maxTokens: 60 };

async function alone(): Promise<number[]> {
  const { submit } = createHarness();
  const watched = submit(LONG);
  await watched.ended;
  return watched.tokens();
}

describe('a more urgent request', () => {
  test('takes the slot of a less urgent generation, which goes on later and says the same', async () => {
    const { submit, preemptions } = createHarness({ engine: { slots: 1 } });
    const low = submit(LONG);
    await low.began;
    const high = submit({ priority: 10, maxTokens: 5 });
    const order: string[] = [];
    await Promise.all([low.ended.then(() => order.push('low')), high.ended.then(() => order.push('high'))]);
    expect(order).toEqual(['high', 'low']);
    expect(preemptions()).toBe(1);
    expect(low.tokens()).toEqual(await alone());
    expect((await low.ended).usage).toMatchObject({ promptTokens: 20, completionTokens: 60 });
    expect(low.events.filter(({ kind }) => kind === 'started')).toHaveLength(1);
  });

  test('takes the slot itself, however long the one that had it has been there', async () => {
    const { submit, preemptions, advance } = createHarness({ engine: { slots: 1 } });
    const low = submit(LONG);
    await low.began;
    // By age alone the running one would come before it.
    advance(11_000);
    const high = submit({ priority: 10, maxTokens: 5 });
    const order: string[] = [];
    await Promise.all([low.ended.then(() => order.push('low')), high.ended.then(() => order.push('high'))]);
    expect(order).toEqual(['high', 'low']);
    expect(preemptions()).toBe(1);
  });

  test('takes the slot for itself, and not for one that waits longer', async () => {
    const { submit, preemptions, advance } = createHarness({ engine: { slots: 1 } });
    const low = submit(LONG);
    await low.began;
    advance(1);
    const waiting = submit({ maxTokens: 5, prompt: prompt(8, 70) });
    advance(11_000);
    const high = submit({ priority: 10, maxTokens: 5 });
    const order: string[] = [];
    const ends = { low, waiting, high };
    await Promise.all(Object.entries(ends).map(([name, { ended }]) => ended.then(() => order.push(name))));
    expect(order).toEqual(['high', 'low', 'waiting']);
    expect(preemptions()).toBe(1);
  });

  test('takes nothing from one that got its slot before it by waiting long enough', async () => {
    const { submit, preemptions, advance } = createHarness({ engine: { slots: 1 } });
    const first = submit({ maxTokens: 20, priority: 10 });
    await first.began;
    const low = submit(LONG);
    await nextEvent(low.events);
    advance(11_000);
    await first.ended;
    await low.began;
    const order: string[] = [];
    const watch = (name: string, priority: number) => submit({ priority, maxTokens: 5 }).ended.then(() => order.push(name));
    const all = [low.ended.then(() => order.push('low')), watch('one tier above', 10)];
    await nextEvent(low.events, low.events.length + 5);
    expect(preemptions()).toBe(0);
    await Promise.all([...all, watch('two tiers above', 20)]);
    expect(order).toEqual(['two tiers above', 'low', 'one tier above']);
    expect(preemptions()).toBe(1);
  });

  test('takes the least urgent of several, and of equals the newest', async () => {
    const { submit, advance } = createHarness({ engine: { slots: 3 } });
    const order: string[] = [];
    const run = (name: string, priority: number) => {
      const watched = submit({ priority, maxTokens: 40, prompt: prompt(9, priority) });
      void watched.ended.then(() => order.push(name));
      return watched;
    };
    const running = [run('older', 0), run('newer', 0), run('middle', 5)];
    await Promise.all(running.map(({ began }) => began));
    advance(10);
    const high = run('high', 10);
    await Promise.all([...running, high].map(({ ended }) => ended));
    expect(order.at(-1)).toBe('newer');
  });

  test('takes nothing while a slot is free, and nothing from an equal', async () => {
    const { submit, preemptions } = createHarness({ engine: { slots: 2 } });
    await Promise.all([submit(LONG), submit({ priority: 10 }), submit(LONG)].map(({ ended }) => ended));
    expect(preemptions()).toBe(0);
    const running = [submit({ ...LONG, priority: 10 }), submit({ ...LONG, priority: 10 })];
    await Promise.all(running.map(({ began }) => began));
    await submit({ priority: 10 }).ended;
    expect(preemptions()).toBe(0);
  });

  test('takes a slot only so often from the same generation', async () => {
    const { submit, preemptions } = createHarness({ engine: { slots: 1 } });
    const low = submit({ ...LONG, maxTokens: 200 });
    await low.began;
    for (let i = 0; i < 5; i++) {
      const seen = low.events.length;
      await submit({ priority: 10, maxTokens: 2 }).ended;
      await nextEvent(low.events, seen + 1);
    }
    await low.ended;
    expect(preemptions()).toBe(3);
    expect(low.tokens()).toHaveLength(200);
  });

  test('may take it from one that is still reading its prompt', async () => {
    const { submit } = createHarness({ engine: { slots: 1, batchTokens: 16 } });
    const low = submit({ prompt: prompt(200), maxTokens: 5 });
    await low.started;
    const high = submit({ priority: 10, maxTokens: 2, prompt: prompt(5, 60) });
    await Promise.all([low.ended, high.ended]);
    const { submit: again } = createHarness();
    const expected = again({ prompt: prompt(200), maxTokens: 5 });
    await expected.ended;
    expect(low.tokens()).toEqual(expected.tokens());
  });
});

describe('a generation without its slot', () => {
  test('is cancelled at once, with what it has spent', async () => {
    const { submit } = createHarness({ engine: { slots: 1 } });
    const low = submit(LONG);
    await low.began;
    const high = submit({ priority: 10, maxTokens: 100 });
    await high.began;
    low.handle.cancel();
    const ended = await low.ended;
    expect(faultCode(ended)).toBe('finished CANCELLED');
    expect(ended.usage.completionTokens).toBe(low.tokens().length);
    expect(faultCode(await high.ended)).toBe('finished LENGTH');
  });

  test('waits no longer than a request may', async () => {
    const { submit, advance } = createHarness({ engine: { slots: 1 } });
    const low = submit({ ...LONG, queueTimeoutMs: 500 });
    await low.began;
    const high = submit({ priority: 10, maxTokens: 100 });
    await high.began;
    advance(501);
    expect(faultCode(await low.ended)).toBe('TIMEOUT');
    await high.ended;
  });
});

describe('a place in line', () => {
  test('is told when it begins and when it changes, once a second at most', async () => {
    const { submit, advance } = createHarness({ engine: { slots: 1 } });
    const running = [submit({ maxTokens: 40 })];
    await running[0]?.began;
    running.push(submit({ maxTokens: 40 }), submit({ maxTokens: 40 }));
    const last = submit({ maxTokens: 3 });
    await running[0]?.ended;
    advance(1_000);
    await running[1]?.ended;
    advance(1_000);
    await last.ended;
    const places = last.events.flatMap((event) => (event.kind === 'queued' ? [event.position] : []));
    expect(places).toEqual([2, 1, 0]);
  });
});
