import { describe, expect, test } from '@jest/globals';
import { Lifecycle } from './lifecycle.ts';
import { createLog } from './log.ts';

const log = createLog({ service: 'test', level: 'silent' });

describe('the lifecycle', () => {
  test('closes in reverse order, once', async () => {
    const order: string[] = [];
    const lifecycle = new Lifecycle(log);
    lifecycle.onClose('first', () => void order.push('first'));
    lifecycle.onClose('second', async () => {
      await Promise.resolve();
      order.push('second');
    });
    expect(await Promise.all([lifecycle.close(), lifecycle.close()])).toEqual([true, true]);
    expect(order).toEqual(['second', 'first']);
  });

  test('a part that fails or hangs does not keep the others open', async () => {
    const order: string[] = [];
    const lifecycle = new Lifecycle(log);
    lifecycle.onClose('last', () => void order.push('last'));
    lifecycle.onClose('broken', () => {
      throw new Error('broken');
    });
    lifecycle.onClose('hanging', () => new Promise<void>(() => {}), 10);
    expect(await lifecycle.close()).toBe(false);
    expect(order).toEqual(['last']);
  });
});
