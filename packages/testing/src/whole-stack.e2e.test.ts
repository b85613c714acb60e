import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import OpenAI, { APIError, APIUserAbortError } from 'openai';
import { until } from './until.ts';
import { startWholeStack, type WholeStack } from './whole-stack.ts';

const FOX = [{ role: 'user' as const, content: 'Tell me a story about a fox.' }];
/** Runs long enough to be interrupted: 1,500 tokens take about a second. */
const ENDLESS = { model: 'demo-chat', messages: FOX, max_tokens: 1_500, ignore_eos: true } as const;

let stack: WholeStack;
beforeAll(async () => {
  stack = await startWholeStack({ runtimes: 2, runtimeEnv: { SLOTS: '8' } });
});
afterAll(() => stack.close());

describe('the official OpenAI client', () => {
  test('chats', async () => {
    const answer = await stack.client.chat.completions.create({
      model: 'demo-chat',
      temperature: 0,
      messages: [{ role: 'user', content: 'What is the capital of France?' }],
    });
    expect(answer.choices[0]?.message.content).toBe('The capital of France is Paris.');
    expect(answer.choices[0]?.finish_reason).toBe('stop');
    expect(answer.usage).toMatchObject({ prompt_tokens: 15, completion_tokens: 8, total_tokens: 23 });
  });

  test('remembers what was said before', async () => {
    const answer = await stack.client.chat.completions.create({
      model: 'demo-chat',
      temperature: 0,
      messages: [
        { role: 'user', content: 'My name is Anna.' },
        { role: 'assistant', content: 'Nice to meet you, Anna.' },
        { role: 'user', content: 'What is my name?' },
      ],
    });
    expect(answer.choices[0]?.message.content).toContain('Anna');
  });

  test('streams the same text as it answers whole, with usage at the end', async () => {
    const body = { model: 'demo-chat', temperature: 0, messages: FOX };
    const whole = await stack.client.chat.completions.create(body);
    const stream = await stack.client.chat.completions.create({ ...body, stream: true, stream_options: { include_usage: true } });
    let text = '';
    const reasons: unknown[] = [];
    let usage: unknown;
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? '';
      if (chunk.choices[0]?.finish_reason) reasons.push(chunk.choices[0].finish_reason);
      usage = chunk.usage ?? usage;
    }
    expect(text).toBe(whole.choices[0]?.message.content);
    expect(reasons).toEqual(['stop']);
    // The second time the prompt was in a cache.
    expect(usage).toEqual({ ...whole.usage, prompt_tokens_details: { audio_tokens: 0, cached_tokens: expect.any(Number) } });
  });

  test('completes raw text, and token ids', async () => {
    const prompt = '<|im_start|>user\nWhat is the capital of Japan?<|im_end|>\n<|im_start|>assistant\n';
    const answer = await stack.client.completions.create({ model: 'demo-chat', temperature: 0, max_tokens: 20, prompt });
    expect(answer.choices[0]?.text).toBe('The capital of Japan is Tokyo.');
    const again = await stack.client.completions.create({ model: 'demo-chat', temperature: 0, max_tokens: 5, prompt: [1, 580, 201] });
    expect(again.usage?.prompt_tokens).toBe(3);
  });

  test('is told how much of its prompt was in a cache, whichever worker has it', async () => {
    const system = { role: 'system' as const, content: 'You answer in one short sentence. '.repeat(20) };
    const cached: number[] = [];
    for (const country of ['France', 'Japan', 'Italy', 'Spain', 'Egypt', 'Peru', 'Norway', 'Kenya']) {
      const { usage } = await stack.client.chat.completions.create({
        model: 'demo-chat',
        max_tokens: 5,
        messages: [system, { role: 'user', content: `What is the capital of ${country}?` }],
      });
      cached.push(usage?.prompt_tokens_details?.cached_tokens ?? -1);
    }
    expect(cached[0]).toBeLessThan(20);
    expect(Math.min(...cached.slice(1))).toBeGreaterThan(100);
  });

  test('lists models and describes one', async () => {
    const { data } = await stack.client.models.list();
    expect(data.map((model) => model.id)).toEqual(['demo-chat']);
    expect(await stack.client.models.retrieve('demo-chat')).toMatchObject({ id: 'demo-chat', object: 'model' });
  });

  test('text split over tokens and chunks arrives whole, whatever the model says', async () => {
    const halves = (await stack.runtimes[0]?.client.tokenize({ prompt: { text: 'é' } }, { deadlineMs: 1_000 }))?.tokenIds;
    expect(halves).toHaveLength(2);
    const logitBias = Object.fromEntries((halves ?? []).map((id) => [String(id), 100]));
    const body = { model: 'demo-chat', temperature: 2, seed: 7, max_tokens: 200, messages: FOX, ignore_eos: true, logit_bias: logitBias };
    const whole = await stack.client.chat.completions.create(body);
    let text = '';
    for await (const chunk of await stack.client.chat.completions.create({ ...body, stream: true }))
      text += chunk.choices[0]?.delta.content ?? '';
    expect(text).toBe(whole.choices[0]?.message.content);
    expect(text).toContain('é');
  });

  test('many at once: each gets its own answer', async () => {
    const capitals = { France: 'Paris', Italy: 'Rome', Japan: 'Tokyo', Spain: 'Madrid', Germany: 'Berlin', Egypt: 'Cairo' };
    const answers = await Promise.all(
      Object.keys(capitals).map((country) =>
        stack.client.chat.completions.create({
          model: 'demo-chat',
          temperature: 0,
          messages: [{ role: 'user', content: `What is the capital of ${country}?` }],
        }),
      ),
    );
    expect(answers.map((answer) => answer.choices[0]?.message.content)).toEqual(
      Object.entries(capitals).map(([country, city]) => `The capital of ${country} is ${city}.`),
    );
  });
});

