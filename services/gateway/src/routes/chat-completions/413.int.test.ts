import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { say } from '@sluice/testing/scripts';
import { errorOf } from '../../test-support/error-of.ts';
import { startHarness, type Harness } from '../../test-support/gateway-harness.ts';

const PATH = '/v1/chat/completions';
const BODY = { model: 'scripted', messages: [{ role: 'user' as const, content: 'hi' }] };

describe('POST /v1/chat/completions answers 413 to a body that is too large:', () => {
  let gateway: Harness;
  beforeAll(async () => {
    gateway = await startHarness({ scripts: [say(['x'])] });
  });
  afterAll(() => gateway.close());

  test('a body of 10 MB, and the client reads the answer', async () => {
    const call = gateway.client.chat.completions.create({ ...BODY, messages: [{ role: 'user', content: 'x'.repeat(10_000_000) }] });
    await expect(call).rejects.toMatchObject({ status: 413, code: 'request_too_large' });
  });

  test('a body of 10 MB that comes in pieces without a length', async () => {
    const piece = new TextEncoder().encode('x'.repeat(100_000));
    let left = 100;
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        if (left-- > 0) controller.enqueue(piece);
        else controller.close();
      },
    });
    const headers = { authorization: `Bearer ${gateway.apiKey}`, 'content-type': 'application/json' };
    const response = await fetch(`${gateway.url}${PATH}`, { method: 'POST', headers, body, duplex: 'half' });
    expect(await errorOf(response)).toMatchObject({ status: 413, code: 'request_too_large' });
  });
});
