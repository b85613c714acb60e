import { expect, test } from '@jest/globals';
import { parseRerank } from './schema.ts';

const JINA = { version: '1', returnsDocuments: true } as const;

test('what is reserved counts the query once for each document, in bytes', () => {
  const job = parseRerank({ model: 'm', query: 'é', documents: ['a', 'bc', { text: 'd' }] }, JINA);
  expect(job).toMatchObject({ task: 'rank', prompts: 3, promptBytes: 3 * 2 + 4 });
});
