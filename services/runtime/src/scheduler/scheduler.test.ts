import { describe, expect, test } from '@jest/globals';
import { codeThrownBy, createHarness, faultCode, nextEvent, prompt } from './scheduler.harness.ts';

describe('cancelling', () => {
  test('frees the slot within one step', async () => {
    const { submit, scheduler, steps } = createHarness();
    const watched = submit({ maxTokens: 200 });
    await nextEvent(watched.events, 5);
    const stepsBefore = steps.length;
    watched.handle.cancel();
    const ended = await watched.ended;
    expect(faultCode(ended)).toBe('finished CANCELLED');
    expect(steps.length - stepsBefore).toBeLessThanOrEqual(1);
    expect(scheduler.snapshot().slotsBusy).toBe(0);
    expect(ended.usage.completionTokens).toBe(watched.tokens().length);
  });

  test('during a long prompt stops reading it', async () => {
    const { submit, steps } = createHarness({ engine: { batchTokens: 16 } });
    const watched = submit({ prompt: prompt(200) });
    await nextEvent(watched.events);
    watched.handle.cancel();
    const ended = await watched.ended;
    expect(faultCode(ended)).toBe('finished CANCELLED');
    expect(ended.usage.completionTokens).toBe(0);
    expect(steps.length).toBeLessThan(4);
  });

  test('a queued request leaves the queue at once and touches nobody', async () => {
    const { submit, scheduler } = createHarness({ engine: { slots: 1 } });
    const running = submit({ maxTokens: 30 });
    await nextEvent(running.events);
    const queued = submit();
    queued.handle.cancel();
    expect(scheduler.snapshot().queueDepth).toBe(0);
    expect(faultCode(await queued.ended)).toBe('finished CANCELLED');
    expect(faultCode(await running.ended)).toBe('finished LENGTH');
  });

  test('after the end it does nothing', async () => {
    const { submit } = createHarness();
    const first = submit();
    await first.ended;
    const second = submit({ maxTokens: 20 });
    first.handle.cancel();
    expect(faultCode(await second.ended)).toBe('finished LENGTH');
  });
});

describe('long prompts', () => {
  test('never hold running sequences up for more than one bounded step at a time', async () => {
    const { submit, steps } = createHarness({ engine: { batchTokens: 64 } });
    const running = submit({ maxTokens: 100 });
    await nextEvent(running.events, 3);
    const from = steps.length;
    await submit({ prompt: prompt(230), maxTokens: 5 }).ended;
    const during = steps.slice(from, -1);
    during.forEach((step, i) => {
      if (step.kind === 'prefill') expect(during[i + 1]?.kind).not.toBe('prefill');
    });
    expect(during.filter((step) => step.kind === 'prefill').length).toBeGreaterThan(3);
    await running.ended;
  });

  test('take whole batches while nobody waits for a token', async () => {
    const { submit, steps } = createHarness({ engine: { batchTokens: 64 } });
    await submit({ prompt: prompt(200), maxTokens: 1 }).ended;
    expect(steps.map((step) => step.tokens)).toEqual([64, 64, 64, 8]);
  });
});

