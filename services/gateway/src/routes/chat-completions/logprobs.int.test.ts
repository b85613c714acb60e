import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { TokenLogprob } from '@sluice/proto/v1/TokenLogprob';
import { remembering, sayPieces } from '@sluice/testing/scripts';
import { collect } from '../../test-support/collect.ts';
import { startHarness, type Harness } from '../../test-support/gateway-harness.ts';

const BODY = { model: 'scripted', messages: [{ role: 'user' as const, content: 'hi' }], logprobs: true, top_logprobs: 1 };

function token(bytes: Buffer, logprob: number, top: TokenLogprob[] = []): TokenLogprob {
  return { tokenId: 1, logprob, bytes, top };
}

/** "é" in two tokens, neither of which is a character: its text comes with the second. */
const BYTES = Buffer.from('é');
const told = sayPieces([
  { text: 'Hi', logprobs: [token(Buffer.from('Hi'), -0.5, [token(Buffer.from('Ho'), -0.25)])] },
  { text: '', logprobs: [token(BYTES.subarray(0, 1), -1)] },
  { text: 'é', logprobs: [token(BYTES.subarray(1), -Infinity)] },
]);
const CONTENT = [
  { token: 'Hi', logprob: -0.5, bytes: [72, 105], top_logprobs: [{ token: 'Ho', logprob: -0.25, bytes: [72, 111] }] },
  { token: String.raw`\xc3`, logprob: -1, bytes: [195], top_logprobs: [] },
  { token: String.raw`\xa9`, logprob: -9999, bytes: [169], top_logprobs: [] },
];

describe('POST /v1/chat/completions with log probabilities', () => {
  let gateway: Harness;
  beforeAll(async () => {
    gateway = await startHarness({ scripts: [told] });
  });
  afterAll(() => gateway.close());

  test('answers 200 with every token, its bytes and its alternatives', async () => {
    const { script, requests } = remembering(told);
    gateway.runtime.script = script;
    const { choices } = await gateway.client.chat.completions.create(BODY);
    expect(choices[0]).toMatchObject({ message: { content: 'Hié' }, logprobs: { content: CONTENT, refusal: null } });
    expect(requests).toMatchObject([{ logprobs: 1 }]);
  });

  test('streams them with the text that they are of, and those of bytes that wait for the rest of their character', async () => {
    const chunks = await collect(await gateway.client.chat.completions.create({ ...BODY, stream: true }));
    const choices = chunks.flatMap((chunk) => chunk.choices);
    expect(choices.flatMap(({ logprobs }) => logprobs?.content ?? [])).toEqual(CONTENT);
    expect(choices.map(({ delta }) => delta.content ?? '').join('')).toBe('Hié');
  });

  test('gives the helper of the official SDK all of them', async () => {
    const { choices } = await gateway.client.chat.completions.stream(BODY).finalChatCompletion();
    expect(choices[0]?.logprobs?.content).toEqual(CONTENT);
  });

  test('has an empty list for an answer without a token, and null for one that did not ask', async () => {
    gateway.runtime.script = sayPieces([]);
    const [asked] = (await gateway.client.chat.completions.create(BODY)).choices;
    expect(asked?.logprobs).toEqual({ content: [], refusal: null });
    const [silent] = (await gateway.client.chat.completions.create({ ...BODY, logprobs: false, top_logprobs: 0 })).choices;
    expect(silent?.logprobs).toBeNull();
  });
});
