import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { generateApiKey } from '@sluice/platform/api-key';
import { say } from '@sluice/testing/scripts';
import { errorOf } from '../../test-support/error-of.ts';
import { startHarness, type Harness } from '../../test-support/gateway-harness.ts';

const PATH = '/v1/chat/completions';
const BODY = { model: 'scripted', messages: [{ role: 'user' as const, content: 'hi' }] };

describe('POST /v1/chat/completions answers 401 to whoever has no working key:', () => {
  let gateway: Harness;
  beforeAll(async () => {
    gateway = await startHarness({ scripts: [say(['x'])] });
  });
  afterAll(() => gateway.close());

  test('no key, saying how to give one', async () => {
    const response = await fetch(`${gateway.url}${PATH}`, { method: 'POST', body: '{}' });
    expect(response.headers.get('x-should-retry')).toBe('false');
    const error = await errorOf(response);
    expect(error).toMatchObject({ status: 401, type: 'invalid_request_error', param: null, code: null });
    expect(error.message).toMatch(/^You didn't provide an API key\./);
  });

  test('a key whose checksum is wrong, without asking the store', async () => {
    const lookupsBefore = gateway.keys.lookups;
    const wrong = gateway.apiKey.slice(0, -1) + (gateway.apiKey.endsWith('0') ? '1' : '0');
    const error = await errorOf(await gateway.post(PATH, BODY, { authorization: `Bearer ${wrong}` }));
    expect(error).toMatchObject({ status: 401, code: 'invalid_api_key' });
    expect(error.message).not.toContain(wrong.slice(20));
    expect(gateway.keys.lookups).toBe(lookupsBefore);
  });

  test('a key nobody issued, a revoked one and an expired one, all in the same words', async () => {
    const unknown = generateApiKey().plaintext;
    const revoked = gateway.keys.issue({ revokedAt: new Date() });
    const expired = gateway.keys.issue({ expiresAt: new Date(Date.now() - 1) });
    for (const key of [unknown, revoked, expired]) {
      const { status, code, message } = await errorOf(await gateway.post(PATH, BODY, { authorization: `Bearer ${key}` }));
      expect({ status, code }).toEqual({ status: 401, code: 'invalid_api_key' });
      expect(message.replace(/sk-\w{12}-…\w{4}/, 'KEY')).toBe(
        'Incorrect API key provided: KEY. Ask the administrator of this server for a key.',
      );
    }
  });

  test('a key in the URL', async () => {
    const response = await fetch(`${gateway.url}${PATH}?access_token=${gateway.apiKey}`, { method: 'POST', body: '{}' });
    expect(response.status).toBe(401);
  });
});
