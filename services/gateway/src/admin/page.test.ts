import { describe, expect, test } from '@jest/globals';
import { refusalOf } from '../test-support/refusal.ts';
import { pageOf } from './page.ts';

const ALL = ['a', 'b', 'c', 'd', 'e'].map((id) => ({ id }));
const page = (request: { after?: string; before?: string; limit: number }) => {
  const { items, hasMore } = pageOf(ALL, request);
  return { ids: items.map(({ id }) => id).join(''), hasMore };
};

describe('a page of a list in memory', () => {
  test.each([
    [{ limit: 2 }, 'ab', true],
    [{ limit: 5 }, 'abcde', false],
    [{ limit: 2, after: 'b' }, 'cd', true],
    [{ limit: 2, after: 'c' }, 'de', false],
    [{ limit: 2, after: 'e' }, '', false],
    [{ limit: 2, before: 'd' }, 'bc', true],
    [{ limit: 2, before: 'c' }, 'ab', false],
    [{ limit: 2, before: 'a' }, '', false],
  ])('%j', (request, ids, hasMore) => {
    expect(page(request)).toEqual({ ids, hasMore });
  });

  test('begins at no item that the list does not have', () => {
    expect(refusalOf(() => page({ limit: 2, after: 'x' }))).toMatchObject({ code: 'invalid_value', param: 'after' });
    expect(refusalOf(() => page({ limit: 2, before: 'x' }))).toMatchObject({ code: 'invalid_value', param: 'before' });
  });
});
