import { describe, expect, test } from '@jest/globals';
import { createTestClock } from '../test-support/test-clock.ts';
import type { AdminKeyRecord } from './admin-key-lookup-store.ts';
import { AdminKeyReader } from './admin-key-reader.ts';

const KEY: AdminKeyRecord = {
  id: 'key_1',
  secretHash: '',
  redactedValue: '',
  expiresAt: undefined,
  revokedAt: undefined,
  lastUsedAt: undefined,
  owner: { userId: 'user_1', organizationId: 'org_1', role: 'owner', projectRoles: new Map() },
};

function start() {
  const clock = createTestClock();
  const keys = new Map([['known', KEY]]);
  const asked: string[] = [];
  const find = async (publicId: string): Promise<AdminKeyRecord | undefined> => {
    asked.push(publicId);
    return keys.get(publicId);
  };
  return { clock, keys, asked, reader: new AdminKeyReader({ store: { find }, clock }) };
}

describe('the reader of admin keys', () => {
  test('reads a key that exists anew each time, so that what was taken away is gone at once', async () => {
    const { reader, keys } = start();
    expect(await reader.read('known')).toEqual({ kind: 'found', key: KEY });
    keys.set('known', { ...KEY, revokedAt: new Date(0) });
    expect(await reader.read('known')).toMatchObject({ key: { revokedAt: new Date(0) } });
    keys.delete('known');
    expect(await reader.read('known')).toEqual({ kind: 'absent' });
    expect(reader.knows('known')).toBe(false);
  });

  test('remembers for a while that a key does not exist', async () => {
    const { reader, asked, clock } = start();
    for (let i = 0; i < 3; i++) expect(await reader.read('nothing')).toEqual({ kind: 'absent' });
    expect(asked).toHaveLength(1);
    clock.advance(5_000);
    await reader.read('nothing');
    expect(asked).toHaveLength(2);
  });

  test('asks for a bounded number of keys that it never saw, and always for those it did', async () => {
    const { reader, asked } = start();
    await reader.read('known');
    for (let i = 0; i < 1_000; i++) await reader.read(`made up ${i}`);
    expect(asked.length).toBeLessThan(250);
    expect(await reader.read('made up again')).toEqual({ kind: 'unavailable' });
    expect(await reader.read('known')).toMatchObject({ kind: 'found' });
  });

  test('has a bounded number of reads under way', async () => {
    const clock = createTestClock();
    const reader = new AdminKeyReader({ store: { find: () => new Promise(() => {}) }, clock });
    for (let i = 0; i < 16; i++) void reader.read(`id ${i}`);
    expect(await reader.read('one more')).toEqual({ kind: 'unavailable' });
  });
});
