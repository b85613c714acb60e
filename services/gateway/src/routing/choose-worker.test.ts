import { describe, expect, test } from '@jest/globals';
import { chooseWorker } from './choose-worker.ts';

function worker(name: string, load: number, isServing = true) {
  return { name, serves: () => isServing, load: () => load };
}

describe('the worker for a request', () => {
  test('is the least loaded of those that serve the model', () => {
    expect(chooseWorker([worker('a', 0.5), worker('b', 0.25), worker('c', 0, false)], 'm')?.name).toBe('b');
  });

  test('is any one of equals, so that gateways do not all pick the same', () => {
    const equals = [worker('a', 1), worker('b', 1), worker('c', 1)];
    const picked = [0.99, 0.4].flatMap((value) => chooseWorker(equals, 'm', () => value)?.name ?? []);
    expect(picked).toEqual(['a', 'b']);
    expect(chooseWorker(equals, 'm', () => 0)?.name).toBe('c');
  });

  test('is nobody when none serves the model', () => {
    expect(chooseWorker([worker('a', 0, false)], 'm')).toBeUndefined();
  });
});
