import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Fault } from '@sluice/platform/fault';
import type { DeltaDetails__Output } from '@sluice/proto/v1/DeltaDetails';
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
  const sink = {
    queued: (position: number) => void texts.push(`queued ${position}`),
    started: (profile: string) => void (profile === '' || texts.push(`profile ${profile}`)),
    delta: (text: string, index: number) => void texts.push(index === 0 ? text : `${index}: ${text}`),
    detailed: (text: string, index: number) => void texts.push(`${index}: ${text} …`),
    choiceEnd: (index: number, reason: string) => void texts.push(`${index}: ${reason}`),
    flush: () => void texts.push('|'),
  };
  const ended = runAttempt({ worker, request: { model: 'm' }, requestBytes: 100, sink, signal: controller.signal, limits: LIMITS });
  const send = (...events: ServerFrame__Output['events']) => void call.emit('data', { step: 1, events, pong: null });
  // The start leaves at the end of the tick.
  await new Promise<void>((resolve) => process.nextTick(resolve));
  return { call, written, controller, texts, ended, send, left: () => left };
}

const finished = (reason: 'EOS' | 'CANCELLED') => ({
  rid: 1,
  finished: { reason, stopMatch: '', usage: USAGE, timings: TIMINGS, seed: 1, profile: 'long' },
});
const delta = (text: string, index = 0) => ({ rid: 1, delta: { text, tokenIds: [1], index, details: null } });
const detailed = (change: Partial<DeltaDetails__Output>, tokens: number, index = 0) => ({
  rid: 1,
  delta: {
    text: 't',
    tokenIds: Array.from({ length: tokens }, () => 1),
    index,
    details: { reasoning: '', toolCalls: [], logprobs: [], isEcho: false, ...change },
  },
});
const choiceEnd = (index: number, reason: 'EOS' | 'CANCELLED') => ({ rid: 1, choiceEnd: { index, reason, stopMatch: '' } });

describe('one try on one worker', () => {
  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['nextTick'] });
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  test('passes tokens on, flushed once a frame, and ends with what the worker counted', async () => {
    const { send, ended, texts, left } = await start();
    send({ rid: 1, started: { promptTokens: 7, slot: 0, profile: '' } });
    send(delta('a'), delta('b'));
    send(delta('c'), finished('EOS'));
    expect(await ended).toEqual({
      end: { kind: 'finished', reason: 'stop', profile: 'long' },
      usage: USAGE,
      queuedMs: 4,
      hasDelivered: true,
    });
    expect(texts).toEqual(['a', 'b', '|', 'c']);
    expect(left()).toBe(1);
  });

  test('passes on places in the queue, every answer of several, and why each ended', async () => {
    const { send, texts, ended } = await start();
    send({ rid: 1, queued: { position: 3 } });
    send(delta('a'), delta('b', 1), detailed({ reasoning: 'hm' }, 1, 1), choiceEnd(1, 'EOS'));
    send(finished('EOS'));
    await ended;
    expect(texts).toEqual(['queued 3', 'a', '1: b', '1: t …', '1: stop', '|']);
  });

  test('counts the tokens of all answers when the session is lost, and not those of the prompt', async () => {
    const { call, ended, send } = await start();
    send({ rid: 1, started: { promptTokens: 7, slot: 0, profile: '' } }, detailed({ isEcho: true }, 7));
    send(delta('a'), delta('b', 1), detailed({ reasoning: 'hm' }, 2, 1), detailed({}, 0));
    call.emit('end');
    expect(await ended).toMatchObject({ usage: { promptTokens: 7, completionTokens: 4, reasoningTokens: 2 }, hasDelivered: true });
  });

  test.each([
    ['an echoed prompt', detailed({ isEcho: true }, 7)],
    ['the end of one answer', choiceEnd(1, 'EOS')],
  ])('has delivered something with %s, so that no other worker takes over', async (_what, event) => {
    const { call, ended, send } = await start();
    send(event);
    call.emit('end');
    expect(await ended).toMatchObject({ usage: { completionTokens: 0 }, hasDelivered: true });
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
    send({ rid: 1, started: { promptTokens: 7, slot: 0, profile: '' } }, delta('a'), delta('b'));
    call.emit('end');
    expect(await ended).toMatchObject({
      end: { kind: 'failed', fault: { code: 'UPSTREAM_DISCONNECTED' } },
      usage: { promptTokens: 7, completionTokens: 2 },
    });
  });
});
