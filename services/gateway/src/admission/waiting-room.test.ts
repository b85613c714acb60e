import { describe, expect, test } from '@jest/globals';
import { systemClock } from '@sluice/platform/clock';
import { until } from '@sluice/testing/until';
import type { Granted, LimiterAnswer, Refused } from '../limits/limiter.ts';
import { createTestClock } from '../test-support/test-clock.ts';
import { isWorthWaiting, WaitingRoom, type WaitOptions } from './waiting-room.ts';

const GRANTED: Granted = { kind: 'granted', buckets: [], outputTokens: 1, totalTokens: undefined, isRoomy: false };

function refused(position = 0): Refused {
  return { kind: 'refused', buckets: [], by: { kind: 'gauge', index: 0 }, position };
}

/** Waits in scope "s" until `answers` has nothing but grants left. */
function waiting(room: WaitingRoom, change: Partial<WaitOptions> & { answers: LimiterAnswer[] }) {
  const positions: number[] = [];
  const end = room.wait({
    rank: 0,
    refused: refused(3),
    scopeOf: () => 's',
    decide: async () => change.answers.shift() ?? GRANTED,
    deadlineAtMs: Infinity,
    signal: new AbortController().signal,
    onPosition: (position) => positions.push(position),
    ...change,
  });
  return { end, positions };
}

describe('the waiting room', () => {
  test('asks again when something in the scope came free, and tells every position', async () => {
    const room = new WaitingRoom(systemClock);
    const { end, positions } = waiting(room, { answers: [refused(1), refused(0)] });
    expect(room.size).toBe(1);
    for (const count of [1, 2, 3]) {
      await until(() => positions.length === count);
      room.wake('other');
      room.wake('s');
    }
    expect(await end).toEqual(GRANTED);
    expect(positions).toEqual([3, 1, 0]);
    expect(room.size).toBe(0);
  });

  test('lets the one of the best rank ask first, and the next when that was let in', async () => {
    const room = new WaitingRoom(systemClock);
    const order: string[] = [];
    const enter = (name: string, rank: number) =>
      waiting(room, {
        answers: [],
        rank,
        decide: async () => {
          order.push(name);
          return GRANTED;
        },
      }).end;
    const ends = [enter('late', 3), enter('first', 1), enter('second', 2)];
    room.wake('s');
    await Promise.all(ends);
    expect(order).toEqual(['first', 'second', 'late']);
  });

  test('stops waking when the next one is still refused', async () => {
    const room = new WaitingRoom(systemClock);
    const asked: string[] = [];
    const controller = new AbortController();
    const refuse = (name: string, rank: number) =>
      waiting(room, {
        answers: [],
        rank,
        signal: controller.signal,
        decide: async () => {
          asked.push(name);
          return refused();
        },
      });
    const [first, second] = [refuse('first', 1), refuse('second', 2)];
    room.wake('s');
    await until(() => first.positions.length === 2);
    controller.abort();
    await Promise.all([first.end, second.end]);
    expect(asked).toEqual(['first']);
  });

  test('gives up at the deadline with the last refusal', async () => {
    const clock = createTestClock();
    const room = new WaitingRoom(clock);
    const { end, positions } = waiting(room, { answers: [refused(2)], deadlineAtMs: clock.monotonicMs() + 1_000 });
    room.wake('s');
    await until(() => positions.length === 2);
    clock.advance(1_000);
    room.wake('s');
    expect(await end).toEqual({ kind: 'gave_up', last: refused(2) });
  });

  test('gives up at once when the client leaves', async () => {
    const room = new WaitingRoom(systemClock);
    const controller = new AbortController();
    const { end } = waiting(room, { answers: [], signal: controller.signal });
    controller.abort();
    expect(await end).toEqual({ kind: 'gave_up', last: refused(3) });
    expect(room.size).toBe(0);
  });

  test('hands back an answer that is neither a grant nor a refusal', async () => {
    const room = new WaitingRoom(systemClock);
    const { end } = waiting(room, { answers: [{ kind: 'unavailable' }] });
    room.wake('s');
    expect(await end).toEqual({ kind: 'unavailable' });
  });
});

describe('waiting is worth it', () => {
  const by = (reason: Refused['by'], position: number | undefined = 0): Refused => ({ kind: 'refused', buckets: [], by: reason, position });
  test.each([
    ['for a bucket that refills in time', by({ kind: 'bucket', index: 0, waitMs: 1_000 }), true],
    ['not for one that does not', by({ kind: 'bucket', index: 0, waitMs: 1_001 }), false],
    ['not for more than a bucket ever holds', by({ kind: 'bucket_too_small', index: 0 }), false],
    ['for a place', by({ kind: 'gauge', index: 0 }), true],
    ['for what running requests may give back', by({ kind: 'meter', index: 0, isFinal: false, used: 1 }), true],
    ['not for a quota that is used up', by({ kind: 'meter', index: 0, isFinal: true, used: 1 }), false],
    ['behind others', by({ kind: 'line', scope: 's' }), true],
  ])('%s', (_what, refusal, isWorth) => {
    expect(isWorthWaiting(refusal, 1_000)).toBe(isWorth);
  });

  test('not without a place in line', () => {
    expect(isWorthWaiting({ ...by({ kind: 'gauge', index: 0 }), position: undefined }, 1_000)).toBe(false);
  });
});
