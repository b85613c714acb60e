import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { LoadedModel } from './models/load-model.ts';
import type { Scheduler } from './scheduler/scheduler.ts';
import { generateGreedily, loadDemoModel, scheduleOn, type GreedyResult } from './test-support/demo-model.ts';
import { QUESTIONS } from './test-support/questions.ts';

type Fixture = {
  readonly cases: readonly {
    readonly prompt: string;
    readonly promptTokens: readonly number[];
    readonly text: string;
    readonly tokens: readonly number[];
  }[];
};

const fixture: Fixture = JSON.parse(readFileSync(new URL('../test/fixtures/greedy-llama-cpp.json', import.meta.url), 'utf8'));

describe('generation with the demo model', () => {
  let model: LoadedModel;
  let scheduler: Scheduler;
  beforeAll(async () => {
    model = await loadDemoModel({ slots: 16, contextTokens: 1024, batchTokens: 256 });
    scheduler = scheduleOn(model);
  });
  afterAll(async () => {
    await scheduler.close();
    await model.engine.close();
  });

  const chat = (content: string): Uint32Array =>
    model.encodePrompt({ kind: 'chat', messages: [{ role: 'user', content }], tools: undefined, extra: {} });

  test.each(fixture.cases.map((one) => [one.prompt.split('\n')[1], one] as const))(
    'greedy output equals llama.cpp: %s',
    async (_name, recorded) => {
      const prompt = model.encodePrompt({ kind: 'text', text: recorded.prompt });
      expect([...prompt]).toEqual(recorded.promptTokens);
      const result = await generateGreedily(model, scheduler, { prompt, maxTokens: 64 });
      expect(result.text).toBe(recorded.text);
      expect(result.completionTokens).toBe(recorded.tokens.length);
    },
  );

  test('the chat template writes what ChatML says', () => {
    expect([...chat('Tell me a story about a fox.')]).toEqual(fixture.cases[0]?.promptTokens);
  });

  test('a batch of 16 different prompts gives each the same greedy text as alone', async () => {
    const alone: GreedyResult[] = [];
    for (const question of QUESTIONS) alone.push(await generateGreedily(model, scheduler, { prompt: chat(question), maxTokens: 48 }));
    const together = await Promise.all(
      QUESTIONS.map((question) => generateGreedily(model, scheduler, { prompt: chat(question), maxTokens: 48 })),
    );
    // What was found in a cache depends on who came before.
    const said = ({ text, completionTokens, reason }: GreedyResult): object => ({ text, completionTokens, reason });
    expect(together.map(said)).toEqual(alone.map(said));
    expect(new Set(together.map((result) => result.text)).size).toBeGreaterThan(12);
  });

  test('every token stands for the bytes that llama.cpp writes for it', () => {
    const text = 'Hello wörld, naïve 日本語 🦊 1234\n\ttab "quotes" <|im_end|>{"a": [1, 2]}';
    const tokens = model.tokenizer.encode(text);
    const bytes = Buffer.concat([...tokens].map((token) => model.tokenizer.tokenBytes[token] ?? new Uint8Array(0)));
    expect(bytes.toString('utf8')).toBe(text.replace('<|im_end|>', ''));
  });

  test('a text too long for the context is refused before it is tokenised', () => {
    const text = 'word '.repeat(1_000_000);
    expect(() => model.encodePrompt({ kind: 'text', text })).toThrow(/maximum context length is 1024 tokens/);
  });

  test('token ids outside the vocabulary are refused by name', () => {
    expect(() => model.encodePrompt({ kind: 'tokens', ids: [5, 1_000_000] })).toThrow('Token id 1000000 is outside the model');
  });
});
