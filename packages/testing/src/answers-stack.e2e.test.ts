import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startWholeStack, type WholeStack } from './whole-stack.ts';

const MODEL = 'demo-chat';
const QUESTION = { model: MODEL, messages: [{ role: 'user' as const, content: 'What is the capital of France?' }], temperature: 0 };
const WEATHER = {
  type: 'function' as const,
  function: {
    name: 'get_weather',
    description: 'Get the weather of a city.',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'], additionalProperties: false },
  },
};
const CITY = {
  type: 'object',
  properties: { city: { type: 'string', maxLength: 20 }, days: { type: 'integer', minimum: 1, maximum: 7 } },
  required: ['city', 'days'],
  additionalProperties: false,
};

describe('a gateway and a real worker, to the official client', () => {
  let stack: WholeStack;
  beforeAll(async () => {
    stack = await startWholeStack({ runtimes: 1 });
  });
  afterAll(() => stack.close());

  test('give several answers, and the usage of all', async () => {
    const { choices, usage } = await stack.client.chat.completions.create({ ...QUESTION, n: 3, max_tokens: 8 });
    expect(choices.map(({ index }) => index)).toEqual([0, 1, 2]);
    expect(new Set(choices.map(({ message }) => message.content)).size).toBe(1);
    const one = await stack.client.chat.completions.create({ ...QUESTION, max_tokens: 8 });
    expect(choices[0]?.message.content).toBe(one.choices[0]?.message.content);
    expect(usage?.completion_tokens).toBe(3 * (one.usage?.completion_tokens ?? 0));
    expect(usage?.prompt_tokens).toBe(one.usage?.prompt_tokens);
  });

  test('stream what they answer whole, with the same log probabilities', async () => {
    const body = { ...QUESTION, logprobs: true, top_logprobs: 2, max_tokens: 8 };
    const whole = (await stack.client.chat.completions.create(body)).choices[0];
    const streamed = (await stack.client.chat.completions.stream(body).finalChatCompletion()).choices[0];
    expect(streamed?.message.content).toBe(whole?.message.content);
    expect(streamed?.logprobs?.content?.map(({ token }) => token)).toEqual(whole?.logprobs?.content?.map(({ token }) => token));
    expect(whole?.logprobs?.content?.map(({ top_logprobs: top }) => top.length)).toEqual(whole?.logprobs?.content?.map(() => 2));
    // The likeliest is what a temperature of zero takes.
    for (const { token, top_logprobs: top } of whole?.logprobs?.content ?? []) expect(top[0]?.token).toBe(token);
  });

  test('give back the prompt with what the model makes of it, and no token more', async () => {
    const prompt = 'The capital of France is';
    const { choices, usage } = await stack.client.completions.create({ model: MODEL, prompt, echo: true, logprobs: 0, max_tokens: 0 });
    expect(choices[0]?.text).toBe(prompt);
    expect(choices[0]?.logprobs?.tokens?.join('')).toBe(prompt);
    expect(choices[0]?.logprobs?.token_logprobs).toHaveLength(usage?.prompt_tokens ?? 0);
    expect(usage?.completion_tokens).toBe(0);
  });

  test('answer the likeliest of several, and count all of them', async () => {
    const body = { model: MODEL, prompt: 'Once', max_tokens: 4, temperature: 1, seed: 7 };
    const { choices, usage } = await stack.client.completions.create({ ...body, best_of: 4, n: 2 });
    expect(choices).toHaveLength(2);
    expect(usage?.completion_tokens).toBeGreaterThan(8);
  });

  test('answer several prompts in order', async () => {
    const prompt = ['The capital of France is', 'The capital of Italy is'];
    const body = { model: MODEL, max_tokens: 4, temperature: 0 };
    const together = await stack.client.completions.create({ ...body, prompt });
    const alone = await Promise.all(prompt.map((each) => stack.client.completions.create({ ...body, prompt: each })));
    expect(together.choices.map(({ text }) => text)).toEqual(alone.map(({ choices }) => choices[0]?.text));
  });

  test('keep an answer to its schema, whole and streamed', async () => {
    const format = { type: 'json_schema' as const, json_schema: { name: 'trip', strict: true, schema: CITY } };
    const body = { ...QUESTION, response_format: format, max_tokens: 200 };
    const { choices } = await stack.client.chat.completions.parse(body);
    expect(choices[0]?.message.parsed).toEqual({ city: expect.any(String), days: expect.any(Number) });
    const streamed = await stack.client.chat.completions.stream(body).finalChatCompletion();
    expect(streamed.choices[0]?.message.parsed).toEqual(choices[0]?.message.parsed);
  });

  test.each(['yes or no?', 'no or yes?'])('choose among what may be answered: %s', async (content) => {
    const body = { model: MODEL, messages: [{ role: 'user' as const, content }], guided_choice: ['yes', 'no'] };
    const { choices } = await stack.client.chat.completions.create(body);
    expect(['yes', 'no']).toContain(choices[0]?.message.content);
  });

  test('refuse a schema that cannot be held to by the name that it was sent by', async () => {
    const body = { ...QUESTION, guided_json: { type: 'object', unevaluatedProperties: false } };
    const refused = stack.client.chat.completions.create(body);
    await expect(refused).rejects.toMatchObject({ status: 400, param: expect.stringMatching(/^guided_json/) });
  });

  test('call a tool that must be called, and go on with what it says', async () => {
    const asked: string[] = [];
    const tool = {
      ...WEATHER.function,
      parse: JSON.parse as (args: string) => { city: string },
      function: ({ city }: { city: string }) => {
        asked.push(city);
        return '{"temperature": 3, "condition": "sunny"}';
      },
    };
    const body = {
      model: MODEL,
      messages: [{ role: 'user' as const, content: 'What is the weather in Oslo?' }],
      temperature: 0,
      max_tokens: 64,
    };
    const { choices } = await stack.client.chat.completions.create({ ...body, tools: [WEATHER], tool_choice: 'required' });
    const [call] = choices[0]?.message.tool_calls ?? [];
    expect(call).toMatchObject({ type: 'function', id: expect.stringMatching(/^call_/), function: { name: 'get_weather' } });
    expect(choices[0]).toMatchObject({ message: { content: null } });
    const runner = stack.client.chat.completions.runTools({
      ...body,
      tools: [{ type: 'function' as const, function: tool }],
      stream: true,
    });
    expect(await runner.finalContent()).toContain('3');
    expect(asked).toEqual(['Oslo']);
  });
});
