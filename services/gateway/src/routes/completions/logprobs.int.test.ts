import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { TokenLogprob } from '@sluice/proto/v1/TokenLogprob';
import { remembering, sayPieces } from '@sluice/testing/scripts';
import { collect } from '../../test-support/collect.ts';
import { startHarness, type Harness } from '../../test-support/gateway-harness.ts';

const BODY = { model: 'scripted', prompt: 'Ünce' };

function token(text: string | Buffer, logprob: number | undefined, top: TokenLogprob[] = []): TokenLogprob {
  return { tokenId: 1, ...(logprob === undefined ? {} : { logprob }), bytes: Buffer.from(text), top };
}

const [FIRST, SECOND] = [Buffer.from('😀').subarray(0, 2), Buffer.from('😀').subarray(2)];
/** The prompt comes back, nothing is known of its first token; then a smile in two tokens, and what follows it. */
const echoing = sayPieces([
  { text: 'Ünce', isEcho: true, logprobs: [token('Ün', undefined), token('ce', -2, [token('it', -1)])] },
  { text: '', logprobs: [token(FIRST, -0.5, [token('no', -3)])] },
  { text: '😀', logprobs: [token(SECOND, -0.25)] },
  { text: '!', logprobs: [token('!', -0.125, [token('!', -0.125), token('?', -4)])] },
]);
const LOGPROBS = {
  tokens: ['Ün', 'ce', String.raw`bytes:\xf0\x9f`, String.raw`bytes:\x98\x80`, '!'],
  token_logprobs: [null, -2, -0.5, -0.25, -0.125],
  top_logprobs: [
    null,
    { it: -1, ce: -2 },
    { no: -3, [String.raw`bytes:\xf0\x9f`]: -0.5 },
    { [String.raw`bytes:\x98\x80`]: -0.25 },
    { '!': -0.125, '?': -4 },
  ],
  text_offset: [0, 2, 4, 4, 5],
};

describe('POST /v1/completions with log probabilities', () => {
  let gateway: Harness;
  beforeAll(async () => {
    gateway = await startHarness({ scripts: [echoing] });
  });
  afterAll(() => gateway.close());

  test('answers 200 with those of the echoed prompt and of the answer, and where each token stands', async () => {
    const { script, requests } = remembering(echoing);
    gateway.runtime.script = script;
    const { choices, usage } = await gateway.client.completions.create({ ...BODY, echo: true, logprobs: 1 });
    expect(choices).toEqual([{ text: 'Ünce😀!', index: 0, logprobs: LOGPROBS, finish_reason: 'stop' }]);
    expect(usage).toMatchObject({ prompt_tokens: 7, completion_tokens: 3 });
    expect(requests).toMatchObject([{ echo: true, logprobs: 1 }]);
  });

  test('streams them, and counts places over the whole text', async () => {
    const chunks = await collect(await gateway.client.completions.create({ ...BODY, echo: true, logprobs: 1, stream: true }));
    const pieces = chunks.flatMap(({ choices }) => choices.flatMap(({ logprobs }) => logprobs ?? []));
    const joined = {
      tokens: pieces.flatMap(({ tokens }) => tokens),
      token_logprobs: pieces.flatMap((piece) => piece.token_logprobs),
      top_logprobs: pieces.flatMap((piece) => piece.top_logprobs),
      text_offset: pieces.flatMap((piece) => piece.text_offset),
    };
    expect(joined).toEqual(LOGPROBS);
    expect(chunks.map(({ choices }) => choices[0]?.text ?? '').join('')).toBe('Ünce😀!');
  });

  test('gives the prompt alone back where no token is wanted', async () => {
    const { script, requests } = remembering(
      sayPieces([{ text: 'Ünce', isEcho: true, logprobs: [token('Ünce', undefined)] }], (run) => run.finish('LENGTH')),
    );
    gateway.runtime.script = script;
    const { choices, usage } = await gateway.client.completions.create({ ...BODY, echo: true, logprobs: 0, max_tokens: 0 });
    expect(choices[0]).toMatchObject({ text: 'Ünce', finish_reason: 'length', logprobs: { tokens: ['Ünce'], token_logprobs: [null] } });
    expect(usage).toMatchObject({ completion_tokens: 0 });
    expect(requests).toMatchObject([{ stopping: { maxTokens: 0 } }]);
  });
});
