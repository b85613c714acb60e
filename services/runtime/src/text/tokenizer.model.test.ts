import { afterAll, beforeAll, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import type { LoadedModel } from '../models/load-model.ts';
import { loadDemoModel } from '../test-support/demo-model.ts';
import { concatenateTokens } from './concatenate-tokens.ts';

let model: LoadedModel;
beforeAll(async () => {
  model = await loadDemoModel({ slots: 1, contextTokens: 256, batchTokens: 64 });
});
afterAll(() => model.engine.close());

const fragment = fc.oneof(
  fc.constantFrom(
    'word',
    ' the',
    ' and',
    "n't",
    '3.14',
    ', ',
    '.\n',
    '\n\n',
    '  ',
    '<|im_end|>',
    '你好，',
    '。\n',
    '🦊',
    'é',
    '\t',
    '"a":',
  ),
  fc.string({ maxLength: 8 }),
);

test('the parts of a long text have the tokens of the whole', () => {
  const { tokenizer } = model;
  const { cut } = tokenizer;
  if (!cut) throw new Error('the demo model has a vocabulary that can be cut');
  fc.assert(
    fc.property(fc.array(fragment, { minLength: 1, maxLength: 40 }), (fragments) => {
      const text = fragments.join('').repeat(Math.ceil(20_000 / Math.max(1, fragments.join('').length)));
      const parts = cut(text);
      const tokens = concatenateTokens(parts.map((part, i) => (i === 0 ? tokenizer.encode(part) : tokenizer.encodeMore(part))));
      expect(Buffer.from(tokens.buffer).equals(Buffer.from(tokenizer.encode(text).buffer))).toBe(true);
    }),
    { numRuns: 100 },
  );
});
