import { describe, expect, test } from '@jest/globals';
import { toDetails } from './details.ts';

const event = (type: string, before: Record<string, unknown> | null, after: Record<string, unknown> | null) =>
  toDetails({ type, targetId: 'x', before, after } as Parameters<typeof toDetails>[0]);

describe('what an event tells under the name of its type', () => {
  test('is the data of what was made', () => {
    expect(event('service_account.created', null, { role: 'member' })).toEqual({ id: 'x', data: { role: 'member' } });
    expect(event('user.added', null, { role: 'viewer' })).toEqual({ id: 'x', data: { role: 'viewer' } });
    expect(event('project.created', null, { name: 'Search' })).toEqual({ id: 'x', data: { name: 'Search', title: 'Search' } });
  });

  test('is what a change asked for, also where nothing was set before, in OpenAI’s names', () => {
    expect(event('rate_limit.updated', null, { requests_per_minute: 10, requests_per_day: null, tokens_per_minute: 5 })).toEqual({
      id: 'x',
      changes_requested: { max_requests_per_1_minute: 10, max_tokens_per_1_minute: 5 },
    });
    expect(event('rate_limit.updated', { requests_per_day: 7 }, { requests_per_day: null })).toEqual({
      id: 'x',
      changes_requested: { max_requests_per_1_day: null },
    });
    expect(event('user.updated', null, { password: 'set' })).toEqual({ id: 'x', changes_requested: { password: 'set' } });
    expect(event('project.updated', { name: 'A' }, { name: 'B' })).toEqual({ id: 'x', changes_requested: { name: 'B', title: 'B' } });
  });

  test('is only which thing it was, of what is gone or was archived or read', () => {
    expect(event('api_key.deleted', { name: 'laptop' }, null)).toEqual({ id: 'x' });
    expect(event('project.archived', { archived_at: null }, { archived_at: 'now' })).toEqual({ id: 'x' });
    expect(event('request_content.read', null, null)).toEqual({ id: 'x' });
  });

  test('is why a login failed', () => {
    expect(event('login.failed', null, { reason: 'wrong_password' })).toMatchObject({ error_code: 'wrong_password' });
  });
});
