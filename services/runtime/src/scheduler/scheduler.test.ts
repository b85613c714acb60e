import { describe, expect, test } from '@jest/globals';
import { codeThrownBy, createHarness, END, faultCode, nextEvent, prompt } from './scheduler.harness.ts';

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

describe('output', () => {
  test('a batch gives each request the text it has alone', async () => {
    const prompts = Array.from({ length: 16 }, (_, i) => prompt(4 + i * 5, i * 11));
    const alone: number[][] = [];
    for (const one of prompts) {
      const { submit } = createHarness();
      const watched = submit({ prompt: one, maxTokens: 20 });
      await watched.ended;
      alone.push(watched.tokens());
    }
    const { submit } = createHarness({ queueLimit: 16, engine: { slots: 5 } });
    const together = prompts.map((one, i) => submit({ prompt: one, maxTokens: 12 + (i % 3) * 4 }));
    await Promise.all(together.map((watched) => watched.ended));
    together.forEach((watched, i) => expect(watched.tokens()).toEqual(alone[i]?.slice(0, 12 + (i % 3) * 4)));
  });

  test('ends at the end of generation, and counts its token', async () => {
    const { submit } = createHarness({ engine: { next: (history) => (history.length < 11 ? 50 : END) } });
    const watched = submit();
    const ended = await watched.ended;
    expect(faultCode(ended)).toBe('finished EOS');
    expect(watched.tokens()).toEqual([50, 50, 50]);
    expect(ended.usage).toEqual({ promptTokens: 8, cachedTokens: 0, completionTokens: 4 });
  });

  test('does not end before min_tokens, and ends at once after', async () => {
    const { submit } = createHarness({ engine: { next: () => END } });
    const ended = await submit({ minTokens: 5 }).ended;
    expect(faultCode(ended)).toBe('finished EOS');
    expect(ended.usage.completionTokens).toBe(6);
  });

  test('ignore_eos runs to the length', async () => {
    const { submit } = createHarness({ engine: { next: () => END } });
    expect(faultCode(await submit({ ignoreEos: true }).ended)).toBe('finished LENGTH');
  });

  test('a stop token ends the text without itself', async () => {
    const { submit } = createHarness({ engine: { next: (history) => (history.length < 10 ? 50 : 60) } });
    const watched = submit({ stopTokenIds: new Set([60]) });
    expect(faultCode(await watched.ended)).toBe('finished STOP_TOKEN');
    expect(watched.tokens()).toEqual([50, 50]);
  });

  test('without a maximum the text ends where the context is full', async () => {
    const { submit } = createHarness();
    const ended = await submit({ prompt: prompt(250), maxTokens: undefined }).ended;
    expect(faultCode(ended)).toBe('finished CONTEXT_FULL');
    expect(ended.usage.completionTokens).toBe(6);
  });

  test.each([
    { prompt: 8, maxTokens: undefined, totalTokensMax: 13, tokens: 5, reason: 'LENGTH' },
    { prompt: 8, maxTokens: 7, totalTokensMax: 13, tokens: 5, reason: 'LENGTH' },
    { prompt: 8, maxTokens: 5, totalTokensMax: 13, tokens: 5, reason: 'LENGTH' },
    { prompt: 8, maxTokens: 3, totalTokensMax: 13, tokens: 3, reason: 'LENGTH' },
    { prompt: 250, maxTokens: undefined, totalTokensMax: 255, tokens: 5, reason: 'LENGTH' },
    { prompt: 250, maxTokens: undefined, totalTokensMax: 256, tokens: 6, reason: 'LENGTH' },
    { prompt: 250, maxTokens: undefined, totalTokensMax: 257, tokens: 6, reason: 'CONTEXT_FULL' },
    { prompt: 250, maxTokens: 6, totalTokensMax: 257, tokens: 6, reason: 'LENGTH' },
  ])('a prompt of $prompt, max_tokens $maxTokens and a total of $totalTokensMax give $tokens tokens and $reason', async (row) => {
    const { submit } = createHarness();
    const watched = submit({ prompt: prompt(row.prompt), maxTokens: row.maxTokens, totalTokensMax: row.totalTokensMax });
    const ended = await watched.ended;
    expect(faultCode(ended)).toBe(`finished ${row.reason}`);
    expect(ended.usage).toEqual({ promptTokens: row.prompt, cachedTokens: 0, completionTokens: row.tokens });
    expect(watched.tokens()).toHaveLength(row.tokens);
  });

  test('each of a batch stops at its own total, whatever the others do', async () => {
    const { submit } = createHarness({ queueLimit: 32, engine: { slots: 5 } });
    const requests = Array.from({ length: 30 }, (_, i) => ({ prompt: prompt(4 + (i % 7) * 9, i), total: 5 + (i % 7) * 9 + (i % 11) }));
    const ends = await Promise.all(
      requests.map((one) => submit({ prompt: one.prompt, maxTokens: undefined, totalTokensMax: one.total }).ended),
    );
    expect(ends.map(({ usage }) => usage.promptTokens + usage.completionTokens)).toEqual(requests.map(({ total }) => total));
  });

  test('the end of generation and stop tokens still come before the total', async () => {
    const { submit } = createHarness({ engine: { next: (history) => (history.length < 11 ? 50 : END) } });
    expect(faultCode(await submit({ maxTokens: undefined, totalTokensMax: 13 }).ended)).toBe('finished EOS');
    expect(faultCode(await submit({ maxTokens: undefined, totalTokensMax: 13, stopTokenIds: new Set([50]) }).ended)).toBe(
      'finished STOP_TOKEN',
    );
  });

  test('a step sends one frame however many tokens it made', async () => {
    const { submit } = createHarness();
    const watched = submit({ maxTokens: 10 });
    await watched.ended;
    expect(new Set(watched.flushes).size).toBe(watched.flushes.length);
  });
});

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

