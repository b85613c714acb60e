import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startRuntimeProcess, type RuntimeProcess } from '@sluice/testing/runtime-process';
import { embedByHand, rankByHand } from '@sluice/testing/tiny-encoder/forward-pass';
import { createTinyEncoder, writeTinyEncoder } from '@sluice/testing/tiny-encoder/tiny-encoder';
import { idOf, idsOfWords } from '@sluice/testing/tiny-encoder/vocabulary';
import { until } from '@sluice/testing/until';
import { unpackVector } from './embedding/unit-vector.ts';
import { DEMO_MODEL } from './test-support/demo-model.ts';
import { faultOf } from './test-support/fault-of.ts';
import { openSession, story } from './test-support/session.ts';

const LIMITS = { deadlineMs: 10_000 };
const [EMBEDS, RANKS, GENERATES] = ['tiny-embed', 'tiny-rank', 'demo-chat'] as const;

describe('a runtime process with models of three kinds', () => {
  const embedder = createTinyEncoder({ task: 'embed' });
  const ranker = createTinyEncoder({ task: 'rank' });
  let folder: string;
  let runtime: RuntimeProcess;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sluice-vectors-'));
    writeTinyEncoder(join(folder, `${EMBEDS}.gguf`), embedder);
    writeTinyEncoder(join(folder, `${RANKS}.gguf`), ranker);
    writeFileSync(join(folder, `${GENERATES}.yaml`), `name: ${GENERATES}\nmodel: ${DEMO_MODEL}\ncontext_tokens: 256\nslots: 2\n`);
    const models = [`${EMBEDS}.gguf`, `${RANKS}.gguf`, `${GENERATES}.yaml`].map((file) => join(folder, file));
    runtime = await startRuntimeProcess({ MODELS: models.join(',') });
    await until(async () => (await runtime.client.getStatus(10_000)).models.every(({ state }) => state === 'READY'));
  });
  afterAll(async () => {
    await runtime.stop();
    rmSync(folder, { recursive: true });
  });

  test('says what each of them is for', async () => {
    const { models } = await runtime.client.getStatus(10_000);
    expect(models.map(({ name, tasks, slotsTotal }) => ({ name, tasks, slotsTotal }))).toEqual([
      { name: EMBEDS, tasks: ['embed'], slotsTotal: 32 },
      { name: RANKS, tasks: ['rank'], slotsTotal: 32 },
      { name: GENERATES, tasks: ['generate'], slotsTotal: 2 },
    ]);
  });

  test('embeds texts and token ids', async () => {
    const { client } = runtime;
    const { tokenIds } = await client.tokenize({ model: EMBEDS, prompt: { text: 'the cat sat' } }, LIMITS);
    expect(tokenIds).toEqual([idOf('[CLS]'), ...idsOfWords('the cat sat'), idOf('[SEP]')]);
    const inputs = [{ text: 'the cat sat' }, { tokenIds: { ids: tokenIds } }];
    const { embeddings, promptTokens } = await client.embed({ model: EMBEDS, inputs }, LIMITS);
    const [first, second] = embeddings.map(({ packed }) => Array.from(unpackVector(packed)));
    expect(second).toEqual(first);
    embedByHand(embedder, tokenIds).forEach((value, i) => expect(first?.[i]).toBeCloseTo(value, 2));
    expect(promptTokens).toBe(10);
  });

  test('ranks documents in the order that they came in', async () => {
    const documents = ['the dog ran', 'the cat sat on the mat'];
    const { scores } = await runtime.client.rank({ model: RANKS, query: 'where is the cat', documents }, LIMITS);
    const pairOf = (document: string) => [
      idOf('[CLS]'),
      ...idsOfWords('where is the cat'),
      idOf('[SEP]'),
      ...idsOfWords(document),
      idOf('[SEP]'),
    ];
    documents.forEach((document, i) => expect(scores[i]).toBeCloseTo(rankByHand(ranker, pairOf(document)), 3));
  });

  test('answers as many vectors as one request may ask for', async () => {
    const inputs = Array.from({ length: 2_048 }, () => ({ text: 'cat' }));
    const { embeddings, promptTokens } = await runtime.client.embed({ model: EMBEDS, inputs }, { deadlineMs: 30_000 });
    expect(embeddings).toHaveLength(2_048);
    expect(promptTokens).toBe(3 * 2_048);
  });

  test('refuses what a model is not for, by its name', async () => {
    const { client } = runtime;
    const faults = await Promise.all([
      faultOf(client.embed({ model: GENERATES, inputs: [{ text: 'cat' }] }, LIMITS)),
      faultOf(client.rank({ model: EMBEDS, query: 'cat', documents: ['dog'] }, LIMITS)),
      faultOf(client.embed({ model: RANKS, inputs: [{ text: 'cat' }] }, LIMITS)),
    ]);
    for (const fault of faults) expect(fault).toMatchObject({ code: 'UNSUPPORTED_VALUE', param: 'model' });
    expect(faults.map(({ message }) => message)).toEqual([
      'The model `demo-chat` does not embed: it generates text.',
      'The model `tiny-embed` does not rank: it embeds.',
      'The model `tiny-rank` does not embed: it ranks.',
    ]);
    const session = openSession(client);
    session.start(story(1, { model: EMBEDS }));
    expect((await session.ended(1)).failure).toMatchObject({
      code: 'UNSUPPORTED_VALUE',
      param: 'model',
      message: 'The model `tiny-embed` does not generate text: it embeds.',
    });
    session.call.end();
  });

  test('refuses an input that is too long, by its place', async () => {
    const text = Array.from({ length: 63 }, () => 'cat').join(' ');
    const fault = await faultOf(runtime.client.embed({ model: EMBEDS, inputs: [{ text: 'cat' }, { text }] }, LIMITS));
    expect(fault).toMatchObject({ code: 'CONTEXT_LENGTH_EXCEEDED', param: 'input[1]' });
  });

  test('writes tokens as text again', async () => {
    const { client } = runtime;
    const text = 'Hello wörld <|im_end|> 🦊';
    const { tokenIds } = await client.tokenize({ model: GENERATES, prompt: { text } }, LIMITS);
    expect((await client.detokenize({ model: GENERATES, tokenIds }, LIMITS)).text).toBe(text);
    expect(await faultOf(client.detokenize({ model: GENERATES, tokenIds: [1_000_000] }, LIMITS))).toMatchObject({ param: 'tokens' });
    const words = { tokenIds: idsOfWords('the cat sat') };
    expect((await client.detokenize({ model: EMBEDS, ...words }, LIMITS)).text.trim()).toBe('the cat sat');
  });

  test('tokenises a text without what the model begins and ends its input with', async () => {
    const request = { model: EMBEDS, prompt: { text: 'the cat sat' }, withoutMarkers: true };
    expect((await runtime.client.tokenize(request, LIMITS)).tokenIds).toEqual(idsOfWords('the cat sat'));
  });
});
