import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { say } from '@sluice/testing/scripts';
import { errorOf } from '../../test-support/error-of.ts';
import { startHarness, type Harness } from '../../test-support/gateway-harness.ts';

const PATH = '/v1/chat/completions';

describe('POST /v1/chat/completions answers 415 to another content type:', () => {
  let gateway: Harness;
  beforeAll(async () => {
    gateway = await startHarness({ scripts: [say(['x'])] });
  });
  afterAll(() => gateway.close());

  test('a body that is not JSON by its own account', async () => {
    const error = await errorOf(await gateway.post(PATH, 'model=x', { 'content-type': 'application/x-www-form-urlencoded' }));
    expect(error).toMatchObject({ status: 415, code: 'unsupported_media_type' });
    expect(error.message).toMatch(/^Invalid Content-Type header \(application\/x-www-form-urlencoded\), expected application\/json\./);
  });
});
