import { describe, expect, test } from '@jest/globals';
import { until } from '@sluice/testing/until';
import { keySnapshot } from '../test-support/key-snapshot.ts';
import { createMemoryKeyStore } from '../test-support/memory-stores.ts';
import { createTestClock } from '../test-support/test-clock.ts';
import { KeyCache } from './key-cache.ts';
import type { KeySnapshot } from './key-snapshot.ts';
import type { KeyStore } from './key-store.ts';
import { UnreadableKey } from './unreadable-key.ts';

/** A store whose answers a test gives, one after the other. */
function createHeldStore() {
  const answers: ((snapshot: KeySnapshot | undefined) => void)[] = [];
  return { answers, findByPublicId: () => new Promise<KeySnapshot | undefined>((resolve) => answers.push(resolve)) };
}

function start() {
  const clock = createTestClock();
  const store = createMemoryKeyStore('pepper');
  const publicId = store.issue().slice(3, 15);
  return { clock, store, publicId, cache: createCache(store, { clock }) };
}

function createCache(store: KeyStore, options: Partial<ConstructorParameters<typeof KeyCache>[0]> = {}): KeyCache {
  return new KeyCache({ store, clock: createTestClock(), onUnreadable: () => {}, ...options });
}

describe('the key cache', () => {
  test('asks the store once for many who want the same key at once', async () => {
    const { cache, store, publicId } = start();
    const lookups = await Promise.all([cache.lookup(publicId), cache.lookup(publicId), cache.lookup(publicId)]);
    expect(lookups.map(({ kind }) => kind)).toEqual(['found', 'found', 'found']);
    expect(store.lookups).toBe(1);
  });

  test('answers a known key without a promise, for 30 seconds', async () => {
    const { cache, clock, store, publicId } = start();
    await cache.lookup(publicId);
    clock.advance(29_999);
    expect(cache.lookup(publicId)).toMatchObject({ kind: 'found' });
    clock.advance(1);
    expect(cache.lookup(publicId)).toBeInstanceOf(Promise);
    expect(store.lookups).toBe(2);
  });

  test('remembers that a key is unknown, but only for 5 seconds', async () => {
    const { cache, clock, store } = start();
    await cache.lookup('nobody');
    expect(cache.lookup('nobody')).toEqual({ kind: 'absent' });
    clock.advance(5_000);
    await cache.lookup('nobody');
    expect(store.lookups).toBe(2);
  });

  test('keeps a known key working while the store is away, for an hour', async () => {
    const { cache, clock, store, publicId } = start();
    await cache.lookup(publicId);
    store.failure = new Error('connection refused');
    clock.advance(3_599_000);
    expect(await cache.lookup(publicId)).toMatchObject({ kind: 'found' });
    clock.advance(2_000);
    expect(await cache.lookup(publicId)).toMatchObject({ kind: 'unavailable' });
  });

  test('cannot say anything of an unknown key while the store is away', async () => {
    const { cache, store } = start();
    store.failure = new Error('connection refused');
    expect(await cache.lookup('nobody')).toEqual({ kind: 'unavailable', cause: store.failure });
  });

  test('leaves a store that failed alone for a second', async () => {
    const { cache, clock, store, publicId } = start();
    store.failure = new Error('connection refused');
    await cache.lookup(publicId);
    await cache.lookup(publicId);
    expect(store.lookups).toBe(1);
    store.failure = undefined;
    clock.advance(1_000);
    expect(await cache.lookup(publicId)).toMatchObject({ kind: 'found' });
  });

  test('is ready once the store has answered, whatever the answer was', async () => {
    const { cache } = start();
    expect(cache.isReady).toBe(false);
    await cache.lookup('nobody');
    expect(cache.isReady).toBe(true);
  });

  test('lets nobody with a known key wait for a store that failed before', async () => {
    const { cache, clock, store, publicId } = start();
    await cache.lookup(publicId);
    store.failure = new Error('connection refused');
    clock.advance(30_000);
    await cache.lookup(publicId);
    clock.advance(1_000);
    expect(cache.lookup(publicId)).toMatchObject({ kind: 'found' });
    expect(store.lookups).toBe(3);
  });

  test('asks the store for no more than a bounded number of unknown keys, and goes on to refresh known ones', async () => {
    const { cache, clock, store, publicId } = start();
    await cache.lookup(publicId);
    for (let i = 0; i < 2_000; i++) await cache.lookup(`unknown ${i}`);
    expect(store.lookups).toBe(500);
    expect(await cache.lookup('one more')).toMatchObject({ kind: 'unavailable' });
    clock.advance(30_000);
    expect(await cache.lookup(publicId)).toMatchObject({ kind: 'found' });
    expect(await cache.lookup('one more')).toEqual({ kind: 'absent' });
  });

  test('has no more than a bounded number of unknown keys looked up at once', async () => {
    const store = createHeldStore();
    const cache = createCache(store);
    const lookups = Array.from({ length: 100 }, async (_, i) => cache.lookup(`unknown ${i}`));
    expect(store.answers).toHaveLength(48);
    for (const answer of store.answers) answer(undefined);
    const kinds = (await Promise.all(lookups)).map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === 'absent')).toHaveLength(48);
    expect(kinds.filter((kind) => kind === 'unavailable')).toHaveLength(52);
  });

  test('forgets no known key for a flood of unknown ones', async () => {
    const { cache, clock, store, publicId } = start();
    await cache.lookup(publicId);
    for (let i = 0; i < 25_000; i++) {
      await cache.lookup(`unknown ${i}`);
      clock.advance(20);
    }
    store.failure = new Error('connection refused');
    expect(await cache.lookup(publicId)).toMatchObject({ kind: 'found' });
  });
});

