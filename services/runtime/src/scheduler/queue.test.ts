import { describe, expect, test } from '@jest/globals';
import { PriorityQueue, rankOf } from './queue.ts';

type Item = { readonly name: string; readonly rank: number };

function item(name: string, place: { priority: number; arrivedMs: number }): Item {
  return { name, rank: rankOf(place) };
}

function drain(queue: PriorityQueue<Item>): string[] {
  const names: string[] = [];
  for (let next = queue.shift(); next; next = queue.shift()) names.push(next.name);
  return names;
}

describe('the queue of a scheduler', () => {
  test('gives larger priorities first, equal ones in order of arrival', () => {
    const queue = new PriorityQueue<Item>(8);
    const priorities = [0, 5, 0, -3, 5, 7];
    priorities.forEach((priority, i) => queue.push(item(`${priority}/${i}`, { priority, arrivedMs: 1_000 })));
    expect(drain(queue)).toEqual(['7/5', '5/1', '5/4', '0/0', '0/2', '-3/3']);
  });

  test('lets nobody overtake who came more seconds later than it has points more', () => {
    const queue = new PriorityQueue<Item>(8);
    queue.push(item('waiting', { priority: 0, arrivedMs: 0 }));
    queue.push(item('20 points, 19 s later', { priority: 20, arrivedMs: 19_000 }));
    queue.push(item('20 points, 21 s later', { priority: 20, arrivedMs: 21_000 }));
    expect(drain(queue)).toEqual(['20 points, 19 s later', 'waiting', '20 points, 21 s later']);
  });

  test('serves a low priority under an endless stream of high ones', () => {
    const queue = new PriorityQueue<Item>(64);
    queue.push(item('low', { priority: 0, arrivedMs: 0 }));
    const served: string[] = [];
    for (let nowMs = 0; nowMs < 60_000 && served.at(-1) !== 'low'; nowMs += 500) {
      queue.push(item(`high at ${nowMs}`, { priority: 20, arrivedMs: nowMs }));
      served.push(queue.shift()?.name ?? '');
    }
    expect(served.at(-1)).toBe('low');
    // 20 points are 20 s, and two come each second.
    expect(served.length).toBeLessThanOrEqual(42);
  });

  test('takes nothing when it is full, however high the priority', () => {
    const queue = new PriorityQueue<Item>(1);
    expect(queue.push(item('first', { priority: 0, arrivedMs: 0 }))).toBe(true);
    expect(queue.push(item('second', { priority: 99, arrivedMs: 0 }))).toBe(false);
    expect(drain(queue)).toEqual(['first']);
  });

  test('gives those taken out in order, and keeps the order of the rest', () => {
    const queue = new PriorityQueue<Item>(8);
    ['a', 'b', 'c', 'd'].forEach((name, i) => queue.push(item(name, { priority: i, arrivedMs: 0 })));
    expect(queue.remove(({ name }) => name === 'a' || name === 'c').map(({ name }) => name)).toEqual(['c', 'a']);
    expect(drain(queue)).toEqual(['d', 'b']);
  });
});
