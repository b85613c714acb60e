import { afterEach, describe, expect, test } from '@jest/globals';
import { createLog } from '@sluice/platform/log';
import { until } from '@sluice/testing/until';
import { createTestClock } from '../test-support/test-clock.ts';
import { LimiterGuard } from './guarded-limiter.ts';
import type { Decision, Demand, RemoteLimiter, Settlement } from './limiter.ts';

const GRANTED: Decision = { kind: 'granted', buckets: [], outputTokens: 1, totalTokens: undefined, isRoomy: false };
const USED: Settlement = { promptTokens: 1, completionTokens: 2, costNanoUsd: 3, refundsRequest: false };
const UNAVAILABLE = { kind: 'unavailable' };

class Refusal extends Error {}

function demand(id: string, takes = true): Demand {
  return { id, epochs: [], buckets: [], gauges: [], meters: [], outputTokens: 1, ticket: undefined, takes };
}

const guards: LimiterGuard[] = [];

function start(options: { undeliveredMax?: number; onBack?: () => void } = {}) {
  const clock = createTestClock();
  const calls: string[] = [];
  const remote = { failure: undefined as Error | undefined, refuses: undefined as string | undefined, answers: Promise.resolve() };
  const call = async (what: string): Promise<void> => {
    calls.push(what);
    await remote.answers;
    if (remote.failure) throw remote.failure;
    if (what === remote.refuses) throw new Refusal(what);
  };
  const limiter: RemoteLimiter = {
    decide: async ({ id }) => call(`decide ${id}`).then(() => GRANTED),
    settle: ({ id }) => call(`settle ${id}`),
    undo: ({ id }) => call(`undo ${id}`),
    renew: (ids) => call(`renew ${ids.join()}`),
    leave: ({ id }) => call(`leave ${id}`),
    seedMeter: ({ resource }) => call(`seed ${resource}`),
  };
  const log = createLog({ service: 'test', level: 'silent' });
  const guard = new LimiterGuard({ remote: limiter, isRefusal: (error) => error instanceof Refusal, clock, log, ...options });
  guards.push(guard);
  const fail = async (): Promise<void> => {
    remote.failure = new Error('no answer');
    for (let i = 0; i < 3; i++) await guard.decide(demand('look', false));
    expect(guard.state).toBe('open');
    calls.length = 0;
  };
  const recover = (): void => {
    remote.failure = undefined;
    clock.advance(1_000);
  };
  return { clock, calls, remote, guard, fail, recover };
}

afterEach(async () => {
  for (const guard of guards.splice(0)) await guard.close();
});

