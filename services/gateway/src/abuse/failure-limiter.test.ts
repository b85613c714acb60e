import { describe, expect, test } from '@jest/globals';
import { createTestClock } from '../test-support/test-clock.ts';
import { FailureLimiter } from './failure-limiter.ts';

function start() {
  const clock = createTestClock();
  return { clock, limiter: new FailureLimiter({ clock }) };
}

function fail(limiter: FailureLimiter, ip: string, times: number): void {
  for (let i = 0; i < times; i++) limiter.note(ip);
}

describe('failures of one address', () => {
  test('are borne sixty times, and then one a second', () => {
    const { clock, limiter } = start();
    fail(limiter, '203.0.113.9', 59);
    expect(limiter.waitMs('203.0.113.9')).toBe(0);
    fail(limiter, '203.0.113.9', 1);
    expect(limiter.waitMs('203.0.113.9')).toBe(1_000);
    clock.advance(999);
    expect(limiter.waitMs('203.0.113.9')).toBe(1);
    clock.advance(1);
    expect(limiter.waitMs('203.0.113.9')).toBe(0);
    fail(limiter, '203.0.113.9', 1);
    expect(limiter.waitMs('203.0.113.9')).toBe(1_000);
  });

  test('are forgotten after a quiet minute', () => {
    const { clock, limiter } = start();
    fail(limiter, '203.0.113.9', 1_000);
    clock.advance(60_000);
    fail(limiter, '203.0.113.9', 59);
    expect(limiter.waitMs('203.0.113.9')).toBe(0);
  });

  test('are not held against another', () => {
    const { limiter } = start();
    fail(limiter, '203.0.113.9', 60);
    expect(limiter.waitMs('203.0.113.10')).toBe(0);
  });

  test('count for the whole /64 in IPv6, of which one subscriber has all', () => {
    const { limiter } = start();
    for (let i = 0; i < 60; i++) limiter.note(`2001:db8:1:2:${i}::1`);
    expect(limiter.waitMs('2001:db8:1:2:ffff::9')).toBe(1_000);
    expect(limiter.waitMs('2001:db8:1:3::9')).toBe(0);
  });

  test('of more addresses than fit push the oldest out', () => {
    const { limiter } = start();
    fail(limiter, '203.0.113.9', 60);
    for (let i = 0; i < 10_000; i++) limiter.note(`10.0.${i >> 8}.${i & 255}`);
    expect(limiter.waitMs('203.0.113.9')).toBe(0);
  });
});
