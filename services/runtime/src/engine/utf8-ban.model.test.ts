import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { LoadedModel } from '../models/load-model.ts';
import { loadDemoModel } from '../test-support/demo-model.ts';
import { GREEDY } from './greedy.ts';

let model: LoadedModel;
beforeAll(async () => {
  model = await loadDemoModel({ slots: 2, contextTokens: 256, batchTokens: 64 });
});
afterAll(() => model.engine.close());

/** The token that stands for a byte and nothing else. */
function byteToken(byte: number): number {
  return model.tokenizer.tokenBytes.findIndex((bytes) => bytes.length === 1 && bytes[0] === byte);
}

test.each([
  [0xe0, 0x80],
  [0xed, 0xa0],
  [0xf0, 0x8f],
  [0xf4, 0x90],
  [0xc0, 0x80],
])('an output with a grammar is UTF-8 however much the model likes byte %i before byte %i', async (lead, second) => {
  const { engine, tokenizer } = model;
  const grammar = await engine.compileGrammar('root ::= [^"]{3}');
  const liked = [lead, second].map(byteToken).filter((id) => id >= 0);
  expect(liked.length).toBeGreaterThan(0);
  for (const repetitionPenalty of [1, 1.1]) {
    const logitBias = new Map(liked.map((id) => [id, 30]));
    const sampler = engine.acquireSampler({ ...GREEDY, temperature: 1, seed: 5, repetitionPenalty, grammar, logitBias });
    const prompt = tokenizer.encode('<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n');
    let { tokens } = await engine.prefill([{ slot: 0, position: 0, tokens: prompt, sampler }]);
    const said: number[] = [];
    for (let token = tokens[0] ?? -1; !tokenizer.isEndOfGeneration(token) && said.length < 20; token = tokens[0] ?? -1) {
      said.push(token);
      ({ tokens } = await engine.decode([{ slot: 0, position: prompt.length + said.length - 1, token, sampler }]));
    }
    engine.clear(0);
    engine.releaseSampler(sampler);
    const bytes = Buffer.concat(said.map((token) => tokenizer.tokenBytes[token] ?? Buffer.alloc(0)));
    expect(Array.from(new TextDecoder('utf-8', { fatal: true }).decode(bytes))).toHaveLength(3);
  }
});