describe('an echo', () => {
  test('comes before the answer, and counts for nothing', async () => {
    const { submit } = createHarness();
    const watched = submit({ prompt: prompt(20), maxTokens: 3, echo: { text: 'the prompt', logprobs: undefined } });
    const { usage } = await watched.ended;
    expect(usage).toMatchObject({ promptTokens: 20, completionTokens: 3 });
    const deltas = watched.events.flatMap((event) => (event.kind === 'delta' ? [event] : []));
    expect(deltas.map(({ text, isEcho = false }) => [text, isEcho]).slice(0, 2)).toEqual([
      ['the prompt', true],
      [expect.stringMatching(/^\d+ $/), false],
    ]);
  });

  test('may be all that is wanted', async () => {
    const { submit, scheduler } = createHarness();
    const watched = submit({ prompt: prompt(20), maxTokens: 0, echo: { text: 'the prompt', logprobs: undefined } });
    expect(faultCode(await watched.ended)).toBe('finished LENGTH');
    expect(watched.events.map(({ kind }) => kind)).toEqual(['started', 'delta', 'finished']);
    expect(scheduler.snapshot().slotsBusy).toBe(0);
  });

  test('with log probabilities reads every token of the prompt, in small steps, although they are in a cache', async () => {
    const { submit, steps } = createHarness({ engine: { batchTokens: 128 } });
    await submit({ prompt: prompt(150), maxTokens: 2 }).ended;
    const from = steps.length;
    const watched = submit({ prompt: prompt(150), maxTokens: 2, echo: { text: 'x', logprobs: 2 } });
    expect((await watched.ended).usage.cachedTokens).toBe(0);
    expect(steps.slice(from).flatMap(({ kind, tokens }) => (kind === 'prefill' ? [tokens] : []))).toEqual([64, 64, 22]);
    const echo = watched.events.find((event) => event.kind === 'delta');
    expect(echo).toMatchObject({ isEcho: true, tokenIds: [...prompt(150)] });
    const logprobs = (echo?.kind === 'delta' && echo.logprobs) || [];
    expect(logprobs.map(({ tokenId }) => tokenId)).toEqual([...prompt(150)]);
    expect(logprobs.map(({ logprob }) => logprob === undefined).lastIndexOf(true)).toBe(0);
  });
});
