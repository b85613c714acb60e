import { expect, test } from '@jest/globals';
import { createRuntimeMetrics } from './metrics.ts';

test('guesses are counted by whether they were right', async () => {
  const { registry, observerOf } = createRuntimeMetrics({ version: 'test', backend: 'cpu' });
  const observer = observerOf('m');
  observer.onDrafts({ tokens: 5, accepted: 3 });
  observer.onDrafts({ tokens: 4, accepted: 4 });
  const text = await registry.getSingleMetricAsString('sluice_runtime_draft_tokens_total');
  expect(text).toContain('{model="m",outcome="accepted"} 7');
  expect(text).toContain('{model="m",outcome="rejected"} 2');
});
