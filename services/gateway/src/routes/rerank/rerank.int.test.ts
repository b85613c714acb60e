import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Fault } from '@sluice/platform/fault';
import { plainCalls } from '@sluice/testing/scripted-calls';
import { say } from '@sluice/testing/scripts';
import { errorOf } from '../../test-support/error-of.ts';
import { startHarness, type Harness } from '../../test-support/gateway-harness.ts';

/** Scored by how many of the query's characters they have. */
const BODY = { model: 'scripted', query: 'abcd', documents: ['ab', 'xyz', 'abcd', 'abc'] };
const RESULTS = [
  { index: 2, relevance_score: 1, document: { text: 'abcd' } },
  { index: 3, relevance_score: 0.75, document: { text: 'abc' } },
  { index: 0, relevance_score: 0.5, document: { text: 'ab' } },
  { index: 1, relevance_score: 0, document: { text: 'xyz' } },
];
const PROMPT_TOKENS = 4 * 4 + 2 + 3 + 4 + 3;

describe('rerank', () => {
  let gateway: Harness;
  beforeAll(async () => {
    gateway = await startHarness({ scripts: [say([])], tasks: { scripted: ['rank'] } });
  });
  afterAll(() => gateway.close());
  beforeEach(() => {
    gateway.runtime.calls = plainCalls;
  });

  const ask = async (path: string, body: unknown): Promise<unknown> => {
    const response = await gateway.post(path, body);
    expect(response.status).toBe(200);
    return response.json();
  };

  test.each(['/v1/rerank', '/rerank'])('%s answers as Jina and vLLM do, the best first', async (path) => {
    expect(await ask(path, BODY)).toEqual({
      id: expect.stringMatching(/^rerank-[0-9a-f]{32}$/),
      object: 'list',
      model: 'scripted',
      results: RESULTS,
      usage: { prompt_tokens: PROMPT_TOKENS, total_tokens: PROMPT_TOKENS },
      meta: {
        api_version: { version: '1' },
        billed_units: { input_tokens: PROMPT_TOKENS },
        tokens: { input_tokens: PROMPT_TOKENS, output_tokens: 0 },
      },
    });
  });

  test('/v2/rerank answers as Cohere does, without the documents', async () => {
    expect(await ask('/v2/rerank', BODY)).toMatchObject({
      results: RESULTS.map(({ index, relevance_score: score }) => ({ index, relevance_score: score })),
      meta: { api_version: { version: '2' } },
    });
    expect(JSON.stringify(await ask('/v2/rerank', BODY))).not.toContain('document');
  });

  test('keeps the best when only some are wanted', async () => {
    expect(await ask('/v1/rerank', { ...BODY, top_n: 2 })).toMatchObject({ results: RESULTS.slice(0, 2) });
    expect(await ask('/v1/rerank', { ...BODY, top_n: 99 })).toMatchObject({ results: RESULTS });
  });

  test('says the documents or not, as it is asked', async () => {
    expect(JSON.stringify(await ask('/v1/rerank', { ...BODY, return_documents: false }))).not.toContain('document');
    expect(await ask('/v2/rerank', { ...BODY, return_documents: true })).toMatchObject({ results: RESULTS });
  });

  test('takes documents as objects with a text', async () => {
    const documents = BODY.documents.map((text) => ({ text }));
    expect(await ask('/v1/rerank', { ...BODY, documents, rank_fields: ['text'] })).toMatchObject({ results: RESULTS });
  });

  test('leaves equal documents in their order', async () => {
    const answer = await ask('/v1/rerank', { ...BODY, documents: ['ab', 'ba', 'ab'] });
    expect(answer).toMatchObject({ results: [{ index: 0 }, { index: 1 }, { index: 2 }] });
  });

  test.each([
    [{ query: undefined }, 'missing_required_parameter', 'query'],
    [{ documents: [] }, 'empty_array', 'documents'],
    [{ documents: ['a', 5] }, 'invalid_type', 'documents[1]'],
    [{ documents: [{ title: 'a' }] }, 'missing_required_parameter', 'documents[0].text'],
    [{ documents: Array.from({ length: 2_049 }, () => 'x') }, 'array_above_max_length', 'documents'],
    [{ top_n: 0 }, 'integer_below_min_value', 'top_n'],
    [{ max_chunks_per_doc: 10 }, 'unsupported_parameter', 'max_chunks_per_doc'],
    [{ max_tokens_per_doc: 4_096 }, 'unsupported_parameter', 'max_tokens_per_doc'],
    [{ truncate_prompt_tokens: 100 }, 'unsupported_parameter', 'truncate_prompt_tokens'],
    [{ rank_fields: ['title'] }, 'unsupported_parameter', 'rank_fields'],
    [{ chunk: true }, 'unknown_parameter', 'chunk'],
  ])('refuses %j by name: %s, %s', async (change, code, param) => {
    expect(await errorOf(await gateway.post('/v1/rerank', { ...BODY, ...change }))).toMatchObject({ status: 400, code, param });
  });

  test('refuses what does not fit together, by its place', async () => {
    gateway.runtime.calls = {
      ...plainCalls,
      rank: () => {
        throw new Fault('CONTEXT_LENGTH_EXCEEDED', { message: 'too long', param: 'documents[1]' });
      },
    };
    expect(await errorOf(await gateway.post('/v1/rerank', BODY))).toMatchObject({
      status: 400,
      code: 'context_length_exceeded',
      param: 'documents[1]',
    });
  });

  test('answers 403 to a key without its scope', async () => {
    const key = gateway.keys.issue({ scopes: new Set(['embeddings']) });
    expect((await gateway.post('/v2/rerank', BODY, { authorization: `Bearer ${key}` })).status).toBe(403);
  });

  test('has its row in the history', async () => {
    await using fresh = await startHarness({ scripts: [say([])] });
    await (await fresh.post('/rerank', BODY)).text();
    expect(await fresh.onlyRow()).toMatchObject({
      endpoint: 'rerank',
      outcome: 'completed',
      promptTokens: PROMPT_TOKENS,
      completionTokens: 0,
      finishReason: null,
    });
  });
});
