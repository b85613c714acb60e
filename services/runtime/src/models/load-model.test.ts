import { describe, expect, test } from '@jest/globals';
import { InsufficientMemoryError } from 'node-llama-cpp';
import { withMeaning } from './load-model.ts';

describe('a load that fails', () => {
  test('for memory that ran out after all says so, and any other keeps its error', () => {
    const full = withMeaning(new InsufficientMemoryError('A context size of 4096 is too large'), { name: 'big' });
    expect(full).toMatchObject({
      code: 'INSUFFICIENT_MEMORY',
      message: 'The model `big` did not fit: A context size of 4096 is too large.',
    });
    const other = new Error('Failed to load model');
    expect(withMeaning(other, { name: 'big' })).toBe(other);
  });
});
