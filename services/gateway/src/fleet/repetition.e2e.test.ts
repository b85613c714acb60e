import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { say } from '@sluice/testing/scripts';
import { until } from '@sluice/testing/until';
import { createAdminClient } from '../test-support/admin-client.ts';
import { errorOf } from '../test-support/error-of.ts';
import { startFleet, type Fleet } from '../test-support/gateway-fleet.ts';
import { signRequest } from '../test-support/sign-request.ts';

const PATH = '/v1/chat/completions';

describe('what one gateway was sent before', () => {
  let fleet: Fleet;
  beforeAll(async () => {
    fleet = await startFleet({ gateways: 2, script: say(['x']) });
  });
  afterAll(async () => {
    await fleet[Symbol.asyncDispose]();
  });

  test('under an Idempotency-Key, no other runs again, be it at the same time or later', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    const before = fleet.runtime.requestIds.length;
    const isOver = Promise.withResolvers<void>();
    fleet.runtime.script = async (_request, run) => {
      run.start(3);
      await isOver.promise;
      run.token('x');
      run.finish();
    };
    const refused: Response[] = [];
    const answers = Array.from({ length: 10 }, async (_, i) => {
      const response = await fleet.chat(i % 2, {}, { headers });
      if (response.status !== 200) refused.push(response);
      return response;
    });
    await until(() => refused.length === 9);
    isOver.resolve();
    const first = (await Promise.all(answers)).filter(({ status }) => status === 200);
    expect(first).toHaveLength(1);
    for (const other of refused) expect(await errorOf(other)).toMatchObject({ status: 409, code: 'idempotency_in_progress' });
    const text = await first[0]?.text();
    for (const gateway of [0, 1]) expect(await (await fleet.chat(gateway, {}, { headers })).text()).toBe(text);
    expect(fleet.runtime.requestIds).toHaveLength(before + 1);
  });

  test('with a signature, no other takes', async () => {
    fleet.runtime.script = say(['x']);
    const { organizationId } = await fleet.db.project.findFirstOrThrow();
    const owner = await createAdminClient(fleet.db, { url: fleet.gateways[0]?.url ?? '', organizationId, role: 'owner' });
    const made = await owner.sent('POST', `/v1/organization/projects/${fleet.projectId}/api_keys`, {
      name: 'signed',
      requires_signature: true,
    });
    const rawBody = Buffer.from(JSON.stringify({ model: 'scripted', messages: [{ role: 'user', content: 'hi' }] }));
    const key = { id: String(made['id']), publicId: '', requiresSignature: true };
    const { headers } = signRequest({ key, secret: String(made['signing_secret']), pepper: '', at: new Date(), url: PATH, rawBody });
    const send = (gateway: number) =>
      fetch(`${fleet.gateways[gateway]?.url}${PATH}`, {
        method: 'POST',
        headers: {
          ...(headers as Record<string, string>),
          'content-type': 'application/json',
          authorization: `Bearer ${String(made['value'])}`,
        },
        body: rawBody,
      });
    expect((await send(0)).status).toBe(200);
    expect(await errorOf(await send(1))).toMatchObject({ status: 401, code: 'replayed_request' });
  });
});
