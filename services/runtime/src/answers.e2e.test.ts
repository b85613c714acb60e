import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { GenerateEvent__Output } from '@sluice/proto/v1/GenerateEvent';
import type { GenerateRequest } from '@sluice/proto/v1/GenerateRequest';
import { startRuntimeProcess, type RuntimeProcess } from '@sluice/testing/runtime-process';
import { openSession, story, type TestSession } from './test-support/session.ts';

const PROMPT = 'Once upon a time there was a';

describe('several answers, and prompts that are echoed', () => {
  let runtime: RuntimeProcess;
  let session: TestSession;
  let rids = 0;
  beforeAll(async () => {
    runtime = await startRuntimeProcess({ SUPERVISE: 'false', SLOTS: '6' });
    await runtime.untilReady();
    session = openSession(runtime.client);
  }, 40_000);
  afterAll(() => runtime.stop());

  async function ask(request: Partial<GenerateRequest>): Promise<{ events: GenerateEvent__Output[]; end: GenerateEvent__Output }> {
    const rid = ++rids;
    session.start(story(rid, request));
    const end = await session.ended(rid);
    return { events: session.eventsOf(rid), end };
  }

  const textOf = (events: readonly GenerateEvent__Output[], index: number): string =>
    events.flatMap(({ delta }) => (delta?.index === index && !delta.details?.isEcho ? [delta.text] : [])).join('');

  test('differ from each other, are the same for the same seed, and are paid for together', async () => {
    const request = { n: 3, sampling: { temperature: 1, seed: 7 }, stopping: { maxTokens: 20, ignoreEos: true } };
    const first = await ask(request);
    const texts = [0, 1, 2].map((index) => textOf(first.events, index));
    expect(new Set(texts).size).toBe(3);
    expect(first.end.finished).toMatchObject({ reason: 'LENGTH', seed: 7, usage: { promptTokens: 16, completionTokens: 60 } });
    expect(new Set(first.events.flatMap(({ choiceEnd }) => (choiceEnd ? [choiceEnd.index] : [])))).toEqual(new Set([0, 1, 2]));
    // Alone, each is what it is among others.
    const alone = await ask({ sampling: { temperature: 1, seed: 8 }, stopping: { maxTokens: 20, ignoreEos: true } });
    expect(textOf(alone.events, 0)).toBe(texts[1]);
  });

  test('are the likeliest of more, best first, when that is asked for', async () => {
    const sampling = { temperature: 1.5, seed: 3 };
    const stopping = { maxTokens: 12, ignoreEos: true };
    const all = await ask({ n: 5, logprobs: 0, sampling, stopping });
    const means = [0, 1, 2, 3, 4].map((index) => ({ text: textOf(all.events, index), mean: meanLogprob(all.events, index) }));
    const best = await ask({ n: 2, bestOf: 5, sampling, stopping });
    const expected = means.sort((a, b) => b.mean - a.mean).slice(0, 2);
    expect([0, 1].map((index) => textOf(best.events, index))).toEqual(expected.map(({ text }) => text));
    expect(best.events.flatMap(({ delta }) => delta?.details?.logprobs ?? [])).toEqual([]);
    expect(best.end.finished?.usage?.completionTokens).toBe(60);
  });

  test('end together at the bound of tokens that is paid for', async () => {
    const { end } = await ask({ n: 3, stopping: { maxTokens: 20, ignoreEos: true, totalTokensMax: 16 + 25 } });
    expect(end.finished?.usage).toMatchObject({ promptTokens: 16, completionTokens: 25 });
  });

  test('are refused when there are fewer of them than are to be given', async () => {
    expect((await ask({ n: 3, bestOf: 2 })).end.failure).toMatchObject({ code: 'INVALID_VALUE', param: 'best_of' });
    expect((await ask({ n: 1_000 })).end.failure).toMatchObject({ code: 'INTEGER_ABOVE_MAX_VALUE', param: 'n' });
  });

  test('come after the prompt, with how likely each of its tokens was', async () => {
    const { events, end } = await ask({ prompt: { text: PROMPT }, echo: true, logprobs: 2, stopping: { maxTokens: 3 } });
    const [echo, ...answer] = events.flatMap(({ delta }) => (delta ? [delta] : []));
    expect(echo).toMatchObject({ text: PROMPT, details: { isEcho: true } });
    const logprobs = echo?.details?.logprobs ?? [];
    expect(logprobs).toHaveLength(end.finished?.usage?.promptTokens ?? 0);
    expect(logprobs[0]).not.toHaveProperty('logprob', expect.any(Number));
    expect(Buffer.concat(logprobs.map(({ bytes }) => Buffer.from(bytes))).toString()).toBe(PROMPT);
    for (const { logprob, top } of logprobs.slice(1)) {
      expect(logprob).toBeLessThanOrEqual(0);
      expect(top).toHaveLength(2);
      expect(top[0]?.logprob).toBeGreaterThanOrEqual(logprob ?? 0);
    }
    expect(answer.flatMap(({ tokenIds }) => tokenIds)).toHaveLength(3);
  });

  test('need not come at all', async () => {
    const { events, end } = await ask({ prompt: { text: PROMPT }, echo: true, stopping: { maxTokens: 0 } });
    expect(events.flatMap(({ delta }) => (delta ? [delta.text] : []))).toEqual([PROMPT]);
    expect(end.finished).toMatchObject({ reason: 'LENGTH', usage: { completionTokens: 0 } });
  });
});

function meanLogprob(events: readonly GenerateEvent__Output[], index: number): number {
  const logprobs = events.flatMap(({ delta }) => (delta?.index === index ? (delta.details?.logprobs ?? []) : []));
  return logprobs.reduce((sum, { logprob = 0 }) => sum + logprob, 0) / logprobs.length;
}
