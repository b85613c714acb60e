import { describe, expect, test } from '@jest/globals';
import { createMemoryKeyStore } from '../test-support/memory-stores.ts';
import { createTestClock } from '../test-support/test-clock.ts';
import { KeyCache } from './key-cache.ts';

function start() {
  const clock = createTestClock();
  const store = createMemoryKeyStore('pepper');
  const publicId = store.issue().slice(3, 15);
  return { clock, store, publicId, cache: new KeyCache({ store, clock }) };
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
});
