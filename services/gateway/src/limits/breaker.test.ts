import { describe, expect, test } from '@jest/globals';
import { createTestClock } from '../test-support/test-clock.ts';
import { Breaker, type BreakerState } from './breaker.ts';

const CAUSE = new Error('no answer');

function start(random = 1) {
  const clock = createTestClock();
  const states: BreakerState[] = [];
  const breaker = new Breaker({ clock, random: () => random, onState: (state) => states.push(state) });
  const fail = (times: number): void => {
    for (let i = 0; i < times; i++) breaker.enter()?.failed(CAUSE);
  };
  return { clock, states, breaker, fail };
}

describe('the breaker', () => {
  test('lets everybody pass while calls succeed, and after two failures', () => {
    const { breaker, fail } = start();
    fail(2);
    expect(breaker.state).toBe('closed');
    expect(breaker.enter()).toBeDefined();
  });

  test('opens at the third failure in a row', () => {
    const { breaker, fail } = start();
    fail(2);
    breaker.enter()?.succeeded();
    fail(2);
    expect(breaker.state).toBe('closed');
    fail(1);
    expect(breaker.state).toBe('open');
    expect(breaker.enter()).toBeUndefined();
  });

  test('opens at once when it is told', () => {
    const { breaker } = start();
    breaker.open(CAUSE);
    expect(breaker.enter()).toBeUndefined();
  });

  test('sends one caller ahead after a second, and closes when that one succeeds', () => {
    const { breaker, clock, fail, states } = start();
    fail(3);
    clock.advance(999);
    expect(breaker.enter()).toBeUndefined();
    clock.advance(1);
    const probe = breaker.enter();
    expect(breaker.state).toBe('half_open');
    expect(breaker.enter()).toBeUndefined();
    probe?.succeeded();
    expect(breaker.enter()).toBeDefined();
    expect(states).toEqual(['open', 'half_open', 'closed']);
  });

  test('waits for another second when the one ahead fails', () => {
    const { breaker, clock, fail } = start();
    fail(3);
    clock.advance(1_000);
    fail(1);
    expect(breaker.state).toBe('open');
    clock.advance(999);
    expect(breaker.enter()).toBeUndefined();
    clock.advance(1);
    expect(breaker.enter()).toBeDefined();
  });

  test('begins anew once closed: it takes three failures to open again', () => {
    const { breaker, clock, fail } = start();
    fail(3);
    clock.advance(1_000);
    breaker.enter()?.succeeded();
    fail(2);
    expect(breaker.state).toBe('closed');
  });

  test('comes back after half a second at the earliest, so that not all gateways come at once', () => {
    const { breaker, clock, fail } = start(0);
    fail(3);
    clock.advance(499);
    expect(breaker.enter()).toBeUndefined();
    clock.advance(1);
    expect(breaker.enter()).toBeDefined();
  });

  test('sends one ahead at once when there is reason to', () => {
    const { breaker, fail } = start();
    fail(3);
    breaker.probeNow();
    expect(breaker.enter()).toBeDefined();
  });

  test('calls that began before it opened neither close it nor put the next try off', () => {
    const { breaker, clock, fail } = start();
    const late = breaker.enter();
    const later = breaker.enter();
    fail(3);
    clock.advance(500);
    late?.failed(CAUSE);
    later?.succeeded();
    expect(breaker.state).toBe('open');
    clock.advance(500);
    expect(breaker.enter()).toBeDefined();
  });

  test('tells what it opened for', () => {
    const causes: unknown[] = [];
    const breaker = new Breaker({ clock: createTestClock(), onState: (_state, cause) => causes.push(cause) });
    for (let i = 0; i < 3; i++) breaker.enter()?.failed(CAUSE);
    expect(causes).toEqual([CAUSE]);
  });
});
