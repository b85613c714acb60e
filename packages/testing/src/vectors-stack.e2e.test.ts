import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { BadRequestError } from 'openai';
import { embedByHand, rankByHand, toUnitLength } from './tiny-encoder/forward-pass.ts';
import { createTinyEncoder, writeTinyEncoder } from './tiny-encoder/tiny-encoder.ts';
import { idOf, idsOfWords } from './tiny-encoder/vocabulary.ts';
import { until } from './until.ts';
import { startWholeStack, type WholeStack } from './whole-stack.ts';

const DEMO_MODEL = fileURLToPath(new URL('../../../models/demo-chat.gguf', import.meta.url));
const QUERY = 'where is the cat';
const DOCUMENTS = ['the dog ran', 'bread and milk', 'the cat sat on the mat', 'law'];

describe('a gateway in front of a worker that embeds, ranks and generates', () => {
  const embedder = createTinyEncoder({ task: 'embed' });
  const ranker = createTinyEncoder({ task: 'rank' });
  let folder: string;
  let stack: WholeStack;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sluice-vectors-stack-'));
    writeTinyEncoder(join(folder, 'tiny-embed.gguf'), embedder);
    writeTinyEncoder(join(folder, 'tiny-rank.gguf'), ranker);
    writeFileSync(join(folder, 'demo-chat.yaml'), `model: ${DEMO_MODEL}\ncontext_tokens: 512\nslots: 2\n`);
    const files = ['tiny-embed.gguf', 'tiny-rank.gguf', 'demo-chat.yaml'];
    stack = await startWholeStack({ runtimes: 1, runtimeEnv: { MODELS: files.map((file) => join(folder, file)).join(',') } });
    await until(async () => {
      const { data } = await stack.client.models.list();
      return data.length === 3 && data.every((model) => JSON.stringify(model).includes('"ready":true'));
    });
  });
  afterAll(async () => {
    await stack.close();
    rmSync(folder, { recursive: true });
  });

  const post = async (path: string, body: unknown) => {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${stack.apiKey}` };
    const response = await fetch(`${new URL(stack.baseUrl).origin}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    const json: unknown = await response.json();
    return { status: response.status, json };
  };
  const tokensOf = (text: string): number[] => [idOf('[CLS]'), ...idsOfWords(text), idOf('[SEP]')];
  const embed = async (input: string | string[] | number[], options: { dimensions?: number } = {}) =>
    (await stack.client.embeddings.create({ model: 'tiny-embed', input, ...options })).data.map(({ embedding }) => embedding);

  test('embeds to the official client what the model makes of a text, as numbers and as base64', async () => {
    const expected = embedByHand(embedder, tokensOf('the cat sat'));
    const [encoded = []] = await embed('the cat sat');
    const { data } = await stack.client.embeddings.create({ model: 'tiny-embed', input: 'the cat sat', encoding_format: 'float' });
    expect(data[0]?.embedding).toEqual(encoded);
    expected.forEach((value, i) => expect(encoded[i]).toBeCloseTo(value, 2));
  });

  test('embeds what /tokenize answers as it embeds the text', async () => {
    const { json } = await post('/tokenize', { model: 'tiny-embed', prompt: 'the cat sat' });
    expect(json).toEqual({ count: 5, max_model_len: 64, tokens: tokensOf('the cat sat') });
    expect(await embed(tokensOf('the cat sat'))).toEqual(await embed('the cat sat'));
    expect((await post('/detokenize', { model: 'tiny-embed', tokens: idsOfWords('cat sat') })).json).toMatchObject({
      prompt: expect.stringContaining('cat sat'),
    });
  });

  test('shortens vectors on demand', async () => {
    const [[whole = []], [short = []]] = await Promise.all([embed('the cat sat'), embed('the cat sat', { dimensions: 8 })]);
    toUnitLength(whole.slice(0, 8)).forEach((value, i) => expect(short[i]).toBeCloseTo(value, 5));
    expect(short).toHaveLength(8);
  });

  test('names an input that is too long', async () => {
    const call = embed(['cat', Array.from({ length: 63 }, () => 'cat').join(' ')]);
    await expect(call).rejects.toThrow(BadRequestError);
    await expect(call).rejects.toMatchObject({ code: 'context_length_exceeded', param: 'input[1]' });
  });

  test('ranks documents by what the model makes of them', async () => {
    const pairOf = (document: string) => [idOf('[CLS]'), ...idsOfWords(QUERY), idOf('[SEP]'), ...idsOfWords(document), idOf('[SEP]')];
    const expected = DOCUMENTS.map((document, index) => ({ index, score: rankByHand(ranker, pairOf(document)) })).sort(
      (a, b) => b.score - a.score,
    );
    const { status, json } = await post('/v1/rerank', { model: 'tiny-rank', query: QUERY, documents: DOCUMENTS, top_n: 3 });
    expect(status).toBe(200);
    expect(json).toMatchObject({
      results: expected.slice(0, 3).map(({ index, score }) => ({
        index,
        relevance_score: expect.closeTo(score, 3),
        document: { text: DOCUMENTS[index] },
      })),
      usage: { total_tokens: DOCUMENTS.reduce((sum, document) => sum + pairOf(document).length, 0) },
    });
  });

  test('counts what a chat takes as the completion then does', async () => {
    const messages = [{ role: 'user' as const, content: 'What is the capital of France?' }];
    const { usage } = await stack.client.chat.completions.create({ model: 'demo-chat', messages, max_tokens: 1 });
    const { json } = await post('/v1/chat/completions/input_tokens', { model: 'demo-chat', messages });
    expect(json).toEqual({ object: 'response.input_tokens', input_tokens: usage?.prompt_tokens });
    const { json: without } = await post('/tokenize', { model: 'demo-chat', messages, add_generation_prompt: false });
    expect(Number(Reflect.get(Object(without), 'count'))).toBeLessThan(usage?.prompt_tokens ?? 0);
  });

  test('keeps the requests in the history, with tokens read and none written', async () => {
    await embed(['the cat', 'sat']);
    const row = await until(async () => {
      const rows = await stack.database.requestLog.findMany({ where: { endpoint: 'embeddings', promptTokens: 7 } });
      return rows[0];
    });
    expect(row).toMatchObject({ model: 'tiny-embed', completionTokens: 0, outcome: 'completed', statusCode: 200 });
  });

  test('counts what was read for a client that left, and no more', async () => {
    const words = Array.from({ length: 60 }, () => 'cat').join(' ');
    const input = Array.from({ length: 2_048 }, () => words);
    const controller = new AbortController();
    const call = stack.client.embeddings.create({ model: 'tiny-embed', input }, { signal: controller.signal });
    const outcome = call.then(
      () => 'answered',
      () => 'left',
    );
    await until(async () => ((await stack.runtimes[0]?.slotsBusy()) ?? 0) > 0);
    controller.abort();
    expect(await outcome).toBe('left');
    const { promptTokens } = await until(async () => {
      const rows = await stack.database.requestLog.findMany({ where: { endpoint: 'embeddings', outcome: 'cancelled' } });
      return rows[0];
    });
    expect(promptTokens).toBeGreaterThan(0);
    expect(promptTokens).toBeLessThan(input.length * 62);
    // Whole inputs, each with its two markers.
    expect(promptTokens % 62).toBe(0);
  });

  test('refuses a chat with a model that embeds, by its name', async () => {
    const { status, json } = await post('/v1/chat/completions', { model: 'tiny-embed', messages: [{ role: 'user', content: 'hi' }] });
    expect(status).toBe(400);
    expect(json).toMatchObject({ error: { param: 'model', code: 'unsupported_value' } });
  });
});
