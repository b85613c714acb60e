import { describe, expect, test } from '@jest/globals';
import { Fault } from '@sluice/platform/fault';
import { until } from '@sluice/testing/until';
import { faultOf } from '../test-support/fault-of.ts';
import { VectorQueue } from './vector-queue.ts';

const NEVER = new AbortController().signal;

/** A queue on an engine that reads an input when the test says so. */
function createQueue(options: { queueLimit?: number; slots?: number } = {}) {
  const clock = { now: () => new Date(0), nowMs: 0, monotonicMs: () => clock.nowMs };
  const reads: { tokens: number[]; finish: () => void; fail: (error: Error) => void }[] = [];
  let causes = 0;
  const queue = new VectorQueue({
    engine: {
      slots: options.slots ?? 4,
      read: (tokens) =>
        new Promise((resolve, reject) => {
          reads.push({ tokens: [...tokens], finish: () => resolve(Float64Array.from(tokens)), fail: reject });
        }),
    },
    clock,
    queueLimit: options.queueLimit ?? 8,
    onRead() {},
    onBroken: () => (causes += 1),
  });
  const next = async (position: number) => until(() => reads[position]);
  return { queue, reads, next, clock, brokenCount: () => causes };
}

const input = (...tokens: number[]): Uint32Array => Uint32Array.from(tokens);

describe('the queue of vectors', () => {
  test('answers each request with its own inputs, in their order', async () => {
    const { queue, next } = createQueue();
    const answer = queue.submit([input(1), input(2, 3)], NEVER);
    (await next(0)).finish();
    (await next(1)).finish();
    expect((await answer).map((values) => Array.from(values))).toEqual([[1], [2, 3]]);
    expect(queue.snapshot()).toMatchObject({ slotsBusy: 0, queueDepth: 0 });
  });

  test('that is abandoned tells all that are here, also the one whose input is never read to its end', async () => {
    const { queue, next } = createQueue();
    const told = [queue.submit([input(1)], NEVER), queue.submit([input(2)], NEVER)].map(faultOf);
    await next(0);
    queue.abandon(new Fault('SHUTTING_DOWN', { message: 'It hangs.' }));
    expect((await Promise.all(told)).map(({ code }) => code)).toEqual(['SHUTTING_DOWN', 'SHUTTING_DOWN']);
    expect(() => queue.submit([input(3)], NEVER)).toThrow('takes no new requests');
  });

  test('takes turns: one input does not wait for all of a larger request', async () => {
    const { queue, next, reads } = createQueue();
    const large = queue.submit([input(1), input(2), input(3)], NEVER);
    const small = queue.submit([input(9)], NEVER);
    for (let i = 0; i < 4; i++) (await next(i)).finish();
    await Promise.all([large, small]);
    expect(reads.map(({ tokens }) => tokens[0])).toEqual([1, 9, 2, 3]);
  });

  test('says how much was read of a request whose caller has left, with what is being read', async () => {
    const { queue, next } = createQueue();
    const controller = new AbortController();
    const left = faultOf(queue.submit([input(1), input(2, 3), input(4, 5, 6)], controller.signal));
    const waiting = new AbortController();
    const unread = faultOf(queue.submit([input(9)], waiting.signal));
    waiting.abort();
    (await next(0)).finish();
    await next(1);
    controller.abort();
    expect((await left).spentTokens).toBe(3);
    expect((await unread).spentTokens).toBe(0);
  });

  test('says how much was read of a request before it failed', async () => {
    const { queue, next } = createQueue();
    const failed = faultOf(queue.submit([input(1, 2), input(3)], NEVER));
    (await next(0)).finish();
    (await next(1)).fail(new Error('broken'));
    expect(await failed).toMatchObject({ code: 'INTERNAL', spentTokens: 2 });
  });

  test('reads no more of a request whose caller has left', async () => {
    const { queue, next, reads } = createQueue();
    const controller = new AbortController();
    const left = faultOf(queue.submit([input(1), input(2)], controller.signal));
    const first = await next(0);
    const other = queue.submit([input(9)], NEVER);
    controller.abort();
    expect((await left).code).toBe('UPSTREAM_DISCONNECTED');
    first.finish();
    (await next(1)).finish();
    await other;
    expect(reads.map(({ tokens }) => tokens[0])).toEqual([1, 9]);
  });

  test('refuses more requests than it may hold', async () => {
    const { queue, next } = createQueue({ queueLimit: 1, slots: 1 });
    const first = queue.submit([input(1)], NEVER);
    const waiting = queue.submit([input(1)], NEVER);
    expect(queue.snapshot()).toMatchObject({ slotsTotal: 1, slotsBusy: 1, queueDepth: 1, queueLimit: 1 });
    await expect(faultOf(Promise.resolve().then(() => queue.submit([input(2)], NEVER)))).resolves.toMatchObject({
      code: 'SERVER_OVERLOADED',
    });
    (await next(0)).finish();
    (await next(1)).finish();
    await Promise.all([first, waiting]);
  });

  test('lets only those take turns that have a slot; the others come in the order in which they came', async () => {
    const { queue, next, reads } = createQueue({ slots: 2 });
    const answers = [10, 20, 30].map((token) => queue.submit([input(token), input(token + 1)], NEVER));
    for (let i = 0; i < 6; i++) (await next(i)).finish();
    await Promise.all(answers);
    expect(reads.map(({ tokens }) => tokens[0])).toEqual([10, 20, 11, 21, 30, 31]);
  });

  test('gives up on a request that takes too long', async () => {
    const { queue, next, clock } = createQueue();
    const late = faultOf(queue.submit([input(1), input(2)], NEVER));
    const first = await next(0);
    clock.nowMs = 600_000;
    first.finish();
    expect((await late).code).toBe('TIMEOUT');
  });

  test('a read that fails fails its request alone; three in a row end the process', async () => {
    const { queue, next, brokenCount } = createQueue();
    const answers = [1, 2, 3, 4].map((token) => queue.submit([input(token)], NEVER));
    const faults = answers.map((answer) => faultOf(answer).catch(() => undefined));
    (await next(0)).fail(new Error('native'));
    (await next(1)).finish();
    expect(await faults[0]).toMatchObject({ code: 'INTERNAL' });
    expect([...((await answers[1])?.[0] ?? [])]).toEqual([2]);
    (await next(2)).fail(new Error('native'));
    (await next(3)).fail(new Error('native'));
    await Promise.all(faults);
    expect(brokenCount()).toBe(0);
    const last = faultOf(queue.submit([input(5)], NEVER));
    (await next(4)).fail(new Error('native'));
    await last;
    expect(brokenCount()).toBe(1);
  });

  test('a queue that drains finishes what it has and takes no more', async () => {
    const { queue, next } = createQueue();
    const taken = queue.submit([input(1)], NEVER);
    queue.drain();
    await expect(faultOf(Promise.resolve().then(() => queue.submit([input(2)], NEVER)))).resolves.toMatchObject({
      code: 'WORKER_DRAINING',
    });
    (await next(0)).finish();
    expect(await taken).toHaveLength(1);
  });

  test('a queue that closes fails what it has, and waits for the read in flight', async () => {
    const { queue, next } = createQueue();
    const taken = faultOf(queue.submit([input(1)], NEVER));
    const first = await next(0);
    let isClosed = false;
    const closed = queue.close().then(() => (isClosed = true));
    expect((await taken).code).toBe('WORKER_DRAINING');
    expect(isClosed).toBe(false);
    first.finish();
    await closed;
  });
});
