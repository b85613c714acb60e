import { describe, expect, test } from '@jest/globals';
import { ScriptedEngine } from '../engine/scripted-engine.ts';
import { GREEDY } from '../engine/greedy.ts';
import { ActiveGeneration } from '../scheduler/active-generation.ts';
import { createHarness, prompt, requestOf } from '../scheduler/scheduler.harness.ts';
import { DraftModelDrafts } from './draft-model-drafts.ts';

/** The model's own way, from which the small one strays every seventh token. */
const TRUE = (history: readonly number[]): number => 10 + ((history.length * 7 + (history.at(-1) ?? 0)) % 61);
const NEARLY = (history: readonly number[]): number => (history.length % 7 === 0 ? 5 : TRUE(history));

function draftEngine(options: { slots?: number; contextTokens?: number; batchTokens?: number } = {}): ScriptedEngine {
  return new ScriptedEngine({
    slots: 4,
    contextTokens: 256,
    batchTokens: 64,
    vocabulary: 97,
    endOfGenerationTokens: [2],
    next: NEARLY,
    ...options,
  });
}

async function say(engine: ScriptedEngine | undefined, lengths: readonly number[], maxTokens = 40) {
  const harness = createHarness({
    engine: { next: TRUE, forwardMs: () => 10 },
    ...(engine && { speculation: { source: new DraftModelDrafts(engine), draftTokens: 4 } }),
  });
  const watched = lengths.map((length, i) => harness.submit({ prompt: prompt(length, i * 11), maxTokens }));
  await Promise.all(watched.map(({ ended }) => ended));
  return { ...harness, tokens: watched.map((one) => one.tokens()) };
}

describe('guesses of a smaller model', () => {
  test('change nothing of what is said, and are mostly right where it thinks alike', async () => {
    const plain = await say(undefined, [9, 20, 33]);
    const fast = await say(draftEngine(), [9, 20, 33]);
    expect(fast.tokens).toEqual(plain.tokens);
    const tokens = fast.drafts.reduce((sum, round) => sum + round.tokens, 0);
    const accepted = fast.drafts.reduce((sum, round) => sum + round.accepted, 0);
    expect(accepted / tokens).toBeGreaterThan(0.6);
    expect(fast.steps.length).toBeLessThan(plain.steps.length);
  });

  test('begin when it has read a long prompt through', async () => {
    const plain = await say(undefined, [150]);
    const fast = await say(draftEngine({ batchTokens: 16 }), [150]);
    expect(fast.tokens).toEqual(plain.tokens);
    expect(fast.drafts.length).toBeGreaterThan(3);
  });

  test('are there for prompts that are longer than a call may have arguments', async () => {
    const engine = draftEngine({ contextTokens: 300_000, batchTokens: 4_096 });
    const request = { ...requestOf({ prompt: prompt(250_000) }), outlet: { emit() {}, flush() {} } };
    const stamps = { submittedMs: 0, admittedMs: 0, firstTokenMs: 0 };
    const generation = new ActiveGeneration(request, { sampler: engine.acquireSampler(GREEDY), contextTokens: 300_000, stamps });
    // It reads a batch, and has no guess yet.
    expect(await new DraftModelDrafts(engine).propose([generation], 4)).toEqual([[]]);
  });

  test('are left out for those that it has no slot or no room for', async () => {
    const lengths = [9, 20, 33];
    const plain = await say(undefined, lengths);
    const fast = await say(draftEngine({ slots: 1, contextTokens: 40 }), lengths);
    expect(fast.tokens).toEqual(plain.tokens);
  });
});
