import { describe, expect, test } from '@jest/globals';
import { chooseWorker } from './choose-worker.ts';

function worker(name: string, load: number, { isServing = true, warmth = 0 } = {}) {
  return { name, serves: () => isServing, load: () => load, warmthFor: () => warmth };
}

const TARGET = { model: 'm' };
const WARM_TARGET = { model: 'm', prefixDigests: [1, 2, 3] };

describe('the worker for a request', () => {
  test('is the least loaded of those that serve the model', () => {
    const workers = [worker('a', 0.5), worker('b', 0.25), worker('c', 0, { isServing: false })];
    expect(chooseWorker(workers, TARGET)?.name).toBe('b');
  });

  test('is any one of equals, so that gateways do not all pick the same', () => {
    const equals = [worker('a', 1), worker('b', 1), worker('c', 1)];
    const picked = [0.99, 0.4].flatMap((value) => chooseWorker(equals, TARGET, () => value)?.name ?? []);
    expect(picked).toEqual(['a', 'b']);
    expect(chooseWorker(equals, TARGET, () => 0)?.name).toBe('c');
  });

  test('is nobody when none serves the model', () => {
    expect(chooseWorker([worker('a', 0, { isServing: false })], TARGET)).toBeUndefined();
  });

  test('is the one that holds most of the beginning, although others are less loaded', () => {
    const workers = [worker('a', 0.1, { warmth: 1 }), worker('b', 0.4, { warmth: 3 }), worker('c', 0)];
    expect(chooseWorker(workers, WARM_TARGET)?.name).toBe('b');
  });

  test('is not the one that holds the beginning when that is overloaded', () => {
    const workers = [worker('a', 2, { warmth: 3 }), worker('b', 0.5), worker('c', 0.6)];
    expect(chooseWorker(workers, WARM_TARGET)?.name).toBe('b');
    // All are as busy: it is not overloaded then.
    expect(chooseWorker([worker('a', 2, { warmth: 3 }), worker('b', 1.9), worker('c', 1.9)], WARM_TARGET)?.name).toBe('a');
  });

  test('is the less loaded of those that hold as much', () => {
    expect(chooseWorker([worker('a', 0.4, { warmth: 2 }), worker('b', 0.3, { warmth: 2 })], WARM_TARGET)?.name).toBe('b');
  });

  test('is the least loaded when nobody holds the beginning', () => {
    expect(chooseWorker([worker('a', 0.4), worker('b', 0.3)], WARM_TARGET)?.name).toBe('b');
  });
});
