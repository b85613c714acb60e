import { describe, expect, test } from '@jest/globals';
import type { Demand } from './limiter.ts';
import { SettlementQueue, type Undelivered } from './settlement-queue.ts';

function item(id: string): Undelivered {
  const demand: Demand = { id, epochs: [], buckets: [], gauges: [], meters: [], outputTokens: 0, ticket: undefined, takes: true };
  return { demand, settlement: undefined };
}

const idsOf = (items: readonly Undelivered[]): string[] => items.map(({ demand }) => demand.id);

function filled(ids: readonly string[], max = 10): SettlementQueue {
  const queue = new SettlementQueue(max);
  for (const id of ids) queue.push(item(id));
  return queue;
}

describe('the queue of settlements', () => {
  test('gives the oldest first, and keeps them until they are removed', () => {
    const queue = filled(['a', 'b', 'c']);
    expect(idsOf(queue.peek(2))).toEqual(['a', 'b']);
    expect(queue.size).toBe(3);
    queue.shift(2);
    expect(idsOf(queue.peek(2))).toEqual(['c']);
    expect([queue.size, queue.dropped]).toEqual([1, 0]);
  });

  test('past its bound it gives the oldest up, and counts them', () => {
    const queue = filled(['a', 'b', 'c', 'd', 'e'], 3);
    expect(idsOf(queue.peek(9))).toEqual(['c', 'd', 'e']);
    expect([queue.size, queue.dropped]).toEqual([3, 2]);
  });

  test('keeps the order over many rounds', () => {
    const queue = filled([], 100);
    const seen: string[] = [];
    for (let i = 0; i < 1_000; i++) {
      queue.push(item(String(i)));
      if (i % 3 !== 2) continue;
      seen.push(...idsOf(queue.peek(2)));
      queue.shift(2);
    }
    seen.push(...idsOf(queue.peek(100)));
    const given = Array.from({ length: 1_000 }, (_, i) => String(i));
    expect(queue.dropped).toBeGreaterThan(0);
    expect(seen).toEqual(given.filter((id) => seen.includes(id)));
    expect(seen.length + queue.dropped).toBe(1_000);
  });

  test('more cannot be removed than there are', () => {
    const queue = filled(['a']);
    queue.drop(5);
    expect([queue.size, queue.dropped]).toEqual([0, 1]);
  });
});