describe('a key that cannot be read', () => {
  function startWithBadKey() {
    const { store, ...rest } = start();
    const badId = store.issue().slice(3, 15);
    const bad = { cause: new UnreadableKey('bad limits'), isBad: true };
    const findByPublicId = async (publicId: string) => {
      const found = await store.findByPublicId(publicId);
      if (publicId === badId && bad.isBad) throw bad.cause;
      return found;
    };
    const unreadable: string[] = [];
    const cache = createCache({ findByPublicId }, { clock: rest.clock, onUnreadable: (id) => unreadable.push(id) });
    return { ...rest, store, badId, bad, unreadable, cache };
  }

  test('is unavailable, and no other is', async () => {
    const { cache, publicId, badId, bad } = startWithBadKey();
    expect(await cache.lookup(badId)).toEqual({ kind: 'unavailable', cause: bad.cause });
    expect(await cache.lookup(publicId)).toMatchObject({ kind: 'found' });
    expect(cache.isReady).toBe(true);
  });

  test('is read once in five seconds and reported once, until somebody mends it', async () => {
    const { cache, clock, store, badId, bad, unreadable } = startWithBadKey();
    for (let i = 0; i < 100; i++) {
      expect(await cache.lookup(badId)).toMatchObject({ kind: 'unavailable' });
      clock.advance(100);
    }
    expect(store.lookups).toBe(2);
    expect(unreadable).toEqual([badId]);
    bad.isBad = false;
    expect(await cache.lookup(badId)).toMatchObject({ kind: 'found' });
    bad.isBad = true;
    await cache.reload(badId);
    expect(unreadable).toEqual([badId, badId]);
  });

  test.each(['lookup', 'renew'] as const)('does not go on as it was known: it may have been revoked, seen by a %s', async (how) => {
    const { cache, clock, badId, bad } = startWithBadKey();
    bad.isBad = false;
    await cache.lookup(badId);
    bad.isBad = true;
    clock.advance(30_000);
    expect(await cache[how](badId)).toEqual({ kind: 'unavailable', cause: bad.cause });
    expect(cache.lookup(badId)).toEqual({ kind: 'unavailable', cause: bad.cause });
  });
});

describe('reloading a key', () => {
  const OLD = keySnapshot();
  const NEW = keySnapshot({ revokedAt: new Date(0) });

  test('reads it anew, however fresh it is, and keeps what it read', async () => {
    const { cache, store, publicId } = start();
    await cache.lookup(publicId);
    expect(await cache.reload(publicId)).toMatchObject({ kind: 'found' });
    expect(store.lookups).toBe(2);
    expect(cache.lookup(publicId)).toMatchObject({ kind: 'found' });
    expect(store.lookups).toBe(2);
  });

  test('does not take the answer of a read that began before it was asked, and asks once more for all', async () => {
    const store = createHeldStore();
    const cache = createCache(store);
    const lookup = cache.lookup(OLD.publicId);
    const reloads = [cache.reload(OLD.publicId), cache.reload(OLD.publicId), cache.reload(OLD.publicId)];
    store.answers[0]?.(OLD);
    expect(await lookup).toEqual({ kind: 'found', snapshot: OLD });
    await until(() => store.answers.length === 2);
    store.answers[1]?.(NEW);
    expect(await Promise.all(reloads)).toEqual(reloads.map(() => ({ kind: 'found', snapshot: NEW })));
    expect(store.answers).toHaveLength(2);
    expect(cache.lookup(OLD.publicId)).toEqual({ kind: 'found', snapshot: NEW });
  });

  test('says that the store is away, and forgets nothing', async () => {
    const { cache, store, publicId } = start();
    await cache.lookup(publicId);
    store.failure = new Error('connection refused');
    expect(await cache.reload(publicId)).toEqual({ kind: 'unavailable', cause: store.failure });
    expect(cache.lookup(publicId)).toMatchObject({ kind: 'found' });
  });

  test('finds a key that was unknown a moment ago', async () => {
    const store = createHeldStore();
    const cache = createCache(store);
    const lookup = cache.lookup(OLD.publicId);
    store.answers[0]?.(undefined);
    expect(await lookup).toEqual({ kind: 'absent' });
    const reload = cache.reload(OLD.publicId);
    store.answers[1]?.(OLD);
    expect(await reload).toMatchObject({ kind: 'found' });
    expect(cache.lookup(OLD.publicId)).toMatchObject({ kind: 'found' });
  });

  test('after a drop, the next lookup reads it, and a read from before the drop is not kept', async () => {
    const store = createHeldStore();
    const cache = createCache(store);
    const before = cache.lookup(OLD.publicId);
    cache.drop(OLD.publicId);
    store.answers[0]?.(OLD);
    await before;
    const after = cache.lookup(OLD.publicId);
    store.answers[1]?.(NEW);
    expect(await after).toEqual({ kind: 'found', snapshot: NEW });
    expect(cache.lookup(OLD.publicId)).toEqual({ kind: 'found', snapshot: NEW });
  });
});
