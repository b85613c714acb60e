import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { failWith, remembering, say } from '@sluice/testing/scripts';
import type { Script } from '@sluice/testing/scripted-session';
import { collect } from '../../test-support/collect.ts';
import { errorOf } from '../../test-support/error-of.ts';
import { startHarness, type Harness } from '../../test-support/gateway-harness.ts';

const PATH = '/v1/completions';
const BODY = { model: 'scripted', prompt: 'Once' };

/** Says its prompt and the index of each answer. */
const repeat: Script = (request, run) => {
  run.start(7);
  const answers = Math.max(1, request.n);
  for (let index = 0; index < answers; index++)
    run.token(`${request.prompt?.text ?? request.prompt?.tokenIds?.ids.join()} ${index}`, index);
  for (let index = 0; index < answers; index++) run.endChoice(index, index === 0 ? 'EOS' : 'LENGTH');
};

describe('POST /v1/completions with several answers', () => {
  let gateway: Harness;
  beforeAll(async () => {
    gateway = await startHarness({ scripts: [repeat] });
  });
  afterAll(() => gateway.close());

  test('answers 200 with each under its index', async () => {
    const { choices } = await gateway.client.completions.create({ ...BODY, n: 2 });
    expect(choices).toEqual([
      { text: 'Once 0', index: 0, logprobs: null, finish_reason: 'stop' },
      { text: 'Once 1', index: 1, logprobs: null, finish_reason: 'length' },
    ]);
  });

  test('asks for more than it answers where the best are wanted', async () => {
    const { script, requests } = remembering(say(['x']));
    gateway.runtime.script = script;
    expect((await gateway.client.completions.create({ ...BODY, best_of: 4 })).choices).toHaveLength(1);
    expect(requests).toMatchObject([{ n: 0, bestOf: 4 }]);
    gateway.runtime.script = repeat;
  });

  test('numbers the answers of several prompts prompt by prompt, and counts them in one usage and one row', async () => {
    await using fresh = await startHarness({ scripts: [repeat] });
    const { choices, usage } = await fresh.client.completions.create({ ...BODY, prompt: ['Once', 'Twice'], n: 2 });
    expect(choices.map(({ index, text, finish_reason: reason }) => [index, text, reason])).toEqual([
      [0, 'Once 0', 'stop'],
      [1, 'Once 1', 'length'],
      [2, 'Twice 0', 'stop'],
      [3, 'Twice 1', 'length'],
    ]);
    expect(usage).toMatchObject({ prompt_tokens: 14, completion_tokens: 4, total_tokens: 18 });
    expect(await fresh.onlyRow()).toMatchObject({ outcome: 'completed', promptTokens: 14, completionTokens: 4 });
  });

  test('streams several prompts, and ends each answer once', async () => {
    const stream = await gateway.client.completions.create({
      ...BODY,
      prompt: [[1, 2], [3]],
      stream: true,
      stream_options: { include_usage: true },
    });
    const chunks = await collect(stream);
    expect(chunks.pop()).toMatchObject({ choices: [], usage: { prompt_tokens: 14, completion_tokens: 2 } });
    expect(chunks.flatMap(({ choices }) => choices.map(({ index, text, finish_reason: reason }) => [index, text, reason]))).toEqual([
      [0, '1,2 0', null],
      [0, '', 'stop'],
      [1, '3 0', null],
      [1, '', 'stop'],
    ]);
  });

  test('fails as a whole when one prompt does, and pays for those before it', async () => {
    await using fresh = await startHarness({ scripts: [repeat] });
    fresh.runtime.script = (request, run) =>
      request.prompt?.text === 'Twice' ? failWith('CONTEXT_LENGTH_EXCEEDED', 'too long', 'prompt')(request, run) : repeat(request, run);
    const error = await errorOf(await fresh.post(PATH, { ...BODY, prompt: ['Once', 'Twice', 'Thrice'] }));
    expect(error).toMatchObject({ status: 400, code: 'context_length_exceeded' });
    expect(fresh.runtime.requestIds).toHaveLength(2);
    expect(await fresh.onlyRow()).toMatchObject({ outcome: 'refused', promptTokens: 7, completionTokens: 1 });
  });

  test('runs the rest of the prompts on another worker when one dies', async () => {
    const dying: Script = (request, run) => {
      if (request.prompt?.text === 'Once') return repeat(request, run);
      run.start(7);
      setImmediate(() => run.crash());
    };
    await using fresh = await startHarness({ scripts: [dying, repeat] });
    fresh.runtimes[1]?.setStatus({ queueDepth: 40 });
    await fresh.settled();
    const { choices } = await fresh.client.completions.create({ ...BODY, prompt: ['Once', 'Twice'] });
    expect(choices.map(({ text }) => text)).toEqual(['Once 0', 'Twice 0']);
    expect(await fresh.onlyRow()).toMatchObject({ outcome: 'completed', tries: 2 });
  });
});
