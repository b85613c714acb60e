import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startWholeStack, type WholeStack } from './whole-stack.ts';

const MODEL = 'demo-chat';
const STORY = { model: MODEL, messages: [{ role: 'user' as const, content: 'Tell me a story about a fox.' }] };
const CAPITAL = { model: MODEL, messages: [{ role: 'user' as const, content: 'What is the capital of France?' }], temperature: 0 };
const ANSWER = 'The capital of France is Paris.';

describe('what vLLM and OpenAI have parameters for, asked of a gateway and a real worker', () => {
  let stack: WholeStack;
  beforeAll(async () => {
    // So strong that it shows in a short text of a model that knows what to say.
    stack = await startWholeStack({ runtimes: 1, runtimeEnv: { WATERMARK_KEY: '0123456789abcdef'.repeat(2), WATERMARK_DELTA: '20' } });
  });
  afterAll(() => stack.close());

  async function answerTo(body: typeof STORY & Record<string, unknown>) {
    const { choices, usage } = await stack.client.chat.completions.create({ ...body, stream: false });
    const [choice] = choices;
    return { text: choice?.message.content ?? '', reason: choice?.finish_reason, tokens: usage?.completion_tokens };
  }

  /** The ids of a text's tokens as it stands in the middle of another. */
  async function idsOf(text: string): Promise<number[]> {
    const response = await fetch(new URL('/tokenize', stack.baseUrl), {
      method: 'POST',
      headers: { authorization: `Bearer ${stack.apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: MODEL, prompt: text, add_special_tokens: false }),
    });
    return ((await response.json()) as { tokens: number[] }).tokens;
  }

  test('a seed gives the same text again, and another one another', async () => {
    const seeded = (seed: number) => answerTo({ ...STORY, temperature: 1.5, seed, max_tokens: 40 });
    const first = await seeded(1);
    expect(await seeded(1)).toEqual(first);
    const others: string[] = [];
    for (const seed of [2, 3, 4]) others.push((await seeded(seed)).text);
    expect(others.some((text) => text !== first.text)).toBe(true);
  });

  test('a stop token ends the answer before it is said, a stop string where it is found', async () => {
    const id = (await idsOf(ANSWER)).at(-2) ?? -1;
    const byToken = await answerTo({ ...CAPITAL, stop_token_ids: [id] });
    expect(byToken.reason).toBe('stop');
    expect(ANSWER.startsWith(byToken.text)).toBe(true);
    expect(byToken.text.length).toBeLessThan(ANSWER.length - 1);
    expect(await answerTo({ ...CAPITAL, stop: ' is' })).toMatchObject({ text: 'The capital of France', reason: 'stop' });
    const included = await answerTo({ ...CAPITAL, stop: ' is', include_stop_str_in_output: true });
    expect(included.text).toBe('The capital of France is');
  });

  test('an answer does not end before min_tokens, and not by itself with ignore_eos', async () => {
    const plain = await answerTo(CAPITAL);
    expect(plain).toMatchObject({ text: ANSWER, reason: 'stop' });
    const least = (plain.tokens ?? 0) + 5;
    expect((await answerTo({ ...CAPITAL, min_tokens: least, max_tokens: 100 })).tokens).toBeGreaterThanOrEqual(least);
    expect(await answerTo({ ...CAPITAL, ignore_eos: true, max_tokens: 50 })).toMatchObject({ tokens: 50, reason: 'length' });
  });

  test.each([
    [{ guided_regex: '[0-9]{3}' }, /^[0-9]{3}$/],
    [{ guided_choice: ['left', 'right'] }, /^(left|right)$/],
    [{ guided_grammar: 'root ::= "<" [a-z] [a-z] ">"' }, /^<[a-z]{2}>$/],
    [
      { guided_json: { type: 'object', properties: { a: { type: 'boolean' } }, required: ['a'], additionalProperties: false } },
      /^\{\s*"a"/,
    ],
  ])('an answer has the form of %j, to a chat and to a text', async (form, expected) => {
    expect((await answerTo({ ...STORY, ...form, max_tokens: 60 })).text).toMatch(expected);
    const { choices } = await stack.client.completions.create({ model: MODEL, prompt: 'Once', ...form, max_tokens: 60 });
    expect(choices[0]?.text).toMatch(expected);
  });

  test('a marked text is found by its text alone, an unmarked one is not', async () => {
    const detect = async (text: string) =>
      stack.client.post<{ is_watermarked: boolean; z_score: number }>('/watermark/detect', { body: { model: MODEL, text } });
    const body = { ...STORY, temperature: 1, seed: 5, max_tokens: 60, ignore_eos: true };
    const marked = await detect((await answerTo({ ...body, watermark: true })).text);
    const plain = await detect((await answerTo(body)).text);
    expect(marked).toMatchObject({ is_watermarked: true });
    expect(plain).toMatchObject({ is_watermarked: false });
    expect(marked.z_score).toBeGreaterThan(plain.z_score);
  });
});
