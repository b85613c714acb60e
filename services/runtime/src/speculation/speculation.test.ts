import { describe, expect, test } from '@jest/globals';
import { GREEDY } from '../engine/greedy.ts';
import { createHarness, END, faultCode, prompt, type Ended } from '../scheduler/scheduler.harness.ts';
import type { ActiveGeneration } from '../scheduler/active-generation.ts';
import type { TextSink } from '../scheduler/generation.ts';
import type { DraftSource } from './draft-source.ts';
import { NgramDrafts } from './ngram-drafts.ts';

/** A text that comes round again every twelve tokens. */
const CIRCLE = (history: readonly number[]): number => 10 + (history.length % 12);

/** A step takes as long for one token as for many, as on a device that waits for its memory. */
const FREE_TOKENS = { forwardMs: () => 10 };
/** A step takes as long as its tokens, as on a processor that is busy with them. */
const DEAR_TOKENS = { forwardMs: ({ tokens }: { tokens: number }) => 10 * tokens };

const NGRAM = { source: new NgramDrafts(), draftTokens: 4 };

/** What the model will say next, so many tokens of it. */
function ahead({ request, output }: ActiveGeneration, count: number, next = CIRCLE): number[] {
  const length = request.prompt.length + output.length;
  return Array.from({ length: count }, (_, i) => next(Array.from({ length: length + i })));
}

