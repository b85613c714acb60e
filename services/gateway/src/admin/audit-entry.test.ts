import { describe, expect, test } from '@jest/globals';
import { changesOf } from './audit-entry.ts';

describe('what the audit log keeps of a change', () => {
  test('is everything about what was made or deleted', () => {
    expect(changesOf({ before: null, after: { name: 'a', tierId: 'free' } })).toEqual({
      before: null,
      after: { name: 'a', tier_id: 'free' },
    });
    expect(changesOf({ before: { name: 'a' }, after: null })).toEqual({ before: { name: 'a' }, after: null });
  });

  test('is only what differs in what was changed', () => {
    const at = new Date('2026-01-02T03:04:05Z');
    const before = { name: 'a', limits: { requestsPerMinute: 1 }, allowedModels: ['m'], monthlyTokens: 5n, archivedAt: null };
    const after = { name: 'a', limits: { requestsPerMinute: 2 }, allowedModels: ['m'], monthlyTokens: 6n, archivedAt: at };
    expect(changesOf({ before, after })).toEqual({
      before: { limits: { requests_per_minute: 1 }, monthly_tokens: 5, archived_at: null },
      after: { limits: { requests_per_minute: 2 }, monthly_tokens: 6, archived_at: '2026-01-02T03:04:05.000Z' },
    });
  });

  test('is nothing when nothing differs', () => {
    const at = () => new Date('2026-01-02T03:04:05Z');
    expect(changesOf({ before: { name: 'a', at: at() }, after: { name: 'a', at: at() } })).toBeUndefined();
  });
});
