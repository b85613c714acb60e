import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { boundedArray } from '../routes/bounded-array.ts';
import { refusalOf } from '../test-support/refusal.ts';
import { parseQuery } from './query.ts';
import { INTEGER } from './validate.ts';

const schema = z.strictObject({
  after: z.string().optional(),
  limit: z.int().min(1, INTEGER).max(100, INTEGER).default(20),
  include_archived: z.boolean().optional(),
  effective_at: z.strictObject({ gt: z.int().optional(), lte: z.int().optional() }).optional(),
  project_ids: boundedArray(z.string(), { max: 2, of: 'strings' }).optional(),
});

const parse = (query: string) => parseQuery(schema, `/v1/x${query}`);

describe('a query', () => {
  test('reads like what the schema wants, whichever way lists are written', () => {
    expect(parse('')).toEqual({ limit: 20 });
    expect(parse('?limit=3&after=a%20b&include_archived=true')).toEqual({ limit: 3, after: 'a b', include_archived: true });
    expect(parse('?effective_at[gt]=3&effective_at%5Blte%5D=4').effective_at).toEqual({ gt: 3, lte: 4 });
    for (const query of ['?project_ids[]=1&project_ids[]=b', '?project_ids=1&project_ids=b']) {
      expect(parse(query).project_ids).toEqual(['1', 'b']);
    }
    expect(parse('?project_ids=1').project_ids).toEqual(['1']);
  });

  test('takes what OpenAI’s SDK writes for null as not given, and an empty filter as a filter', () => {
    expect(parse('?limit=&after=&include_archived=')).toEqual({ limit: 20 });
    expect(parse('?project_ids=')).toEqual({ limit: 20, project_ids: [''] });
    expect(refusalOf(() => parse('?limt='))).toMatchObject({ param: 'limt' });
  });

  test.each([
    ['?limt=3', 'unknown_parameter', 'limt'],
    ['?limit=three', 'invalid_type', 'limit'],
    ['?limit=0', 'integer_below_min_value', 'limit'],
    ['?limit=101', 'integer_above_max_value', 'limit'],
    ['?limit=1&limit=2', 'invalid_type', 'limit'],
    ['?limit=1&limit[gt]=2', 'invalid_value', 'limit[gt]'],
    ['?after=a&after=b', 'invalid_type', 'after'],
    ['?include_archived=yes', 'invalid_type', 'include_archived'],
    ['?effective_at[gt]=x', 'invalid_type', 'effective_at.gt'],
    ['?effective_at[since]=1', 'unknown_parameter', 'effective_at.since'],
    ['?effective_at=1', 'invalid_type', 'effective_at'],
    ['?project_ids=a&project_ids=b&project_ids=c', 'array_above_max_length', 'project_ids'],
    ['?a[b][c]=1', 'unknown_parameter', 'a[b][c]'],
    ['?__proto__=1', 'unknown_parameter', '__proto__'],
    ['?effective_at[__proto__]=1', 'unknown_parameter', 'effective_at.__proto__'],
  ])('refuses %s by name', (query, code, param) => {
    expect(refusalOf(() => parse(query))).toMatchObject({ code, param });
  });
});
