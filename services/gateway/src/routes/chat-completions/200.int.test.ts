import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { say } from '@sluice/testing/scripts';
import { collect } from '../../test-support/collect.ts';
import { startHarness, type Harness } from '../../test-support/gateway-harness.ts';

const MESSAGES = [{ role: 'user' as const, content: 'hi' }];
const USAGE = {
  prompt_tokens: 7,
  completion_tokens: 3,
  total_tokens: 10,
  prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
  completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0, accepted_prediction_tokens: 0, rejected_prediction_tokens: 0 },
};

describe('POST /v1/chat/completions answers 200', () => {
  let gateway: Harness;
  beforeAll(async () => {
    gateway = await startHarness({ scripts: [say(['Hel', 'lo', ' "é"\n'])] });
  });
  afterAll(() => gateway.close());

  test('with the whole answer as OpenAI writes it', async () => {
    const response = await gateway.post('/v1/chat/completions', { model: 'scripted', messages: MESSAGES });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/json');
    const id = response.headers.get('x-request-id')?.replace('req_', 'chatcmpl-');
    const body: unknown = await response.json();
    expect(body).toEqual({
      id,
      object: 'chat.completion',
      created: expect.any(Number),
      model: 'scripted',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: 'Hello "é"\n', refusal: null, annotations: [] },
          logprobs: null,
          finish_reason: 'stop',
        },
      ],
      usage: USAGE,
      service_tier: 'default',
      system_fingerprint: null,
    });
  });

  test('to the official SDK', async () => {
    const { data, request_id: requestId } = await gateway.client.chat.completions
      .create({ model: 'scripted', messages: MESSAGES })
      .withResponse();
    expect(data.choices[0]?.message.content).toBe('Hello "é"\n');
    expect(requestId).toMatch(/^req_[0-9a-f]{32}$/);
  });

  test('with a stream whose every byte is as OpenAI writes it', async () => {
    const response = await gateway.post('/v1/chat/completions', { model: 'scripted', messages: MESSAGES, stream: true });
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(response.headers.get('cache-control')).toBe('no-cache, must-revalidate');
    expect(response.headers.get('x-accel-buffering')).toBe('no');
    const sse = await response.text();
    const [, id, created] = /"id":"(chatcmpl-[0-9a-f]{32})".*?"created":(\d+)/.exec(sse) ?? [];
    const head = `data: {"id":"${id}","object":"chat.completion.chunk","created":${created},"model":"scripted","service_tier":"default","system_fingerprint":null,"choices":[{"index":0,"delta":`;
    expect(sse).toBe(
      [
        `${head}{"role":"assistant","content":"","refusal":null},"finish_reason":null}]}`,
        `${head}{"content":"Hel"},"finish_reason":null}]}`,
        `${head}{"content":"lo"},"finish_reason":null}]}`,
        `${head}{"content":" \\"é\\"\\n"},"finish_reason":null}]}`,
        `${head}{},"finish_reason":"stop"}]}`,
        'data: [DONE]',
        '',
      ].join('\n\n'),
    );
  });

  test('with the usage in a chunk of its own, and null before it, when the client asks', async () => {
    const stream = await gateway.client.chat.completions.create({
      model: 'scripted',
      messages: MESSAGES,
      stream: true,
      stream_options: { include_usage: true },
    });
    const chunks = await collect(stream);
    const last = chunks.pop();
    expect(last).toMatchObject({ choices: [], usage: USAGE });
    expect(chunks.map(({ usage }) => usage)).toEqual(chunks.map(() => null));
    expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')).toBe('Hello "é"\n');
  });

  test.each([
    ['EOS', 'stop'],
    ['STOP_STRING', 'stop'],
    ['STOP_TOKEN', 'stop'],
    ['LENGTH', 'length'],
    ['CONTEXT_FULL', 'length'],
  ] as const)('with the finish reason of %s as %s', async (reason, expected) => {
    gateway.runtime.script = (_request, run) => {
      run.token('x');
      run.finish(reason);
    };
    const answer = await gateway.client.chat.completions.create({ model: 'scripted', messages: MESSAGES });
    expect(answer.choices[0]?.finish_reason).toBe(expected);
  });

  test('with an empty answer when the model has nothing to say', async () => {
    gateway.runtime.script = say([]);
    const stream = await gateway.client.chat.completions.create({ model: 'scripted', messages: MESSAGES, stream: true });
    const chunks = await collect(stream);
    expect(chunks.map(({ choices }) => choices[0]?.finish_reason)).toEqual([null, 'stop']);
  });
});
