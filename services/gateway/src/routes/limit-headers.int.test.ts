import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { failWith, say, sayForever } from '@sluice/testing/scripts';
import { until } from '@sluice/testing/until';
import { GENERATION_LIMITS } from '../inference/generate.ts';
import type { KeySnapshot } from '../keys/key-snapshot.ts';
import { startHarness, type Harness } from '../test-support/gateway-harness.ts';
import { createScriptedLimiter, type ScriptedLimiter } from '../test-support/scripted-limiter.ts';

const CHAT = '/v1/chat/completions';
const BODY = { model: 'scripted', messages: [{ role: 'user', content: 'hi' }] };
const NAMES = ['limit', 'remaining', 'reset'].flatMap((what) => ['requests', 'tokens'].map((unit) => `x-ratelimit-${what}-${unit}`));

type Ask = {
  readonly method?: string;
  readonly path?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly key?: Partial<KeySnapshot>;
  readonly before?: (gateway: Harness, limiter: ScriptedLimiter) => void;
};

/** What a client with a working key can be answered, in the order of the statuses. */
const ANSWERS: readonly (readonly [status: number, what: string, ask: Ask])[] = [
  [200, 'a whole answer', {}],
  [200, 'a stream', { body: { ...BODY, stream: true } }],
  [200, 'a stream that fails', { body: { ...BODY, stream: true }, before: (gateway) => void (gateway.runtime.script = sayForever(5)) }],
  [200, 'text', { path: '/v1/completions', body: { model: 'scripted', prompt: 'hi' } }],
  [200, 'a list of models', { method: 'GET', path: '/v1/models' }],
  [400, 'no JSON', { body: '{' }],
  [400, 'a wrong parameter', { body: { ...BODY, temperature: 9 } }],
  [400, 'a prompt that is too long', { before: (gateway) => void (gateway.runtime.script = failWith('CONTEXT_LENGTH_EXCEEDED', 'long')) }],
  [400, 'a wrong Idempotency-Key', { headers: { 'idempotency-key': '' } }],
  [401, 'a missing signature', { key: { requiresSignature: true } }],
  [403, 'a missing scope', { key: { scopes: new Set(['models']) } }],
  [403, 'a model that it may not use', { key: { allowedModels: [new Set(['another'])] } }],
  [404, 'a model that nobody has', { body: { ...BODY, model: 'gpt-9' } }],
  [404, 'a model that nobody has, by name', { method: 'GET', path: '/v1/models/gpt-9' }],
  [413, 'a body that is too large', { body: { ...BODY, user: 'x'.repeat(5_000_000) } }],
  [415, 'a form', { headers: { 'content-type': 'text/plain' } }],
  [429, 'a limit', { before: (_gateway, { answers }) => void answers.push(REFUSED) }],
  [502, 'a worker that died', { before: (gateway) => void (gateway.runtime.script = failWith('UPSTREAM_DISCONNECTED', 'gone')) }],
  [503, 'a worker that is full', { before: (gateway) => void (gateway.runtime.script = failWith('SERVER_OVERLOADED', 'full')) }],
  [503, 'a history that is away', { method: 'GET', path: '/v1/usage' }],
  [504, 'a worker that is late', { before: (gateway) => void (gateway.runtime.script = say(['late'], { pauseMs: 60_000 })) }],
];

const REFUSED = {
  kind: 'refused',
  by: { kind: 'bucket', index: 0, waitMs: 20 },
  buckets: [{ unit: 'requests', limit: 60, remaining: 0, resetMs: 60_000 }],
  position: undefined,
} as const;

describe('an answer to a key that works', () => {
  const limiter = createScriptedLimiter();
  let gateway: Harness;
  beforeAll(async () => {
    const generationLimits = { ...GENERATION_LIMITS, firstTokenMs: 300, totalMs: 600, rejoinMs: 0 };
    gateway = await startHarness({ scripts: [say(['x'])], parts: { limiter, generationLimits } });
  });
  afterAll(() => gateway.close());
  beforeEach(async () => {
    gateway.runtime.script = say(['x']);
    // A worker that died a moment ago has to be seen again.
    await until(async () => (await fetch(`${gateway.url}/readyz`)).ok);
  });

  test.each(ANSWERS)('of %d tells where its limits stand: %s', async (status, _what, ask) => {
    const { method = 'POST', path = CHAT, body = BODY, headers = {}, key, before } = ask;
    before?.(gateway, limiter);
    const apiKey = key ? gateway.keys.issue(key) : gateway.apiKey;
    const response = await fetch(gateway.url + path, {
      method,
      headers: { 'content-type': 'application/json', authorization: `Bearer ${apiKey}`, ...headers },
      ...(method === 'POST' ? { body: typeof body === 'string' ? body : JSON.stringify(body) } : {}),
    });
    await response.text();
    expect(response.status).toBe(status);
    const missing = NAMES.filter((name) => !/^(\d+|\d[\dhms.]*s)$/.test(response.headers.get(name) ?? ''));
    expect(missing).toEqual([]);
  });
});
