import { describe, expect, test } from '@jest/globals';
import { codeThrownBy, createHarness, faultCode, nextEvent, prompt } from './scheduler.harness.ts';

describe('admission', () => {
  test('refuses at once what can never fit the context', () => {
    const { submit } = createHarness();
    expect(codeThrownBy(() => submit({ prompt: prompt(250), maxTokens: 7 }))).toBe('CONTEXT_LENGTH_EXCEEDED');
    expect(codeThrownBy(() => submit({ prompt: prompt(256), maxTokens: undefined }))).toBe('CONTEXT_LENGTH_EXCEEDED');
    expect(codeThrownBy(() => submit({ prompt: new Uint32Array(0) }))).toBe('INVALID_VALUE');
  });

  test('refuses when the queue is full and takes nothing of it', async () => {
    const { submit, scheduler } = createHarness({ queueLimit: 2, engine: { slots: 1 } });
    const running = submit({ maxTokens: 40 });
    await nextEvent(running.events);
    const queued = [submit(), submit()];
    expect(codeThrownBy(() => submit())).toBe('SERVER_OVERLOADED');
    const ends = await Promise.all([running, ...queued].map((one) => one.ended));
    expect(ends.map(faultCode)).toEqual(['finished LENGTH', 'finished LENGTH', 'finished LENGTH']);
    expect(scheduler.snapshot().slotsBusy).toBe(0);
  });

  test('a request that waits past its deadline fails with TIMEOUT and the others go on', async () => {
    const { submit, advance } = createHarness({ engine: { slots: 1 } });
    const running = submit({ maxTokens: 60 });
    await nextEvent(running.events);
    const late = submit({ queueTimeoutMs: 500 });
    const patient = submit({ queueTimeoutMs: 5_000 });
    advance(501);
    expect(faultCode(await late.ended)).toBe('TIMEOUT');
    expect(faultCode(await running.ended)).toBe('finished LENGTH');
    expect(faultCode(await patient.ended)).toBe('finished LENGTH');
  });

  test('refuses a prompt that the total leaves no token after, and takes nothing of it', async () => {
    const { submit, scheduler, steps } = createHarness();
    expect(codeThrownBy(() => submit({ prompt: prompt(8), totalTokensMax: 8 }))).toBe('INSUFFICIENT_QUOTA');
    expect(codeThrownBy(() => submit({ prompt: prompt(8), totalTokensMax: 0 }))).toBe('INSUFFICIENT_QUOTA');
    expect(scheduler.snapshot()).toMatchObject({ slotsBusy: 0, queueDepth: 0 });
    expect(steps).toEqual([]);
    expect((await submit({ prompt: prompt(8), totalTokensMax: 9 }).ended).usage).toEqual({
      promptTokens: 8,
      cachedTokens: 0,
      completionTokens: 1,
    });
  });

  test('tells who can never fit the context that, and not that the quota is used up', () => {
    const { submit } = createHarness();
    expect(codeThrownBy(() => submit({ prompt: prompt(256), totalTokensMax: 1 }))).toBe('CONTEXT_LENGTH_EXCEEDED');
  });

  test('a higher priority goes first, equal ones in order of arrival', async () => {
    const { submit } = createHarness({ engine: { slots: 1 } });
    const order: string[] = [];
    const running = submit({ maxTokens: 30 });
    await nextEvent(running.events);
    const ends = [
      submit({ priority: 0 }).ended.then(() => order.push('low 1')),
      submit({ priority: 0 }).ended.then(() => order.push('low 2')),
      submit({ priority: 5 }).ended.then(() => order.push('high')),
    ];
    await Promise.all(ends);
    expect(order).toEqual(['high', 'low 1', 'low 2']);
  });

  test('a low priority that waits comes before a high one that arrives late enough', async () => {
    const { submit, advance } = createHarness({ engine: { slots: 1 } });
    const order: string[] = [];
    const running = submit({ maxTokens: 30 });
    await nextEvent(running.events);
    const early = submit({ priority: 0 }).ended.then(() => order.push('low, early'));
    advance(9_000);
    const overtaking = submit({ priority: 10 }).ended.then(() => order.push('high, 9 s later'));
    advance(2_000);
    const late = submit({ priority: 10 }).ended.then(() => order.push('high, 11 s later'));
    await Promise.all([early, overtaking, late]);
    expect(order).toEqual(['high, 9 s later', 'low, early', 'high, 11 s later']);
  });

  test('a draining scheduler refuses new requests and finishes the running ones', async () => {
    const { submit, scheduler } = createHarness();
    const running = submit();
    scheduler.drain();
    expect(codeThrownBy(() => submit())).toBe('WORKER_DRAINING');
    expect(faultCode(await running.ended)).toBe('finished LENGTH');
  });
});
