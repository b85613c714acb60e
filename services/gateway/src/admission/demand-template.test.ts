import { expect, test } from '@jest/globals';
import { UNLIMITED } from '../keys/policy.ts';
import { keySnapshot } from '../test-support/key-snapshot.ts';
import { templateOf } from './demand-template.ts';

const key = keySnapshot({
  policy: {
    ...UNLIMITED,
    scopes: [
      {
        kind: 'project',
        id: 'proj_test',
        limits: { requestsPerMinute: 60 },
        byEndpoint: { embeddings: { requestsPerMinute: 30 } },
        byModel: { llama: { requestsPerMinute: 10 }, 'llama:tuned': { requestsPerMinute: 5 } },
      },
    ],
  },
});

const LLAMA = { model: 'llama', adapter: '' };

function limitsOf(endpoint: string, model: string, adapter = ''): Record<string, number> {
  return Object.fromEntries(templateOf(key, endpoint, { model, adapter }).buckets.map(({ resource, limit }) => [resource, limit]));
}

test('a request is measured against what holds for all, for its endpoint and for its model', () => {
  expect(limitsOf('chat.completions', 'other')).toEqual({ rpm: 60 });
  expect(limitsOf('embeddings', 'llama')).toEqual({ rpm: 60, 'rpm@embeddings': 30, 'rpm/llama': 10 });
});

test('an adapter counts against its model, too', () => {
  expect(limitsOf('chat.completions', 'llama', 'other')).toEqual({ rpm: 60, 'rpm/llama': 10 });
  expect(limitsOf('chat.completions', 'llama', 'tuned')).toEqual({ rpm: 60, 'rpm/llama:tuned': 5, 'rpm/llama': 10 });
});

test('a model with a colon in its name is no adapter of another', () => {
  expect(limitsOf('chat.completions', 'llama:other')).toEqual({ rpm: 60 });
  expect(limitsOf('chat.completions', 'llama:tuned')).toEqual({ rpm: 60, 'rpm/llama:tuned': 5 });
});

test('a model named as a property of every object has no limits of its own', () => {
  expect(limitsOf('chat.completions', 'constructor')).toEqual({ rpm: 60 });
});

test('the same arguments have the same template, however many models were named in between', () => {
  expect(templateOf(key, 'embeddings', LLAMA)).toBe(templateOf(key, 'embeddings', LLAMA));
  for (let i = 0; i < 200; i++) templateOf(key, 'embeddings', { model: `model-${i}`, adapter: '' });
  expect(limitsOf('embeddings', 'llama')).toEqual({ rpm: 60, 'rpm@embeddings': 30, 'rpm/llama': 10 });
});
