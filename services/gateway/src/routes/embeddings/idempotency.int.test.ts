import { randomUUID } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { say } from '@sluice/testing/scripts';
import { createTestRedis } from '@sluice/testing/test-redis';
import { startHarness } from '../../test-support/gateway-harness.ts';

test('an embedding with an Idempotency-Key is computed once and answered twice', async () => {
  await using cleanup = new AsyncDisposableStack();
  const redis = await createTestRedis();
  cleanup.defer(() => redis.release());
  const gateway = await startHarness({ scripts: [say([])], redisUrl: redis.url });
  cleanup.defer(() => gateway.close());
  const headers = { 'idempotency-key': randomUUID() };
  const body = { model: 'scripted', input: 'hello' };
  const first = await gateway.client.embeddings.create(body, { headers });
  const second = await gateway.client.embeddings.create(body, { headers }).withResponse();
  expect(second.data).toEqual(first);
  expect(second.response.headers.get('idempotent-replayed')).toBe('true');
  expect(gateway.runtime.requestIds).toHaveLength(1);
  expect(await gateway.onlyRow()).toMatchObject({ endpoint: 'embeddings' });
});
