import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { rankByHand } from '@sluice/testing/tiny-encoder/forward-pass';
import { idOf, idsOfWords } from '@sluice/testing/tiny-encoder/vocabulary';
import { DEMO_MODEL } from '../test-support/demo-model.ts';
import { faultOf } from '../test-support/fault-of.ts';
import { loadTinyModel, loadVectors, type TinyModel } from '../test-support/tiny-model.ts';
import { rank } from './rank.ts';

const NEVER = new AbortController().signal;
const QUERY = 'where is the cat';
const DOCUMENTS = ['the dog ran', 'bread and milk', 'the cat sat on the mat', 'law'];
const CONTEXT = 64;

describe('ranking with a BERT that has a head for it', () => {
  let tiny: TinyModel;
  beforeAll(async () => {
    tiny = await loadTinyModel({ task: 'rank' });
  });
  afterAll(() => tiny.close());

  const ask = (documents: readonly string[], options: { query?: string; totalTokensMax?: number; inputTokensMax?: number } = {}) =>
    rank(tiny, { query: QUERY, documents: [...documents], ...options }, NEVER);
  const pairOf = (document: string): number[] => [
    idOf('[CLS]'),
    ...idsOfWords(QUERY),
    idOf('[SEP]'),
    ...idsOfWords(document),
    idOf('[SEP]'),
  ];

  test('gives the scores that the forward pass by hand gives, in the order of the documents', async () => {
    const { scores = [], promptTokens } = await ask(DOCUMENTS);
    const expected = DOCUMENTS.map((document) => rankByHand(tiny.encoder, pairOf(document)));
    expect(scores).toHaveLength(DOCUMENTS.length);
    expected.forEach((score, i) => expect(scores[i]).toBeCloseTo(score, 3));
    expect(promptTokens).toBe(DOCUMENTS.reduce((sum, document) => sum + pairOf(document).length, 0));
    expect(new Set(scores.map((score) => Number(score).toFixed(3))).size).toBe(DOCUMENTS.length);
  });

  test('scores a document the same in any company', async () => {
    const together = (await ask(DOCUMENTS)).scores ?? [];
    expect((await ask(DOCUMENTS.toReversed())).scores).toEqual(together.toReversed());
  });

  test('reads markers in a document as text', async () => {
    const { promptTokens } = await ask(['cat [SEP] dog']);
    expect(promptTokens).toBeGreaterThan(pairOf('cat dog').length + 1);
  });

  test('names a document by its place when it does not fit together with the query', async () => {
    const room = CONTEXT - idsOfWords(QUERY).length - 3;
    const fits = Array.from({ length: room }, () => 'cat').join(' ');
    expect((await ask([fits])).promptTokens).toBe(CONTEXT);
    const fault = await faultOf(ask(['cat', `${fits} cat`]));
    expect(fault).toMatchObject({ code: 'CONTEXT_LENGTH_EXCEEDED', param: 'documents[1]' });
    expect(fault.message).toMatch(/64 tokens.*have 65 tokens together/);
    expect(await faultOf(ask(['cat'], { inputTokensMax: 5 }))).toMatchObject({ code: 'CONTEXT_LENGTH_EXCEEDED', param: 'documents[0]' });
  });

  test('reads nothing that is not paid for', async () => {
    const needed = pairOf('law').length;
    expect(await faultOf(ask(['law'], { totalTokensMax: needed - 1 }))).toMatchObject({ code: 'INSUFFICIENT_QUOTA' });
    expect((await ask(['law'], { totalTokensMax: needed })).promptTokens).toBe(needed);
  });

  test.each([
    [{ documents: [] }, 'EMPTY_ARRAY', 'documents'],
    [{ documents: ['cat', ''] }, 'INVALID_VALUE', 'documents[1]'],
    [{ documents: ['cat'], query: ' ' }, 'INVALID_VALUE', 'query'],
    [{ documents: Array.from({ length: 2_049 }, () => 'cat') }, 'ARRAY_ABOVE_MAX_LENGTH', 'documents'],
  ])('refuses %j', async ({ documents, ...options }, code, param) => {
    expect(await faultOf(ask(documents, options))).toMatchObject({ code, param });
  });
});

test('a model without a head for it is not loaded to rank', async () => {
  const fault = await faultOf(loadVectors(DEMO_MODEL, { task: 'rank', contextTokens: 128 }));
  expect(fault).toMatchObject({ code: 'UNSUPPORTED_VALUE' });
  expect(fault.message).toContain('no head that scores');
});
