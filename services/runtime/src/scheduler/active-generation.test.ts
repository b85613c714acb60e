import { describe, expect, test } from '@jest/globals';
import { createHarness, END, faultCode, prompt } from './scheduler.harness.ts';

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
