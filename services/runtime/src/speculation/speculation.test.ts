import { describe, expect, test } from '@jest/globals';
import { GREEDY } from '../engine/greedy.ts';
import { createHarness, END, faultCode, prompt } from '../scheduler/scheduler.harness.ts';
import type { DraftSource } from './draft-source.ts';
import { NgramDrafts } from './ngram-drafts.ts';

/** A text that comes round again every twelve tokens. */
const CIRCLE = (history: readonly number[]): number => 10 + (history.length % 12);

/** A step takes as long for one token as for many, as on a device that waits for its memory. */
const FREE_TOKENS = { forwardMs: () => 10 };
/** A step takes as long as its tokens, as on a processor that is busy with them. */
const DEAR_TOKENS = { forwardMs: ({ tokens }: { tokens: number }) => 10 * tokens };

const NGRAM = { source: new NgramDrafts(), draftTokens: 4 };

async function say(options: Parameters<typeof createHarness>[0], asks: { length: number; maxTokens: number; minTokens?: number }[]) {
  const harness = createHarness(options);
  const watched = asks.map(({ length, ...ask }, i) => harness.submit({ prompt: prompt(length, i * 7), ...ask }));
  const ends = await Promise.all(watched.map(({ ended }) => ended));
  return { ...harness, ends, tokens: watched.map((one) => one.tokens()) };
}

