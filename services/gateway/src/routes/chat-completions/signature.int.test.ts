import { createHash, createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parseApiKey } from '@sluice/platform/api-key';
import { PEPPER } from '@sluice/testing/pepper';
import { say } from '@sluice/testing/scripts';
import { createTestRedis, type TestRedis } from '@sluice/testing/test-redis';
import OpenAI from 'openai';
import { deriveSigningSecret } from '../../signatures/signing-secret.ts';
import { collect } from '../../test-support/collect.ts';
import { errorOf } from '../../test-support/error-of.ts';
import { startHarness, type Harness } from '../../test-support/gateway-harness.ts';

const BODY = { model: 'scripted', messages: [{ role: 'user' as const, content: 'hi é' }] };
const DOCS = new URL('../../../../../docs/requests.md', import.meta.url);

type SignedFetch = (secret: string) => typeof fetch;

/** The client of the documentation, as it stands there. */
async function documentedFetch(): Promise<SignedFetch> {
  const [, code = ''] = /^```js signed-fetch\n([^]*?)^```/m.exec(readFileSync(DOCS, 'utf8')) ?? [];
  const module = (await import(`data:text/javascript,${encodeURIComponent(code)}`)) as { signedFetch: SignedFetch };
  return module.signedFetch;
}

describe('a key that must sign its requests', () => {
  let redis: TestRedis;
  let gateway: Harness;
  let apiKey: string;
  let client: OpenAI;
  beforeAll(async () => {
    redis = await createTestRedis();
    gateway = await startHarness({ scripts: [say(['Hel', 'lo'])], redisUrl: redis.url });
    apiKey = gateway.keys.issue({ requiresSignature: true });
    client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey, maxRetries: 0, fetch: (await documentedFetch())(secretOf(apiKey)) });
  });
  afterAll(async () => {
    await gateway.close();
    await redis.release();
  });

  test('is served through the official SDK with the client of the documentation', async () => {
    const answer = await client.chat.completions.create(BODY);
    expect(answer.choices[0]?.message.content).toBe('Hello');
    const chunks = await collect(await client.chat.completions.create({ ...BODY, stream: true }));
    expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')).toBe('Hello');
    expect((await collect(client.models.list())).map(({ id }) => id)).toEqual(['scripted']);
    expect(await client.models.retrieve('scripted', { query: { a: 'b c' } })).toMatchObject({ id: 'scripted' });
  });

  test('is refused without a signature, on every route', async () => {
    const authorization = `Bearer ${apiKey}`;
    for (const response of [
      await gateway.post('/v1/chat/completions', BODY, { authorization }),
      await fetch(`${gateway.url}/v1/models`, { headers: { authorization } }),
    ]) {
      expect(response.headers.get('x-should-retry')).toBe('false');
      expect(await errorOf(response)).toMatchObject({ status: 401, code: 'invalid_signature', param: 'x-sluice-timestamp' });
    }
  });

  test('is refused when a request is sent a second time as it was', async () => {
    const body = JSON.stringify(BODY);
    const [at, nonce] = [Math.floor(Date.now() / 1_000), 'nonce-of-this-test'];
    const signed = `${at}.${nonce}.POST./v1/chat/completions.${createHash('sha256').update(body).digest('hex')}`;
    const headers = {
      authorization: `Bearer ${apiKey}`,
      'x-sluice-timestamp': String(at),
      'x-sluice-nonce': nonce,
      'x-sluice-signature': `v1=${createHmac('sha256', secretOf(apiKey)).update(signed).digest('hex')}`,
    };
    expect((await gateway.post('/v1/chat/completions', body, headers)).status).toBe(200);
    const again = await errorOf(await gateway.post('/v1/chat/completions', body, headers));
    expect(again).toMatchObject({ status: 401, code: 'replayed_request', param: 'x-sluice-nonce' });
  });
});

function secretOf(apiKey: string): string {
  return deriveSigningSecret(PEPPER, `key_${parseApiKey(apiKey)?.publicId}`);
}
