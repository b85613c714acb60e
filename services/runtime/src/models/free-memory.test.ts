import { totalmem } from 'node:os';
import { describe, expect, test } from '@jest/globals';
import { freeMemoryBytes, freeOf, totalMemoryBytes } from './free-memory.ts';

const GIB = 2 ** 30;

describe('free memory', () => {
  test('is what the system calls free, without the weights that are mapped', () => {
    expect(freeOf({ hostFree: 12 * GIB, mapped: 0, container: undefined })).toBe(12 * GIB);
    expect(freeOf({ hostFree: 12 * GIB, mapped: 8 * GIB, container: undefined })).toBe(4 * GIB);
    expect(freeOf({ hostFree: GIB, mapped: 2 * GIB, container: undefined })).toBe(0);
  });

  test('has the cache of a container in it, which is given up, and not the weights that are part of it', () => {
    const container = { free: 2 * GIB, inactiveCache: 5 * GIB };
    expect(freeOf({ hostFree: 60 * GIB, mapped: 0, container })).toBe(7 * GIB);
    expect(freeOf({ hostFree: 60 * GIB, mapped: 4 * GIB, container })).toBe(3 * GIB);
    expect(freeOf({ hostFree: 60 * GIB, mapped: 9 * GIB, container })).toBe(2 * GIB);
  });

  test('in a container is no more than the machine has', () => {
    expect(freeOf({ hostFree: GIB, mapped: 0, container: { free: 8 * GIB, inactiveCache: 0 } })).toBe(GIB);
  });

  test('is read from this machine', async () => {
    const free = await freeMemoryBytes();
    expect(free).toBeGreaterThan(0);
    expect(totalMemoryBytes()).toBeLessThanOrEqual(totalmem());
    expect(free).toBeLessThan(totalMemoryBytes());
  });
});