describe('speculation', () => {
  test('says what plain decoding says, in fewer steps, and tells how much of it was guessed', async () => {
    const engine = { next: CIRCLE, ...FREE_TOKENS };
    const asks = [{ length: 24, maxTokens: 100 }];
    const plain = await say({ engine }, asks);
    const fast = await say({ engine, speculation: NGRAM }, asks);
    expect(fast.tokens).toEqual(plain.tokens);
    const decodes = (steps: typeof plain.steps): number => steps.filter(({ kind }) => kind === 'decode').length;
    expect(decodes(fast.steps)).toBeLessThan(decodes(plain.steps) / 2);
    const { draftTokens = 0, acceptedDraftTokens = 0, completionTokens } = fast.ends[0]?.usage ?? {};
    expect(completionTokens).toBe(100);
    expect(acceptedDraftTokens).toBeGreaterThan(60);
    expect(draftTokens).toBe(fast.drafts.reduce((sum, { tokens }) => sum + tokens, 0));
    expect(acceptedDraftTokens).toBe(fast.drafts.reduce((sum, { accepted }) => sum + accepted, 0));
  });

  test('says the same for several at once, whose guesses are right at different times', async () => {
    const next = (history: readonly number[]): number => (history.length % 29 < 6 ? 60 + (history.length % 17) : CIRCLE(history));
    const asks = [7, 20, 31, 44].map((length, i) => ({ length, maxTokens: 40 + 13 * i, minTokens: 5 * i }));
    const engine = { next, ...FREE_TOKENS };
    const plain = await say({ engine }, asks);
    const fast = await say({ engine, speculation: NGRAM }, asks);
    expect(fast.tokens).toEqual(plain.tokens);
    expect(fast.drafts.some(({ tokens, accepted }) => accepted < tokens)).toBe(true);
    expect(fast.drafts.some(({ accepted }) => accepted > 0)).toBe(true);
  });

  test('ends where plain decoding ends: at the end of generation, at the limit, at the end of the context', async () => {
    const untilEnd = (history: readonly number[]): number => (history.length < 61 ? CIRCLE(history) : END);
    for (const [next, ask] of [
      [untilEnd, { length: 24, maxTokens: 100 }],
      [CIRCLE, { length: 24, maxTokens: 33 }],
      [CIRCLE, { length: 24, maxTokens: 1_000_000 }],
      [untilEnd, { length: 24, maxTokens: 100, minTokens: 60 }],
    ] as const) {
      const asks = [ask.maxTokens > 1_000 ? { length: ask.length, maxTokens: 232 } : ask];
      const plain = await say({ engine: { next, ...FREE_TOKENS } }, asks);
      const fast = await say({ engine: { next, ...FREE_TOKENS }, speculation: NGRAM }, asks);
      expect(fast.tokens).toEqual(plain.tokens);
      expect(fast.ends.map(faultCode)).toEqual(plain.ends.map(faultCode));
      expect(fast.ends[0]?.usage.completionTokens).toBe(plain.ends[0]?.usage.completionTokens);
    }
  });

  test('leaves those alone whose grammar could stray from tokens that are forced', async () => {
    const engine = { next: CIRCLE, ...FREE_TOKENS };
    for (const mayForce of [true, false]) {
      const harness = createHarness({ engine, speculation: NGRAM });
      const grammar = await harness.engine.compileGrammar(Array.from({ length: 60 }, (_, i) => 10 + (i % 12)).join(' '));
      const text = { push: () => ({ text: 'x', match: undefined }), flush: () => ({ text: '', match: undefined }), mayForce };
      await harness.submit({ prompt: prompt(24), maxTokens: 60, sampling: { ...GREEDY, grammar }, text }).ended;
      expect(harness.drafts.length > 0).toBe(!mayForce);
    }
  });

  test('goes on where the engine cannot take back a part of a slot', async () => {
    const plain = await say({ engine: { next: CIRCLE } }, [{ length: 24, maxTokens: 50 }]);
    const wrong: DraftSource = { propose: (all) => Promise.resolve(all.map(() => [3, 3])), forget() {} };
    const harness = createHarness({ engine: { next: CIRCLE }, speculation: { source: wrong, draftTokens: 2 } });
    harness.engine.trim = (slot) => {
      harness.engine.clear(slot);
      return false;
    };
    const watched = harness.submit({ prompt: prompt(24), maxTokens: 50 });
    await watched.ended;
    expect(watched.tokens()).toEqual(plain.tokens[0]);
    expect(harness.drafts.length).toBeGreaterThan(0);
  });

  test('is left alone after a few tries when it takes longer than it gives, and tried again more and more rarely', async () => {
    const wrong: DraftSource = { propose: (all) => Promise.resolve(all.map(() => [3, 3, 3])), forget() {} };
    const options = { engine: { next: CIRCLE, contextTokens: 8_192, ...DEAR_TOKENS }, speculation: { source: wrong, draftTokens: 3 } };
    const { drafts, steps } = await say(options, [{ length: 24, maxTokens: 4_000 }]);
    expect(drafts.every(({ accepted }) => accepted === 0)).toBe(true);
    expect(drafts.length).toBeGreaterThanOrEqual(12);
    expect(drafts.length).toBeLessThan(steps.length / 50);
  });

  test('is given up when its guesses cannot be had, and the work goes on', async () => {
    const failures: unknown[] = [];
    const source: DraftSource = { propose: () => Promise.reject(new Error('planned')), forget() {} };
    const speculation = { source, draftTokens: 4, onGivenUp: (cause: unknown) => void failures.push(cause) };
    const { ends } = await say({ engine: { next: CIRCLE }, speculation }, [{ length: 9, maxTokens: 20 }]);
    expect(ends.map(faultCode)).toEqual(['finished LENGTH']);
    expect(failures).toHaveLength(1);
  });

  test('keeps nothing of generations that have ended', async () => {
    const kept = new Set<unknown>();
    const source: DraftSource = {
      propose: (all) => Promise.resolve(all.map((generation) => (kept.add(generation), [20]))),
      forget: (generation) => void kept.delete(generation),
    };
    await say({ engine: { next: CIRCLE, ...FREE_TOKENS }, speculation: { source, draftTokens: 1 } }, [
      { length: 9, maxTokens: 20 },
      { length: 12, maxTokens: 30 },
    ]);
    expect(kept.size).toBe(0);
  });
});
