import { describe, expect, test } from '@jest/globals';
import type { StepResult } from '../engine/engine.ts';
import type { GenerationEvent, GenerationRequest } from '../scheduler/generation.ts';
import { codeThrownBy, createHarness, requestOf, type Ended } from '../scheduler/scheduler.harness.ts';
import { submitChoices } from './submit-choices.ts';

type Ask = Partial<GenerationRequest> & { generated: number; answered?: number };

function ask(harness: ReturnType<typeof createHarness>, { generated, answered = generated, ...request }: Ask) {
  const events: GenerationEvent[] = [];
  const ended = Promise.withResolvers<Ended>();
  const handle = submitChoices({
    generated,
    answered,
    hasLogprobs: false,
    // Every answer begins with its own token.
    requestAt: (index) => {
      const base = requestOf(request);
      return { ...base, sampling: { ...base.sampling, logitBias: new Map([...Array(index).keys()].map((i) => [first(i), -Infinity])) } };
    },
    outlet: {
      emit(event) {
        events.push(event);
        if (event.kind === 'finished' || event.kind === 'failed') ended.resolve(event);
      },
      flush() {},
    },
    submit: (each) => harness.scheduler.submit(each),
  });
  const tokensOf = (index: number): number[] => events.flatMap((e) => (e.kind === 'delta' && (e.index ?? 0) === index ? e.tokenIds : []));
  return { handle, events, ended: ended.promise, tokensOf };
}

/** The tokens that the scripted model likes best, in order. */
const first = (i: number): number => 50 + i;
const ENGINE = { next: () => 50 };

describe('several answers to one prompt', () => {
  test('read the prompt once, and end once with the usage of all', async () => {
    const harness = createHarness();
    const asked = ask(harness, { generated: 3, maxTokens: 6, prompt: Uint32Array.from({ length: 40 }, (_, i) => 3 + i) });
    const ended = await asked.ended;
    expect(ended).toMatchObject({ kind: 'finished', reason: 'LENGTH', usage: { promptTokens: 40, cachedTokens: 0, completionTokens: 18 } });
    const readTokens = harness.steps.filter(({ kind }) => kind === 'prefill').reduce((sum, { tokens }) => sum + tokens, 0);
    // The last token of the prompt gives each answer its first one.
    expect(readTokens).toBe(40 + 1 + 1);
    expect(asked.events.filter(({ kind }) => kind === 'started')).toHaveLength(1);
    expect(asked.events.filter(({ kind }) => kind === 'finished')).toHaveLength(1);
    expect(new Set(asked.events.flatMap((event) => (event.kind === 'choiceEnd' ? [event.index] : [])))).toEqual(new Set([0, 1, 2]));
  });

  test('go on apart from each other', async () => {
    const asked = ask(createHarness({ engine: ENGINE }), { generated: 3, maxTokens: 2 });
    await asked.ended;
    expect([0, 1, 2].map((index) => asked.tokensOf(index))).toEqual([
      [50, 50],
      [51, 51],
      [52, 52],
    ]);
  });

  test.each([1, 2, 3, 4, 7, 11])('share what the quota pays for, to the token: %i', async (left) => {
    const harness = createHarness({ engine: { slots: 4 } });
    const asked = ask(harness, { generated: 3, maxTokens: 6, totalTokensMax: 8 + left });
    const { usage } = await asked.ended;
    expect(usage.completionTokens).toBe(left);
    expect([0, 1, 2].flatMap((index) => asked.tokensOf(index))).toHaveLength(left);
    expect(harness.scheduler.snapshot().slotsBusy).toBe(0);
  });

  test('are all cancelled together', async () => {
    const harness = createHarness();
    const asked = ask(harness, { generated: 4, maxTokens: 200 });
    await new Promise((resolve) => setImmediate(resolve));
    asked.handle.cancel();
    expect(await asked.ended).toMatchObject({ kind: 'finished', reason: 'CANCELLED' });
    expect(harness.scheduler.snapshot()).toMatchObject({ slotsBusy: 0, queueDepth: 0 });
  });

  test('fail together when one of them fails', async () => {
    let steps = 0;
    const harness = createHarness({
      engine: {
        beforeStep: (kind) => {
          if (kind === 'decode' && ++steps === 3) throw new Error('planned');
        },
      },
    });
    const asked = ask(harness, { generated: 2, maxTokens: 50 });
    expect(await asked.ended).toMatchObject({ kind: 'failed', fault: { code: 'INTERNAL' } });
    expect(asked.events.filter(({ kind }) => kind === 'failed')).toHaveLength(1);
  });

  test('are refused together when the line has no room for all, and none of them runs', async () => {
    const harness = createHarness({ engine: { slots: 1 }, queueLimit: 2 });
    expect(codeThrownBy(() => ask(harness, { generated: 3 }))).toBe('SERVER_OVERLOADED');
    await new Promise((resolve) => setImmediate(resolve));
    expect(harness.scheduler.snapshot()).toMatchObject({ slotsBusy: 0, queueDepth: 0 });
    expect(harness.steps).toEqual([]);
  });
});

describe('the best of several', () => {
  test('are answered when all are there, the likeliest a token first, and numbered anew', async () => {
    const harness = createHarness({ engine: ENGINE });
    // The third answer's tokens are the likeliest.
    const named = ({ tokens, ...times }: StepResult): StepResult => ({
      ...times,
      tokens,
      logprobs: tokens.map((token) => ({ tokenId: token, logprob: -Math.abs(token - 52), top: [] })),
    });
    const { engine } = harness;
    const [decode, prefill] = [engine.decode.bind(engine), engine.prefill.bind(engine)];
    engine.decode = async (items) => named(await decode(items));
    engine.prefill = async (chunks) => named(await prefill(chunks));
    const asked = ask(harness, { generated: 4, answered: 2, maxTokens: 3 });
    const { usage } = await asked.ended;
    expect(usage.completionTokens).toBe(12);
    expect([0, 1].map((index) => asked.tokensOf(index))).toEqual([
      [52, 52, 52],
      [51, 51, 51],
    ]);
    expect(asked.events.flatMap((event) => (event.kind === 'choiceEnd' ? [event.index] : []))).toEqual([0, 1]);
  });
});
