import { expect, test } from '@jest/globals';
import { say } from '@sluice/testing/scripts';
import { collect } from '../../test-support/collect.ts';
import { startHarness } from '../../test-support/gateway-harness.ts';

test('models that embed or rank are listed with the others, each with what it is for', async () => {
  const tasks = { bert: ['embed'], judge: ['rank'], writer: ['generate'] };
  await using gateway = await startHarness({ scripts: [say(['x'])], models: Object.keys(tasks), tasks });
  const models = await collect(gateway.client.models.list());
  expect(models.map((model) => [model.id, Reflect.get(model, 'sluice')])).toEqual(
    Object.entries(tasks).map(([name, tasks]) => [name, expect.objectContaining({ tasks, ready: true })]),
  );
});
