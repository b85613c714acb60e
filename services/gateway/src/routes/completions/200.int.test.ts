import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { say } from '@sluice/testing/scripts';
import { collect } from '../../test-support/collect.ts';
import { startHarness, type Harness } from '../../test-support/gateway-harness.ts';

const BODY = { model: 'scripted', prompt: 'Once upon' };
const USAGE = {
  prompt_tokens: 7,
  completion_tokens: 2,
  total_tokens: 9,
  prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
  completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0, accepted_prediction_tokens: 0, rejected_prediction_tokens: 0 },
};

describe('POST /v1/completions answers 200', () => {
  let gateway: Harness;
  beforeAll(async () => {
    gateway = await startHarness({ scripts: [say([' a', ' time'])] });
  });
  afterAll(() => gateway.close());

  test('with the whole text as OpenAI writes it', async () => {
    const answer = await gateway.client.completions.create(BODY);
    expect(answer).toEqual({
      id: expect.stringMatching(/^cmpl-[0-9a-f]{32}$/),
      object: 'text_completion',
      created: expect.any(Number),
      model: 'scripted',
      system_fingerprint: null,
      choices: [{ text: ' a time', index: 0, logprobs: null, finish_reason: 'stop' }],
      usage: USAGE,
    });
  });

  test('with a stream whose every byte is as OpenAI writes it', async () => {
    const response = await gateway.post('/v1/completions', { ...BODY, stream: true });
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    const sse = await response.text();
    const [, id, created] = /"id":"(cmpl-[0-9a-f]{32})".*?"created":(\d+)/.exec(sse) ?? [];
    const head = `data: {"id":"${id}","object":"text_completion","created":${created},"model":"scripted","system_fingerprint":null,"choices":[{`;
    expect(sse).toBe(
      [
        `${head}"text":" a","index":0,"logprobs":null,"finish_reason":null}]}`,
        `${head}"text":" time","index":0,"logprobs":null,"finish_reason":null}]}`,
        `${head}"text":"","index":0,"logprobs":null,"finish_reason":"stop"}]}`,
        'data: [DONE]',
        '',
      ].join('\n\n'),
    );
  });

  test('to the official SDK, with the usage at the end when it asks', async () => {
    const stream = await gateway.client.completions.create({ ...BODY, stream: true, stream_options: { include_usage: true } });
    const chunks = await collect(stream);
    expect(chunks.pop()).toMatchObject({ choices: [], usage: USAGE });
    expect(chunks.map(({ choices }) => choices[0]?.text).join('')).toBe(' a time');
  });

  test('and gives the worker the prompt as it was, text or token ids', async () => {
    const prompts: unknown[] = [];
    gateway.runtime.script = (request, run) => {
      prompts.push(request.prompt?.text ?? request.prompt?.tokenIds?.ids);
      run.finish();
    };
    await gateway.client.completions.create(BODY);
    await gateway.client.completions.create({ ...BODY, prompt: [1, 2, 3] });
    expect(prompts).toEqual(['Once upon', [1, 2, 3]]);
  });

  test('under its own endpoint class in the history', async () => {
    await using fresh = await startHarness({ scripts: [say(['x'])] });
    await fresh.client.completions.create(BODY);
    expect(await fresh.onlyRow()).toMatchObject({ endpoint: 'completions', outcome: 'completed', finishReason: 'stop' });
  });
});
