import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { writeAdapterFile } from '@sluice/testing/adapter-file';
import { NO_TOKEN, type SamplerParams } from '../engine/engine.ts';
import { GREEDY } from '../engine/greedy.ts';
import type { LoadedModel } from '../models/load-model.ts';
import { loadDemoModel } from '../test-support/demo-model.ts';
import { QUESTIONS } from '../test-support/questions.ts';
import { detectWatermark } from './detect-watermark.ts';
import { Watermark } from './watermark.ts';

const TEXTS = 200;
const TOKENS = 90;
const SLOTS = 25;
/**
 * The demo model's own texts are nearly certain, half a nat a token, so that no watermark could show in them. Random
 * weights added to its own make it babble with four and a half.
 */
const BABBLE = 3;

const watermark = new Watermark({ key: '0123456789abcdef0123456789abcdef', gamma: 0.25, delta: 2 });

let model: LoadedModel;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-watermark-'));
  model = await loadDemoModel({ slots: SLOTS, contextTokens: 256, batchTokens: 512 });
  const path = join(folder, 'babble.gguf');
  writeAdapterFile(path, { seed: 1 });
  model.engine.useAdapter(await model.engine.loadAdapter({ path, name: 'babble', scale: BABBLE }));
});
afterAll(async () => {
  await model.engine.close();
  rmSync(folder, { recursive: true });
});

/** Texts of many seeds and questions, as a client gets them. */
async function write(params: SamplerParams): Promise<string[]> {
  const texts: string[] = [];
  for (let first = 0; first < TEXTS; first += SLOTS) {
    const seeds = Array.from({ length: SLOTS }, (_, slot) => first + slot + 1);
    texts.push(...(await writeTogether(seeds.map((seed): SamplerParams => Object.assign({}, params, { seed })))));
  }
  return texts;
}

async function writeTogether(requests: readonly SamplerParams[]): Promise<string[]> {
  const { engine, tokenizer } = model;
  const samplers = requests.map((params) => engine.acquireSampler(params));
  const running = requests.map(({ seed }, slot) => {
    const content = QUESTIONS[seed % QUESTIONS.length] ?? '';
    const prompt = model.encodePrompt({ kind: 'chat', messages: [{ role: 'user', content }], tools: undefined, extra: {} });
    return { slot, prompt, tokens: [] as number[], sampler: samplers[slot] };
  });
  for (const { slot, prompt, tokens, sampler } of running) {
    const step = await engine.prefill([{ slot, position: 0, tokens: prompt, sampler }]);
    tokens.push(...step.tokens);
  }
  for (let count = 1; count < TOKENS; count++) {
    const items = running.flatMap(({ slot, prompt, tokens, sampler }) =>
      sampler ? [{ slot, position: prompt.length + tokens.length - 1, token: tokens.at(-1) ?? NO_TOKEN, sampler }] : [],
    );
    const step = await engine.decode(items);
    for (const [i, { tokens }] of running.entries()) tokens.push(step.tokens[i] ?? NO_TOKEN);
  }
  for (const [slot, sampler] of samplers.entries()) {
    engine.clear(slot);
    engine.releaseSampler(sampler);
  }
  return running.map(({ tokens }) => Buffer.concat(tokens.map((token) => tokenizer.tokenBytes[token] ?? Buffer.of())).toString());
}

const scoreOf = (text: string): number => detectWatermark(model.tokenizer.encodeMore(text), watermark).zScore;

test(`of ${TEXTS} marked texts every one is found by its text, and of as many unmarked ones none`, async () => {
  const params = { ...GREEDY, temperature: 1, banEndOfGeneration: true };
  const marked = (await write({ ...params, watermark })).map(scoreOf);
  const plain = (await write(params)).map(scoreOf);
  expect(Math.min(...marked)).toBeGreaterThan(4);
  expect(Math.max(...plain.map(Math.abs))).toBeLessThan(4);
}, 180_000);
