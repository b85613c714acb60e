import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { say } from '@sluice/testing/scripts';
import { errorOf } from '../../test-support/error-of.ts';
import { startHarness, type Harness } from '../../test-support/gateway-harness.ts';

const PATH = '/v1/chat/completions';
const BODY = { model: 'scripted', messages: [{ role: 'user' as const, content: 'hi' }] };

describe('POST /v1/chat/completions answers 403 to a key that may not:', () => {
  let gateway: Harness;
  beforeAll(async () => {
    gateway = await startHarness({ scripts: [say(['x'])] });
  });
  afterAll(() => gateway.close());

  test('a key without the scope', async () => {
    const key = gateway.keys.issue({ scopes: new Set(['models']) });
    const error = await errorOf(await gateway.post(PATH, BODY, { authorization: `Bearer ${key}` }));
    expect(error).toMatchObject({ status: 403, code: 'insufficient_permissions' });
  });
});