describe('refusals', () => {
  const errorOf = async (promise: Promise<unknown>): Promise<APIError> => {
    const error: unknown = await promise.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (error instanceof APIError) return error;
    throw new Error(`expected an API error, got ${String(error)}`);
  };
  const post = (body: string, headers: Record<string, string> = {}) =>
    fetch(`${stack.baseUrl}/chat/completions`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', authorization: `Bearer ${stack.apiKey}`, ...headers },
    });

  test('an unknown model is 404 model_not_found', async () => {
    expect(await errorOf(stack.client.chat.completions.create({ model: 'gpt-5', messages: FOX }))).toMatchObject({
      status: 404,
      code: 'model_not_found',
    });
  });

  test('no key and a bad key are 401, and a key with a typo costs no query', async () => {
    const none = await fetch(`${stack.baseUrl}/models`);
    expect(none.status).toBe(401);
    expect(none.headers.get('x-request-id')).toMatch(/^req_[0-9a-f]{32}$/);
    const bad = new OpenAI({ baseURL: stack.baseUrl, apiKey: `${stack.apiKey.slice(0, -1)}!`, maxRetries: 0 });
    expect(await errorOf(bad.models.list().then((page) => page))).toMatchObject({ status: 401, code: 'invalid_api_key' });
  });

  test('a prompt longer than the context is 400 context_length_exceeded', async () => {
    const messages = [{ role: 'user' as const, content: 'word '.repeat(4_000) }];
    expect(await errorOf(stack.client.chat.completions.create({ model: 'demo-chat', messages }))).toMatchObject({
      status: 400,
      code: 'context_length_exceeded',
      param: 'messages',
    });
  });

  test('malformed JSON, wrong types and unsupported parameters are 400 and name the field', async () => {
    const malformed = await post('{"model": "demo-chat", ');
    expect([malformed.status, await malformed.json()]).toMatchObject([400, { error: { code: 'invalid_json' } }]);
    expect(await errorOf(stack.client.chat.completions.create({ model: 'demo-chat', messages: 'hi' as never }))).toMatchObject({
      status: 400,
      param: 'messages',
      code: 'invalid_type',
    });
    expect(await errorOf(stack.client.chat.completions.create({ model: 'demo-chat', messages: [] }))).toMatchObject({
      status: 400,
      param: 'messages',
      code: 'empty_array',
    });
    expect(await errorOf(stack.client.chat.completions.create({ model: 'demo-chat', messages: FOX, store: true }))).toMatchObject({
      status: 400,
      param: 'store',
    });
  });

  test('a body of 10 MB is 413, and the connection survives to say so', async () => {
    const answer = await post(JSON.stringify({ model: 'demo-chat', messages: [{ role: 'user', content: 'x'.repeat(10 * 1024 * 1024) }] }));
    expect([answer.status, await answer.json()]).toMatchObject([413, { error: { code: 'request_too_large' } }]);
  });
});

describe('clients that leave or lag', () => {
  test('a client that leaves frees its slot at once, and history has what was made until then', async () => {
    const stream = await stack.client.chat.completions.create({ ...ENDLESS, stream: true });
    let chunks = 0;
    for await (const chunk of stream) if (chunk.choices[0]?.delta.content && ++chunks === 5) break;
    await until(async () => (await Promise.all(stack.runtimes.map((runtime) => runtime.slotsBusy()))).every((busy) => busy === 0));
    let row: { outcome: string; completionTokens: number; promptTokens: number } | null = null;
    await until(async () => {
      row = await stack.database.requestLog.findFirst({ where: { outcome: 'cancelled' }, orderBy: { createdAt: 'desc' } });
      return row !== null;
    });
    expect(row).toMatchObject({ outcome: 'cancelled', promptTokens: 16 });
    expect(row?.['completionTokens']).toBeGreaterThanOrEqual(5);
    expect(row?.['completionTokens']).toBeLessThan(1_500);
  });

  test('leaving a request that does not stream frees its slot, too', async () => {
    const abort = new AbortController();
    const pending = stack.client.chat.completions.create(ENDLESS, { signal: abort.signal });
    const ended = pending.then(
      () => 'answered',
      (error: unknown) => error,
    );
    await until(async () => (await Promise.all(stack.runtimes.map((runtime) => runtime.slotsBusy()))).some((busy) => busy > 0));
    abort.abort();
    expect(await ended).toBeInstanceOf(APIUserAbortError);
    await until(async () => (await Promise.all(stack.runtimes.map((runtime) => runtime.slotsBusy()))).every((busy) => busy === 0));
  });

  test('a slow reader holds up nobody and gets everything', async () => {
    const slow = openSlowStream();
    await until(() => slow.hasStarted());
    const answer = await stack.client.chat.completions.create({
      model: 'demo-chat',
      temperature: 0,
      messages: [{ role: 'user', content: 'What is the capital of Italy?' }],
    });
    expect(answer.choices[0]?.message.content).toContain('Rome');
    await sleep(1_500);
    const text = await slow.readAll();
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
    expect(text).toContain('"finish_reason":"length"');
  });
});

