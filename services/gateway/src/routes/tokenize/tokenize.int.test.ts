import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { TokenizeRequest__Output } from '@sluice/proto/v1/TokenizeRequest';
import { Fault } from '@sluice/platform/fault';
import { plainCalls } from '@sluice/testing/scripted-calls';
import { say } from '@sluice/testing/scripts';
import { errorOf } from '../../test-support/error-of.ts';
import { startHarness, type Harness } from '../../test-support/gateway-harness.ts';
import { createScriptedLimiter } from '../../test-support/scripted-limiter.ts';
import { createTestClock } from '../../test-support/test-clock.ts';

const CHAT = { model: 'scripted', messages: [{ role: 'user', content: 'hi' }] };
const PATHS = [
  ['/tokenize', { model: 'scripted', prompt: 'hi' }],
  ['/detokenize', { model: 'scripted', tokens: [104, 105] }],
  ['/v1/chat/completions/input_tokens', CHAT],
] as const;

describe('what counts tokens', () => {
  let gateway: Harness;
  const limiter = createScriptedLimiter();
  const asked: TokenizeRequest__Output[] = [];
  beforeAll(async () => {
    gateway = await startHarness({ scripts: [say([])], parts: { limiter } });
  });
  afterAll(() => gateway.close());
  beforeEach(() => {
    asked.splice(0);
    gateway.runtime.calls = {
      ...plainCalls,
      tokenize: (request, signal) => {
        asked.push(request);
        return plainCalls.tokenize(request, signal);
      },
    };
  });

  const ask = async (path: string, body: unknown): Promise<unknown> => {
    const response = await gateway.post(path, body);
    expect(response.status).toBe(200);
    return response.json();
  };

  test('/tokenize answers a text as vLLM does', async () => {
    expect(await ask('/tokenize', { model: 'scripted', prompt: 'hi' })).toEqual({ count: 2, max_model_len: 2_048, tokens: [104, 105] });
    expect(asked[0]).toMatchObject({ model: 'scripted', prompt: { text: 'hi' }, withoutMarkers: false });
    await ask('/tokenize', { model: 'scripted', prompt: 'hi', add_special_tokens: false });
    expect(asked[1]).toMatchObject({ withoutMarkers: true });
  });

  test('/tokenize answers a chat, with the beginning of an answer or without', async () => {
    expect(await ask('/tokenize', CHAT)).toMatchObject({ count: 2 });
    await ask('/tokenize', { ...CHAT, add_generation_prompt: false });
    expect(asked.map(({ withoutGenerationPrompt }) => withoutGenerationPrompt)).toEqual([false, true]);
    expect(asked[0]?.prompt?.chat?.messages).toMatchObject([{ role: 'user', content: 'hi' }]);
  });

  test('/detokenize answers the text', async () => {
    expect(await ask('/detokenize', { model: 'scripted', tokens: [104, 105] })).toEqual({ prompt: 'hi' });
    expect(await ask('/detokenize', { model: 'scripted', tokens: [] })).toEqual({ prompt: '' });
  });

  test('input_tokens answers what a chat completion with the same body would read', async () => {
    const body = { ...CHAT, max_tokens: 5, temperature: 0.5, stream: true };
    expect(await ask('/v1/chat/completions/input_tokens', body)).toEqual({ object: 'response.input_tokens', input_tokens: 2 });
  });

  test.each(PATHS)('%s costs nothing and has no row in the history', async (path, body) => {
    limiter.demands.splice(0);
    const rows = gateway.history.rows.length;
    await ask(path, body);
    expect(limiter.demands.filter(({ takes }) => takes)).toEqual([]);
    expect(gateway.history.rows).toHaveLength(rows);
  });

  test.each(PATHS)('%s tells where the limits of the key stand', async (path, body) => {
    const response = await gateway.post(path, body);
    expect(response.headers.get('x-ratelimit-limit-requests')).not.toBeNull();
  });

  test.each(PATHS)('%s is for keys with its scope, or with one to use what it counts for', async (path, body) => {
    const askWith = async (scope: string) => {
      const key = gateway.keys.issue({ scopes: new Set([scope]) });
      return (await gateway.post(path, body, { authorization: `Bearer ${key}` })).status;
    };
    expect(await askWith('tokenize')).toBe(200);
    expect(await askWith('chat.completions')).toBe(200);
    expect(await askWith('models')).toBe(403);
    expect((await fetch(`${gateway.url}${path}`, { method: 'POST', body: '{}' })).status).toBe(401);
  });

  test.each(PATHS)('%s is refused for a model that is not there, or not for this key', async (path, body) => {
    expect(await errorOf(await gateway.post(path, { ...body, model: 'gpt-9' }))).toMatchObject({ status: 404, code: 'model_not_found' });
    const key = gateway.keys.issue({ allowedModels: [new Set(['another'])] });
    const refused = await gateway.post(path, body, { authorization: `Bearer ${key}` });
    expect(await errorOf(refused)).toMatchObject({ status: 403, code: 'model_not_allowed' });
  });

  test.each(PATHS)('%s wants a signature of a key that must sign', async (path, body) => {
    const key = gateway.keys.issue({ requiresSignature: true });
    expect((await gateway.post(path, body, { authorization: `Bearer ${key}` })).status).toBe(401);
  });

  test.each(PATHS)('%s is asked of another worker when the first one cannot', async (path, body) => {
    await using fresh = await startHarness({ scripts: [say([]), say([])] });
    fresh.runtimes[1]?.setStatus({ slotsBusy: 6 });
    await fresh.settled();
    const refuse = () => {
      throw new Fault('SERVER_OVERLOADED', { message: 'full' });
    };
    const [first] = fresh.runtimes;
    if (first) first.calls = { ...plainCalls, tokenize: refuse, detokenize: refuse };
    expect((await fresh.post(path, body)).status).toBe(200);
    expect(await fresh.metrics()).toMatch(/sluice_gateway_failovers_total 1/);
  });

  test.each(PATHS)('%s passes on what the worker refuses', async (path, body) => {
    const refuse = () => {
      throw new Fault('CONTEXT_LENGTH_EXCEEDED', { message: 'too long', param: 'prompt' });
    };
    gateway.runtime.calls = { ...plainCalls, tokenize: refuse, detokenize: refuse };
    expect(await errorOf(await gateway.post(path, body))).toMatchObject({ status: 400, code: 'context_length_exceeded', param: 'prompt' });
  });

  test.each([
    ['/tokenize', { model: 'scripted' }, 'missing_required_parameter', 'prompt'],
    ['/tokenize', { ...CHAT, prompt: 'hi' }, 'invalid_value', 'prompt'],
    ['/tokenize', { model: 'scripted', prompt: 'hi', add_generation_prompt: true }, 'invalid_value', 'add_generation_prompt'],
    ['/tokenize', { ...CHAT, add_special_tokens: false }, 'invalid_value', 'add_special_tokens'],
    ['/tokenize', { model: 'scripted', prompt: 'hi', return_token_strs: true }, 'unsupported_parameter', 'return_token_strs'],
    ['/tokenize', { ...CHAT, continue_final_message: true }, 'unsupported_parameter', 'continue_final_message'],
    ['/tokenize', { model: 'scripted', messages: [] }, 'empty_array', 'messages'],
    ['/detokenize', { model: 'scripted' }, 'missing_required_parameter', 'tokens'],
    ['/detokenize', { model: 'scripted', tokens: ['a'] }, 'invalid_type', 'tokens[0]'],
    ['/v1/chat/completions/input_tokens', { model: 'scripted' }, 'missing_required_parameter', 'messages'],
  ])('%s refuses %j by name: %s, %s', async (path, body, code, param) => {
    expect(await errorOf(await gateway.post(path, body))).toMatchObject({ status: 400, code, param });
  });

  test('is held to the rate of free calls', async () => {
    await using fresh = await startHarness({ scripts: [say([])], parts: { clock: createTestClock() } });
    const count = (): Promise<Response> => fresh.post('/tokenize', { model: 'scripted', prompt: 'x' });
    const statuses = new Set<number>();
    for (let i = 0; i < 30; i++) for (const { status } of await Promise.all(Array.from({ length: 20 }, count))) statuses.add(status);
    expect([...statuses]).toEqual([200]);
    expect(await errorOf(await count())).toMatchObject({ status: 429, code: 'rate_limit_exceeded' });
  });
});