describe('slots', () => {
  test('a newcomer fills a hole, though an empty slot lies beside those that run', async () => {
    const decoded: number[][] = [];
    const { submit, engine } = createHarness({
      engine: { slots: 6, beforeStep: (kind, list) => void (kind === 'decode' && decoded.push([...list])) },
    });
    engine.move = () => Promise.reject(new Error('nothing has to move'));
    const first = submit({ prompt: prompt(6), maxTokens: 60 });
    const short = submit({ prompt: prompt(6, 1), maxTokens: 4 });
    const third = submit({ prompt: prompt(6, 2), maxTokens: 60 });
    await short.ended;
    const newcomer = submit({ prompt: prompt(7, 50), maxTokens: 80 });
    const ends = await Promise.all([first.ended, third.ended, newcomer.ended]);
    expect(ends.map(faultCode)).toEqual(['finished LENGTH', 'finished LENGTH', 'finished LENGTH']);
    expect(new Set(decoded.flat())).toEqual(new Set([0, 1, 2]));
  });

  test('a hole that stays is closed by the highest sequence, whose text goes on unchanged', async () => {
    const { submit } = createHarness();
    const alone = createHarness().submit({ prompt: prompt(9, 40), maxTokens: 60 });
    await alone.ended;
    const other = submit({ prompt: prompt(7, 20), maxTokens: 60 });
    submit({ maxTokens: 5 });
    const moved = submit({ prompt: prompt(9, 40), maxTokens: 60 });
    await Promise.all([other.ended, moved.ended]);
    expect(moved.tokens()).toEqual(alone.tokens());
    const slots: number[][] = [];
    const watched = createHarness({ engine: { beforeStep: (kind, list) => void (kind === 'decode' && slots.push([...list])) } });
    const ends = [60, 5, 60].map((maxTokens, i) => watched.submit({ prompt: prompt(6, i), maxTokens }).ended);
    await Promise.all(ends);
    expect(slots.at(-1)).toEqual([0, 1]);
  });
});

describe('failures', () => {
  test('a failed step fails only the generations in it', async () => {
    let failing = true;
    const { submit, broken } = createHarness({
      engine: {
        beforeStep(kind, slots) {
          if (!failing || kind !== 'prefill' || !slots.includes(1)) return;
          failing = false;
          throw new Error('Eval has failed');
        },
      },
    });
    const bystander = submit({ maxTokens: 30 });
    await nextEvent(bystander.events, 3);
    const victim = submit();
    expect(faultCode(await victim.ended)).toBe('INTERNAL');
    expect(faultCode(await bystander.ended)).toBe('finished LENGTH');
    expect(faultCode(await submit().ended)).toBe('finished LENGTH');
    expect(broken).toEqual([]);
  });

  test('three failed steps in a row mean that the engine is broken', async () => {
    const { submit, broken } = createHarness({
      engine: {
        beforeStep() {
          throw new Error('Eval has failed');
        },
      },
    });
    for (let i = 0; i < 3; i++) await submit().ended;
    expect(broken).toHaveLength(1);
  });

  test('closing fails what runs and what waits', async () => {
    const { submit, scheduler } = createHarness({ engine: { slots: 1 } });
    const running = submit({ maxTokens: 200 });
    await nextEvent(running.events);
    const waiting = submit();
    await scheduler.close();
    expect(faultCode(await running.ended)).toBe('SHUTTING_DOWN');
    expect(faultCode(await waiting.ended)).toBe('SHUTTING_DOWN');
    expect(codeThrownBy(() => submit())).toBe('SHUTTING_DOWN');
  });
});

describe('accounting', () => {
  test('the snapshot counts slots, queue and cache cells', async () => {
    const { submit, scheduler } = createHarness({ engine: { slots: 1 } });
    const running = submit({ maxTokens: 50 });
    await nextEvent(running.events, 4);
    submit();
    const { slotsBusy, queueDepth, kvUsedTokens, kvTotalTokens } = scheduler.snapshot();
    expect({ slotsBusy, queueDepth, kvTotalTokens }).toEqual({ slotsBusy: 1, queueDepth: 1, kvTotalTokens: 256 });
    expect(kvUsedTokens).toBeGreaterThanOrEqual(8);
  });

  test('times are told apart: queue, prefill, decode', async () => {
    const harness = createHarness({ engine: { slots: 1, beforeStep: () => harness.advance(10) } });
    const first = harness.submit({ maxTokens: 5 });
    const second = harness.submit({ maxTokens: 5 });
    expect((await first.ended).timings).toEqual({ queuedMs: 0, prefillMs: 10, decodeMs: 40, firstTokenMs: 10 });
    expect((await second.ended).timings).toEqual({ queuedMs: 50, prefillMs: 10, decodeMs: 40, firstTokenMs: 60 });
  });
});