describe('workers that die', () => {
  test('in the middle of a stream: an error event, [DONE], and the client throws', async () => {
    const stream = await stack.client.chat.completions.create({ ...ENDLESS, stream: true });
    let chunks = 0;
    const reading = (async () => {
      for await (const chunk of stream) {
        if (chunk.choices[0]?.delta.content && ++chunks === 3) process.kill(await busyEngine(), 'SIGKILL');
      }
    })();
    await expect(reading).rejects.toMatchObject({ code: 'upstream_disconnected' });
    await Promise.all(stack.runtimes.map((runtime) => runtime.untilReady()));
  });

  test('before the first token: the other worker answers and the client never knows', async () => {
    const prompt = `<|im_start|>user\n${'Tell me a story about a fox. '.repeat(200)}<|im_end|>\n<|im_start|>assistant\n`;
    const pending = stack.client.completions.create({ model: 'demo-chat', temperature: 0, max_tokens: 10, prompt });
    process.kill(await busyEngine(), 'SIGKILL');
    const answer = await pending;
    expect(answer.usage?.completion_tokens).toBe(10);
    await Promise.all(stack.runtimes.map((runtime) => runtime.untilReady()));
  });

  test('and are back in use without a human', async () => {
    await until(async () => {
      const page = await fetch(`${stack.baseUrl.replace('/v1', '')}/readyz`);
      return page.ok;
    });
    const answers = await Promise.all(
      Array.from({ length: 12 }, () =>
        stack.client.chat.completions.create({ model: 'demo-chat', temperature: 0, max_tokens: 5, messages: FOX }),
      ),
    );
    expect(answers.every((answer) => answer.choices[0]?.finish_reason === 'length')).toBe(true);
  });
});

describe('the record', () => {
  test('one wide log line a request, without key and content', async () => {
    const canary = 'canary-4b1d-moonlight';
    await stack.client.chat.completions.create({
      model: 'demo-chat',
      max_tokens: 3,
      messages: [{ role: 'user', content: `Repeat: ${canary}` }],
    });
    await until(() => stack.gateway.logLines().some((line) => line['completionTokens'] === 3));
    const output =
      stack.gateway.output() + stack.jobs.service.output() + stack.runtimes.map((runtime) => runtime.service.output()).join('');
    expect(output).not.toContain(canary);
    expect(output).not.toContain(stack.apiKey);
  });

  test('as many history rows as metered requests were admitted, with their usage', async () => {
    const createdAt = { gte: new Date() };
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        stack.client.chat.completions.create({ model: 'demo-chat', max_tokens: 3 + i, messages: FOX, ignore_eos: true } as never),
      ),
    );
    await until(async () => (await stack.database.requestLog.count({ where: { createdAt } })) === 20);
    const rows = await stack.database.requestLog.findMany({ where: { createdAt } });
    const sum = rows.reduce((total, row) => total + row.completionTokens, 0);
    expect(sum).toBe(answers.reduce((total, answer) => total + ((answer as OpenAI.ChatCompletion).usage?.completion_tokens ?? 0), 0));
    expect(rows.every((row) => row.outcome === 'completed' && row.model === 'demo-chat')).toBe(true);
  });
});

/** The engine process that has a busy slot now; throws when none gets one in time. */
async function busyEngine(): Promise<number> {
  for (let tries = 0; tries < 400; tries++) {
    for (const runtime of stack.runtimes) if ((await runtime.slotsBusy().catch(() => 0)) > 0) return runtime.enginePid();
  }
  throw new Error('no runtime has a busy slot');
}

/** A stream whose client takes the head and then nothing until it is told to. */
function openSlowStream() {
  let text = '';
  let hasStarted = false;
  let resume: () => void = () => {};
  const ended = new Promise<string>((resolve, reject) => {
    const req = request(`${stack.baseUrl}/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${stack.apiKey}` },
    });
    req.on('error', reject);
    req.on('response', (res) => {
      hasStarted = true;
      res.pause();
      resume = () => res.resume();
      res.on('data', (chunk: Buffer) => (text += chunk.toString()));
      res.on('end', () => resolve(text));
      res.pause();
    });
    req.end(JSON.stringify({ ...ENDLESS, stream: true }));
  });
  return {
    hasStarted: () => hasStarted,
    readAll: () => {
      resume();
      return ended;
    },
  };
}
