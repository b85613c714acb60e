import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { say } from '@sluice/testing/scripts';
import type { Script } from '@sluice/testing/scripted-session';
import { collect } from '../../test-support/collect.ts';
import { startHarness, type Harness } from '../../test-support/gateway-harness.ts';

const BODY = { model: 'scripted', messages: [{ role: 'user' as const, content: 'hi' }], n: 3 };

/** Three answers that come mixed; the second one ends first, the third is cut. */
const threeAnswers: Script = async (_request, run) => {
  run.start(7);
  run.token('A', 0);
  run.token('B', 1);
  run.token('C', 2);
  run.endChoice(1);
  await new Promise((resolve) => setImmediate(resolve));
  run.token('a', 0);
  run.token('c', 2);
  run.endChoice(2, 'LENGTH');
  run.token('!', 0);
  run.finish();
};

describe('POST /v1/chat/completions with several answers', () => {
  let gateway: Harness;
  beforeAll(async () => {
    gateway = await startHarness({ scripts: [threeAnswers] });
  });
  afterAll(() => gateway.close());

  test('answers 200 with each under its index, with its own end, and one usage of all', async () => {
    const { choices, usage } = await gateway.client.chat.completions.create(BODY);
    expect(choices.map(({ index, message, finish_reason: reason }) => [index, message.content, reason])).toEqual([
      [0, 'Aa!', 'stop'],
      [1, 'B', 'stop'],
      [2, 'Cc', 'length'],
    ]);
    expect(usage).toMatchObject({ prompt_tokens: 7, completion_tokens: 6, total_tokens: 13 });
  });

  test('streams each under its index; one ends once, in its own chunk, and the usage comes last', async () => {
    const stream = await gateway.client.chat.completions.create({ ...BODY, stream: true, stream_options: { include_usage: true } });
    const chunks = await collect(stream);
    expect(chunks.pop()).toMatchObject({ choices: [], usage: { completion_tokens: 6 } });
    const all = chunks.flatMap(({ choices }) => choices);
    const of = (index: number) => all.filter((choice) => choice.index === index);
    expect([0, 1, 2].map((index) => of(index)[0]?.delta.role)).toEqual(['assistant', 'assistant', 'assistant']);
    expect(
      [0, 1, 2].map((index) =>
        of(index)
          .map(({ delta }) => delta.content ?? '')
          .join(''),
      ),
    ).toEqual(['Aa!', 'B', 'Cc']);
    expect([0, 1, 2].map((index) => of(index).flatMap(({ finish_reason: reason }) => reason ?? []))).toEqual([
      ['stop'],
      ['stop'],
      ['length'],
    ]);
    // The second one's end did not wait for the others.
    const endOfSecond = all.findIndex(({ index, finish_reason: reason }) => index === 1 && reason !== null);
    expect(all.slice(endOfSecond + 1).some(({ delta }) => delta.content === '!')).toBe(true);
  });

  test('gives the helper of the official SDK all of them', async () => {
    const { choices } = await gateway.client.chat.completions.stream(BODY).finalChatCompletion();
    expect(choices.map(({ message, finish_reason: reason }) => [message.content, reason])).toEqual([
      ['Aa!', 'stop'],
      ['B', 'stop'],
      ['Cc', 'length'],
    ]);
  });

  test('is one row of history with the tokens of all', async () => {
    await using fresh = await startHarness({ scripts: [threeAnswers] });
    await fresh.client.chat.completions.create(BODY);
    expect(await fresh.onlyRow()).toMatchObject({ outcome: 'completed', promptTokens: 7, completionTokens: 6 });
  });

  test('gives an answer to which nothing came as an empty one', async () => {
    gateway.runtime.script = say([]);
    const { choices } = await gateway.client.chat.completions.create(BODY);
    expect(choices.map(({ index, message }) => [index, message.content])).toEqual([
      [0, ''],
      [1, ''],
      [2, ''],
    ]);
  });
});
