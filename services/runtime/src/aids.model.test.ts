import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { writeAdapterFile } from '@sluice/testing/adapter-file';
import type { LoadedModel } from './models/load-model.ts';
import type { ModelSettings } from './models/model-settings.ts';
import { DEMO_MODEL, generateGreedily, loadDemoModel, scheduleOn, type GreedyResult } from './test-support/demo-model.ts';
import { QUESTIONS } from './test-support/questions.ts';

const SIZE = { slots: 4, contextTokens: 1_024, batchTokens: 256 };

/** Asks all questions, a few at a time, of a model with these settings. */
async function askAll(change: Partial<ModelSettings>, questions: readonly string[]): Promise<GreedyResult[]> {
  const model = await loadDemoModel({ ...SIZE, ...change });
  const scheduler = scheduleOn(model);
  try {
    return await Promise.all(
      questions.map((question) => generateGreedily(model, scheduler, { prompt: promptOf(model, question), maxTokens: 60 })),
    );
  } finally {
    await scheduler.close();
    await model.aids.close();
    await model.engine.close();
  }
}

function promptOf(model: LoadedModel, content: string): Uint32Array {
  return model.encodePrompt({ kind: 'text', text: `<|im_start|>user\n${content}<|im_end|>\n<|im_start|>assistant\n` });
}

describe('guesses with a real model', () => {
  let plain: GreedyResult[];
  beforeAll(async () => {
    plain = await askAll({}, QUESTIONS);
  });

  test('of what was said before change nothing of the answers', async () => {
    const guessed = await askAll({ speculation: { method: 'ngram', tokens: 4 } }, QUESTIONS);
    expect(guessed.map(({ text }) => text)).toEqual(plain.map(({ text }) => text));
    expect(guessed.some(({ usage }) => (usage.draftTokens ?? 0) > 0)).toBe(true);
  });

  test('of a model that thinks alike are all right, and change nothing', async () => {
    const guessed = await askAll({ speculation: { method: 'draft', source: DEMO_MODEL, tokens: 3 } }, QUESTIONS);
    expect(guessed.map(({ text }) => text)).toEqual(plain.map(({ text }) => text));
    const sum = (read: (result: GreedyResult) => number | undefined): number => guessed.reduce((total, one) => total + (read(one) ?? 0), 0);
    expect(sum(({ usage }) => usage.draftTokens)).toBeGreaterThan(20);
    expect(sum(({ usage }) => usage.acceptedDraftTokens) / sum(({ usage }) => usage.draftTokens)).toBeGreaterThan(0.8);
  });

  test('cannot come from a file that is no model with the same tokens', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sluice-draft-'));
    const source = join(folder, 'adapter.gguf');
    writeAdapterFile(source, { seed: 1 });
    await expect(loadDemoModel({ ...SIZE, speculation: { method: 'draft', source, tokens: 3 } })).rejects.toThrow();
    await rm(folder, { recursive: true });
  });
});

describe('a prefix cache in memory with a real model', () => {
  test('gives back a prompt that had to leave, with the same answer, and leaves no file', async () => {
    const model = await loadDemoModel({ ...SIZE, slots: 2, prefixCacheMb: 64 });
    const scheduler = scheduleOn(model);
    const long = (topic: string): Uint32Array => promptOf(model, `${`Tell me about the ${topic}. `.repeat(14)}What is it?`);
    const ask = (topic: string) => generateGreedily(model, scheduler, { prompt: long(topic), maxTokens: 20 });
    const first = await ask('fox');
    for (const topic of ['river', 'garden', 'city']) await ask(topic);
    const again = await ask('fox');
    expect(first.usage.cachedTokens).toBeLessThan(20);
    expect(again.usage.cachedTokens).toBe(long('fox').length - 1);
    expect(again.text).toBe(first.text);
    await scheduler.close();
    await model.aids.close();
    await model.engine.close();
    const left = await readdir(tmpdir());
    expect(left.filter((name) => name.startsWith(`sluice-prefixes-${process.pid}-`))).toEqual([]);
  });
});