const RIGHT: DraftSource = {
  propose: (all, tokensMax) => Promise.resolve(all.map((generation) => ahead(generation, tokensMax))),
  forget() {},
};

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

  test.each([true, false])('samples nothing behind a token after which others may be forced: with a grammar %s', async (hasGrammar) => {
    const { engine, ...harness } = createHarness({
      engine: { next: CIRCLE, ...FREE_TOKENS },
      speculation: { source: RIGHT, draftTokens: 4 },
    });
    const grammar = hasGrammar ? await engine.compileGrammar(Array.from({ length: 60 }, (_, i) => 10 + (i % 12)).join(' ')) : undefined;
    // Forces two tokens after every ninth.
    let [pushed, sampled] = [0, 0];
    const sampledWhenForced: number[] = [];
    const verify = engine.verify.bind(engine);
    engine.verify = async (items) => {
      const result = await verify(items);
      sampled = pushed + (result.tokens[0]?.length ?? 0);
      return result;
    };
    const text: TextSink = {
      get tokensUntilForced() {
        return 9 - (pushed % 9);
      },
      push: () => {
        if (++pushed % 9 !== 0) return { text: 'x', match: undefined };
        sampledWhenForced.push(Math.max(0, sampled - pushed));
        return { text: 'x', match: undefined, forcedTokens: [5, 6] };
      },
      flush: () => ({ text: '', match: undefined }),
    };
    const watched = harness.submit({ prompt: prompt(24), maxTokens: 60, sampling: { ...GREEDY, grammar }, text });
    await watched.ended;
    expect(sampledWhenForced).toEqual(Array.from({ length: 6 }, () => 0));
    expect(harness.drafts.length).toBeGreaterThan(3);
    expect(watched.tokens().filter((token) => token < 10)).toHaveLength(12);
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
    // One wrong guess costs the whole sequence, so there is no second one.
    expect(harness.drafts).toEqual([{ tokens: 2, accepted: 0 }]);
    const read = harness.steps.filter(({ kind }) => kind === 'prefill').reduce((sum, { tokens }) => sum + tokens, 0);
    expect(read).toBeLessThan(24 + 24 + 5);
  });

  test('guesses of a step are equally long, and what only fills them up counts for nothing', async () => {
    const source: DraftSource = {
      ...RIGHT,
      propose: (all, tokensMax) => Promise.resolve(all.map((generation, i) => ahead(generation, i === 0 ? tokensMax : 1))),
    };
    const harness = createHarness({ engine: { next: CIRCLE, ...FREE_TOKENS }, speculation: { source, draftTokens: 4 } });
    const lengths: number[][] = [];
    const verify = harness.engine.verify.bind(harness.engine);
    harness.engine.verify = (items) => {
      lengths.push(items.map(({ draft }) => draft.length));
      return verify(items);
    };
    const [first, second] = await Promise.all([1, 2].map((seed) => harness.submit({ prompt: prompt(24, seed), maxTokens: 41 }).ended));
    const together = lengths.filter((round) => round.length === 2);
    expect(together.length).toBeGreaterThan(5);
    expect(together.every(([one, other]) => one === other)).toBe(true);
    // Every guess is right.
    const [{ usage: ofFirst }, { usage: ofSecond }] = [first as Ended, second as Ended];
    expect(ofFirst.acceptedDraftTokens).toBe(ofFirst.draftTokens);
    expect(ofSecond.acceptedDraftTokens).toBe(ofSecond.draftTokens);
    const sum = (read: (round: { tokens: number; accepted: number }) => number): number =>
      harness.drafts.reduce((total, round) => total + read(round), 0);
    expect(sum(({ tokens }) => tokens)).toBe((ofFirst.draftTokens ?? 0) + (ofSecond.draftTokens ?? 0));
    expect(sum(({ accepted }) => accepted)).toBe(sum(({ tokens }) => tokens));
  });

  test('ends with an answer inside a guess, of which the rest counts for nothing', async () => {
    const untilEnd = (history: readonly number[]): number => (history.length < 40 ? CIRCLE(history) : END);
    const source: DraftSource = {
      ...RIGHT,
      propose: (all) => Promise.resolve(all.map((generation) => ahead(generation, 5, untilEnd))),
    };
    const { ends, drafts } = await say({ engine: { next: untilEnd, ...FREE_TOKENS }, speculation: { source, draftTokens: 5 } }, [
      { length: 24, maxTokens: 100 },
    ]);
    expect(ends.map(faultCode)).toEqual(['finished EOS']);
    const { acceptedDraftTokens = 0, completionTokens = 0 } = ends[0]?.usage ?? {};
    expect(drafts.at(-1)?.accepted).toBeLessThan(5);
    expect(acceptedDraftTokens).toBeGreaterThan(8);
    expect(acceptedDraftTokens).toBeLessThan(completionTokens);
    expect(drafts.reduce((total, { accepted }) => total + accepted, 0)).toBe(acceptedDraftTokens);
  });

  test('is left alone after a few tries when it takes longer than it gives, and tried again more and more rarely', async () => {
    const wrong: DraftSource = { propose: (all) => Promise.resolve(all.map(() => [3, 3, 3])), forget() {} };
    const options = { engine: { next: CIRCLE, contextTokens: 8_192, ...DEAR_TOKENS }, speculation: { source: wrong, draftTokens: 3 } };
    const { drafts, steps } = await say(options, [{ length: 24, maxTokens: 4_000 }]);
    expect(drafts.every(({ accepted }) => accepted === 0)).toBe(true);
    expect(drafts.length).toBeGreaterThanOrEqual(12);
    expect(drafts.length).toBeLessThan(steps.length / 50);
  });

  /** Guesses that take their time, and are right where there is one. */
  function costly(look: (call: number) => { ms: number; isFound: boolean }) {
    let calls = 0;
    let advance: ((ms: number) => void) | undefined;
    const source: DraftSource = {
      ...RIGHT,
      propose: (all, tokensMax) => {
        const { ms, isFound } = look(calls++);
        advance?.(ms);
        return RIGHT.propose(all, isFound ? tokensMax : 0);
      },
    };
    const engine = { next: CIRCLE, contextTokens: 8_192, ...FREE_TOKENS };
    const harness = createHarness({ engine, speculation: { source, draftTokens: 3 } });
    advance = harness.advance;
    return { ...harness, calls: () => calls };
  }

  test.each([
    [10, 'on', 200],
    [40, 'off', 30],
  ] as const)('counts the time that guessing takes: %s ms for three tokens of 10 ms leave it %s', async (ms, state, rounds) => {
    const harness = costly(() => ({ ms, isFound: true }));
    await harness.submit({ prompt: prompt(24), maxTokens: 1_000 }).ended;
    if (state === 'on') expect(harness.drafts.length).toBeGreaterThan(rounds);
    else expect(harness.drafts.length).toBeLessThan(rounds);
  });

  test('pays back what was spent before the first guess over the guesses that follow', async () => {
    // Reading a prompt takes four rounds, each as long as twelve steps.
    const harness = costly((call) => (call < 4 ? { ms: 120, isFound: false } : { ms: 1, isFound: true }));
    await harness.submit({ prompt: prompt(24), maxTokens: 1_000 }).ended;
    expect(harness.drafts.length).toBeGreaterThan(200);
  });

  test('is left alone when looking for guesses takes long and finds none', async () => {
    const harness = costly(() => ({ ms: 5, isFound: false }));
    await harness.submit({ prompt: prompt(24), maxTokens: 1_000 }).ended;
    expect(harness.calls()).toBeGreaterThan(5);
    expect(harness.calls()).toBeLessThan(100);
  });

  test('is paid for by the guesses that it finds, also what was spent where it found none', async () => {
    // Every fourth look finds three tokens for 30 ms that the others cost.
    const harness = costly((call) => (call % 4 === 3 ? { ms: 1, isFound: true } : { ms: 15, isFound: false }));
    await harness.submit({ prompt: prompt(24), maxTokens: 2_000 }).ended;
    expect(harness.drafts.length).toBeGreaterThan(5);
    expect(harness.drafts.length).toBeLessThan(80);
  });

  test('is compared with plain steps as they are now', async () => {
    let plainMs = 20;
    const forwardMs = ({ tokens }: { tokens: number }): number => (tokens === 1 ? plainMs : 20);
    const source: DraftSource = {
      ...RIGHT,
      propose: (all) => Promise.resolve(all.map((generation) => [...ahead(generation, 1), 3])),
    };
    const harness = createHarness({ engine: { next: CIRCLE, contextTokens: 8_192, forwardMs }, speculation: { source, draftTokens: 2 } });
    const first = harness.submit({ prompt: prompt(24), maxTokens: 500 });
    await first.ended;
    expect(harness.drafts.length).toBeGreaterThan(200);
    plainMs = 5;
    const before = harness.drafts.length;
    await harness.submit({ prompt: prompt(24, 2), maxTokens: 4_000 }).ended;
    expect(harness.drafts.length - before).toBeLessThan(400);
  });

  test('does not keep back what the last step said', async () => {
    const asked = Promise.withResolvers<void>();
    const source: DraftSource = {
      propose: () => {
        asked.resolve();
        return new Promise(() => {});
      },
      forget() {},
    };
    const { submit } = createHarness({ engine: { next: CIRCLE }, speculation: { source, draftTokens: 3 } });
    const watched = submit({ prompt: prompt(24), maxTokens: 10 });
    await asked.promise;
    // The start, the token of the prompt's last step, and that of the plain step with which all is compared.
    expect(watched.tokens()).toHaveLength(2);
    expect(watched.flushes).toHaveLength(3);
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
