import { describe, expect, test } from '@jest/globals';
import type { SequenceTokens } from './sequence-tokens.ts';
import { SlotTable } from './slot-table.ts';

const TEXT: SequenceTokens = { ids: Uint32Array.of(1, 2), adapter: undefined, digests: [] };
const OTHER: SequenceTokens = { ids: Uint32Array.of(3, 4), adapter: undefined, digests: [] };

/** Slots that were used in this order, the last one last; those in `held` still hold something. */
function usedTable(slots: number, order: readonly number[]): SlotTable<string> {
  const table = new SlotTable<string>(slots);
  for (const slot of order) {
    table.take(slot, 'earlier');
    table.release(slot, TEXT);
  }
  return table;
}

describe('the least useful slot', () => {
  test('is an empty one, else the one used longest ago', () => {
    expect(usedTable(3, [0, 2]).leastUseful()).toBe(1);
    expect(usedTable(3, [2, 0, 1]).leastUseful()).toBe(2);
  });

  test('closes a hole before it is empty or old, and else lies beside those that are taken', () => {
    const table = usedTable(6, [4, 3, 1]);
    table.take(0, 'a');
    expect(table.leastUseful()).toBe(1);
    table.take(2, 'b');
    expect(table.leastUseful()).toBe(1);
    table.take(1, 'c');
    expect(table.leastUseful()).toBe(3);
  });

  test('is none while all are taken', () => {
    const table = new SlotTable<string>(1);
    table.take(0, 'a');
    expect(table.leastUseful()).toBeUndefined();
    expect(() => table.take(0, 'b')).toThrow('slot 0 is taken');
  });
});

describe('what is kept', () => {
  test('goes to an empty slot, else to the one used longest ago, but never to the one it is in', () => {
    expect(usedTable(3, [1, 0]).leastRecent(0)).toBe(2);
    expect(usedTable(3, [0, 2, 1]).leastRecent(0)).toBe(2);
  });

  test('is as old where it was copied to as where it came from', () => {
    const table = usedTable(3, [0, 1, 2]);
    table.copied(2, 0);
    expect(table.heldAt(0)).toBe(TEXT);
    expect(table.leastRecent(2)).toBe(1);
  });

  test('comes along with an owner that has not begun, and its old slot is empty', () => {
    const table = usedTable(3, [1]);
    table.take(2, 'earlier');
    table.release(2, OTHER);
    table.take(0, 'a');
    table.take(2, 'b');
    expect(table.compaction()).toEqual({ owner: 'b', from: 2, to: 1 });
    table.moved(2, 1);
    expect([table.heldAt(1), table.heldAt(2)]).toEqual([OTHER, undefined]);
    expect(table.owners()).toEqual(['a', 'b']);
    expect(table.compaction()).toBeUndefined();
  });
});