describe('the guard of a limiter that may be away', () => {
  test('passes everything on while it is there', async () => {
    const { guard, calls } = start();
    expect(await guard.decide(demand('a'))).toBe(GRANTED);
    await guard.settle(demand('a'), USED);
    await guard.renew(['a', 'b']);
    await guard.leave(demand('c'));
    expect(calls).toEqual(['decide a', 'settle a', 'renew a,b', 'leave c']);
    expect([guard.state, guard.pending, guard.dropped]).toEqual(['closed', 0, 0]);
  });

  test('an answer that does not come is "unavailable", and three of them end the asking', async () => {
    const { guard, calls, remote } = start();
    remote.failure = new Error('no answer');
    for (let i = 0; i < 5; i++) expect(await guard.decide(demand(`look ${i}`, false))).toEqual(UNAVAILABLE);
    expect(calls).toHaveLength(3);
    expect(guard.state).toBe('open');
  });

  test('a lost connection ends the asking at once', async () => {
    const { guard, calls } = start();
    guard.onLost(new Error('closed'));
    expect(await guard.decide(demand('a'))).toEqual(UNAVAILABLE);
    expect(calls).toEqual([]);
  });

  test('no call rejects while it is away', async () => {
    const { guard, fail } = start();
    await fail();
    await expect(guard.settle(demand('a'), USED)).resolves.toBeUndefined();
    await expect(guard.renew(['a'])).resolves.toBeUndefined();
    await expect(guard.leave(demand('b'))).resolves.toBeUndefined();
    expect(guard.pending).toBe(2);
  });

  test('one request finds out when it is back, and the others do not wait for it', async () => {
    const { guard, calls, fail, recover } = start();
    await fail();
    recover();
    const answers = await Promise.all([guard.decide(demand('a')), guard.decide(demand('b'))]);
    expect(answers).toEqual([GRANTED, UNAVAILABLE]);
    expect(calls).toEqual(['decide a']);
    expect(guard.state).toBe('closed');
  });

  test('tells once that it is back', async () => {
    let times = 0;
    const { guard, fail, recover } = start({ onBack: () => (times += 1) });
    await fail();
    recover();
    for (let i = 0; i < 3; i++) await guard.decide(demand('look', false));
    expect(times).toBe(1);
  });

  test('a new connection is tried at once', async () => {
    const { guard, remote, fail } = start();
    await fail();
    remote.failure = undefined;
    guard.onFound();
    expect(await guard.decide(demand('a'))).toBe(GRANTED);
  });

  test('what was used meanwhile is delivered when it is back, in order', async () => {
    const { guard, calls, fail, recover } = start();
    await fail();
    const ids = Array.from({ length: 250 }, (_, i) => `r${i}`);
    for (const id of ids) await guard.settle(demand(id), USED);
    recover();
    await guard.decide(demand('next'));
    await until(() => guard.pending === 0);
    expect(calls).toEqual(['decide next', ...ids.map((id) => `settle ${id}`)]);
  });

  test('it is delivered without any further request', async () => {
    const { guard, calls, fail, recover } = start();
    await fail();
    await guard.settle(demand('a'), USED);
    recover();
    await until(() => guard.pending === 0);
    expect(calls).toEqual(['settle a']);
    expect(guard.state).toBe('closed');
  });

  test('a settlement does not overtake those that wait', async () => {
    const { guard, calls, fail, recover } = start();
    await fail();
    await guard.settle(demand('a'), USED);
    recover();
    await Promise.all([guard.decide(demand('b')), guard.settle(demand('c'), USED)]);
    await until(() => guard.pending === 0);
    expect(calls).toEqual(['decide b', 'settle a', 'settle c']);
  });

  test('a decision whose answer was lost is taken back, before its request is settled', async () => {
    const { guard, calls, remote, recover } = start();
    remote.failure = new Error('no answer');
    await guard.decide(demand('a'));
    await guard.settle(demand('a'), USED);
    recover();
    await until(() => guard.pending === 0);
    expect(calls.filter((call) => call !== 'decide a')).toEqual(['undo a', 'settle a']);
  });

  test('nobody is left in a line that could not be told', async () => {
    const { guard, calls, fail, recover } = start();
    await fail();
    await guard.leave(demand('a'));
    recover();
    await until(() => guard.pending === 0);
    expect(calls).toEqual(['undo a']);
  });

  test('looking leaves nothing to settle or to take back', async () => {
    const { guard, fail } = start();
    await fail();
    await guard.settle(demand('a', false), USED);
    expect(guard.pending).toBe(0);
  });

  test('what waits is bounded: the oldest goes, and is counted', async () => {
    const { guard, calls, fail, recover } = start({ undeliveredMax: 2 });
    await fail();
    for (const id of ['a', 'b', 'c']) await guard.settle(demand(id), USED);
    expect([guard.pending, guard.dropped]).toEqual([2, 1]);
    recover();
    await until(() => guard.pending === 0);
    expect(calls).toEqual(['settle b', 'settle c']);
  });

  test('what fails again while it is delivered stays', async () => {
    const { guard, calls, remote, fail, recover } = start();
    await fail();
    await guard.settle(demand('a'), USED);
    recover();
    remote.failure = new Error('away again');
    await until(() => calls.length > 0);
    expect([guard.state, guard.pending]).toEqual(['open', 1]);
    recover();
    await until(() => guard.pending === 0);
  });

  test('a call that is wrong in itself stops neither the others nor the queue', async () => {
    const { guard, remote, fail, recover } = start();
    remote.refuses = 'decide wrong';
    for (let i = 0; i < 5; i++) expect(await guard.decide(demand('wrong', false))).toEqual(UNAVAILABLE);
    expect(guard.state).toBe('closed');
    await fail();
    await guard.settle(demand('wrong'), USED);
    await guard.settle(demand('right'), USED);
    remote.refuses = 'settle wrong';
    recover();
    await until(() => guard.pending === 0);
    expect(guard.dropped).toBe(1);
  });

  test('closing delivers what it can', async () => {
    const { guard, calls, remote, fail } = start();
    await fail();
    await guard.settle(demand('a'), USED);
    remote.failure = undefined;
    await Promise.all([guard.close(), guard.close()]);
    expect(calls).toEqual(['settle a']);
    expect([guard.pending, guard.dropped]).toEqual([0, 0]);
  });

  test('closing while it is away gives up what waits, and counts it', async () => {
    const { guard, fail } = start();
    await fail();
    await guard.settle(demand('a'), USED);
    await guard.close();
    expect([guard.pending, guard.dropped]).toEqual([0, 1]);
  });

  test('closes only when settlements that are on their way have arrived, or are kept', async () => {
    const { guard, remote } = start();
    const answer = Promise.withResolvers<void>();
    remote.answers = answer.promise;
    const settled = guard.settle(demand('a'), USED);
    let isClosed = false;
    const closed = guard.close().then(() => (isClosed = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect(isClosed).toBe(false);
    answer.resolve();
    await settled;
    await closed;
    expect([guard.pending, guard.dropped]).toEqual([0, 0]);
  });
});
