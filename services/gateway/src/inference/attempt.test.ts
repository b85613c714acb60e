import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Fault } from '@sluice/platform/fault';
import type { ServerFrame__Output } from '@sluice/proto/v1/ServerFrame';
import { createFakeSession } from '../test-support/fake-session.ts';
import { runAttempt } from './attempt.ts';
import { SessionClient } from './session-client.ts';

const LIMITS = { firstTokenMs: 1_000, totalMs: 5_000 };
const USAGE = { promptTokens: 7, cachedTokens: 2, completionTokens: 3, reasoningTokens: 0, draftTokens: 0, acceptedDraftTokens: 0 };
const TIMINGS = { queuedUs: 4_000, prefillUs: 0, decodeUs: 0, firstTokenUs: 0 };

async function start() {
  const { call, written, open } = createFakeSession();
  const controller = new AbortController();
  let left = 0;
  const texts: string[] = [];
  const worker = { session: new SessionClient({ address: 'w:1', openSession: open }), enter: () => () => void left++ };
  const sink = { delta: (text: string) => void texts.push(text), flush: () => void texts.push('|') };
  const ended = runAttempt({ worker, request: { model: 'm' }, requestBytes: 100, sink, signal: controller.signal, limits: LIMITS });
  const send = (...events: ServerFrame__Output['events']) => void call.emit('data', { step: 1, events, pong: null });
  // The start leaves at the end of the tick.
  await new Promise<void>((resolve) => process.nextTick(resolve));
  return { call, written, controller, texts, ended, send, left: () => left };
}

const finished = (reason: 'EOS' | 'CANCELLED') => ({
  rid: 1,
  finished: { reason, stopMatch: '', usage: USAGE, timings: TIMINGS, seed: 1, profile: '' },
});
const delta = (text: string) => ({ rid: 1, delta: { text, tokenIds: [1], index: 0, details: null } });

describe('one try on one worker', () => {
  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['nextTick'] });
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  test('passes tokens on, flushed once a frame, and ends with what the worker counted', async () => {
    const { send, ended, texts, left } = await start();
    send({ rid: 1, started: { promptTokens: 7, slot: 0 } });
    send(delta('a'), delta('b'));
    send(delta('c'), finished('EOS'));
    expect(await ended).toEqual({ end: { kind: 'finished', reason: 'stop' }, usage: USAGE, queuedMs: 4, hasDelivered: true });
    expect(texts).toEqual(['a', 'b', '|', 'c']);
    expect(left()).toBe(1);
  });

  test('writes the Cancel frame in the tick of the abort', async () => {
    const { controller, written, ended, send } = await start();
    expect(written).toEqual([{ starts: [{ model: 'm', rid: 1 }] }]);
    controller.abort();
    expect(written.slice(1)).toEqual([{ cancels: [{ rid: 1 }] }]);
    send(finished('CANCELLED'));
    expect(await ended).toMatchObject({ end: { kind: 'cancelled' }, usage: USAGE });
  });

  test('passes nothing on after the abort, but counts what still came', async () => {
    const { controller, ended, send, texts } = await start();
    send(delta('a'));
    controller.abort();
    send(delta('b'));
    await jest.advanceTimersByTimeAsync(5_000);
    expect(await ended).toMatchObject({ end: { kind: 'cancelled' }, usage: { completionTokens: 2 } });
    expect(texts).toEqual(['a', '|']);
  });

  test('ends with the fault that the abort gives as its reason', async () => {
    const { controller, ended, send } = await start();
    const fault = new Fault('SHUTTING_DOWN', { message: 'bye' });
    controller.abort(fault);
    send(finished('CANCELLED'));
    expect(await ended).toMatchObject({ end: { kind: 'failed', fault } });
  });

  test('cancels and fails when the first token takes too long', async () => {
    const { ended, written, send } = await start();
    await jest.advanceTimersByTimeAsync(1_000);
    expect(written.at(-1)).toEqual({ cancels: [{ rid: 1 }] });
    send(finished('CANCELLED'));
    expect(await ended).toMatchObject({ end: { kind: 'failed', fault: { code: 'TIMEOUT' } } });
  });

  test('cancels and fails when the whole takes too long', async () => {
    const { ended, written, send } = await start();
    send(delta('a'));
    await jest.advanceTimersByTimeAsync(4_999);
    expect(written).toHaveLength(1);
    await jest.advanceTimersByTimeAsync(1);
    send(finished('CANCELLED'));
    expect(await ended).toMatchObject({ end: { kind: 'failed', fault: { code: 'TIMEOUT' } }, hasDelivered: true });
  });

  test('takes a cancel that nobody asked for as a worker that gave up', async () => {
    const { ended, send } = await start();
    send(finished('CANCELLED'));
    expect(await ended).toMatchObject({ end: { kind: 'failed', fault: { code: 'UPSTREAM_DISCONNECTED' } } });
  });

  test('counts what it passed on when the session is lost', async () => {
    const { call, ended, send } = await start();
    send({ rid: 1, started: { promptTokens: 7, slot: 0 } }, delta('a'), delta('b'));
    call.emit('end');
    expect(await ended).toMatchObject({
      end: { kind: 'failed', fault: { code: 'UPSTREAM_DISCONNECTED' } },
      usage: { promptTokens: 7, completionTokens: 2 },
    });
  });
});
