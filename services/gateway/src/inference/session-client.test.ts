import { describe, expect, test } from '@jest/globals';
import type { Fault } from '@sluice/platform/fault';
import { createFakeSession } from '../test-support/fake-session.ts';
import type { DetailedDelta } from './generation-events.ts';
import { SessionClient } from './session-client.ts';

function record() {
  const heard: string[] = [];
  return {
    heard,
    events: {
      started: () => void heard.push('started'),
      queued: (position: number) => void heard.push(`queued ${position}`),
      delta: (text: string, index: number) => void heard.push(index === 0 ? text : `${index}: ${text}`),
      detailed: ({ text, index, tokens, details }: DetailedDelta) => void heard.push(`${index}: ${text}/${details.reasoning} (${tokens})`),
      choiceEnd: (index: number, reason: string) => void heard.push(`${index}: ${reason}`),
      flush: () => void heard.push('|'),
      finished: () => void heard.push('finished'),
      failed: ({ code }: Fault) => void heard.push(code),
    },
  };
}

const tick = () => new Promise<void>((resolve) => process.nextTick(resolve));
const delta = (rid: number, text: string) => ({ rid, delta: { text, tokenIds: [1], index: 0, details: null } });

describe('a session', () => {
  test('carries many requests at once and gives each only its own events, flushed once a run', async () => {
    const { call, open, opened } = createFakeSession();
    const session = new SessionClient({ address: 'w:1', openSession: open });
    const [a, b] = [record(), record()];
    session.start({ model: 'm' }, 100, a.events);
    session.start({ model: 'm' }, 100, b.events);
    await tick();
    call.emit('data', { step: 1, events: [delta(1, 'a1'), delta(1, 'a2'), delta(2, 'b1'), delta(9, 'nobody')], pong: null });
    expect(a.heard).toEqual(['a1', 'a2', '|']);
    expect(b.heard).toEqual(['b1', '|']);
    expect(opened()).toBe(1);
  });

  test('tells places in the queue, which answer a delta belongs to, what is more than text, and each end', async () => {
    const { call, open } = createFakeSession();
    const session = new SessionClient({ address: 'w:1', openSession: open });
    const { heard, events } = record();
    session.start({ model: 'm' }, 100, events);
    await tick();
    const details = { reasoning: 'hm', toolCalls: [], logprobs: [], isEcho: false };
    call.emit('data', { step: 0, events: [{ rid: 1, queued: { position: 2 } }], pong: null });
    call.emit('data', {
      step: 1,
      events: [
        { rid: 1, delta: { text: 'a', tokenIds: [1], index: 1, details: null } },
        { rid: 1, delta: { text: 'b', tokenIds: [1, 2], index: 0, details } },
        { rid: 1, choiceEnd: { index: 1, reason: 'EOS', stopMatch: '' } },
      ],
      pong: null,
    });
    expect(heard).toEqual(['queued 2', '1: a', '0: b/hm (2)', '1: EOS', '|']);
  });

  test('that is lost fails every request on it, and the next request opens another', async () => {
    const first = createFakeSession();
    const second = createFakeSession();
    const calls = [first.call, second.call];
    const session = new SessionClient({ address: 'w:1', openSession: () => calls.shift() ?? second.call });
    const [a, b, c] = [record(), record(), record()];
    session.start({ model: 'm' }, 100, a.events);
    session.start({ model: 'm' }, 100, b.events);
    await tick();
    first.call.emit('error', Object.assign(new Error('14 UNAVAILABLE'), { code: 14, details: 'gone' }));
    first.call.emit('end');
    expect([a.heard, b.heard]).toEqual([['UPSTREAM_DISCONNECTED'], ['UPSTREAM_DISCONNECTED']]);
    session.start({ model: 'm' }, 100, c.events);
    await tick();
    expect(second.written).toEqual([{ starts: [{ model: 'm', rid: 3 }] }]);
  });

  test('drops what still comes for a request that nobody listens to', async () => {
    const { call, open } = createFakeSession();
    const session = new SessionClient({ address: 'w:1', openSession: open });
    const { heard, events } = record();
    session.start({ model: 'm' }, 100, events).forget();
    await tick();
    call.emit('data', { step: 1, events: [delta(1, 'late')], pong: null });
    expect(heard).toEqual([]);
  });

  test('gives a failure of one request to that one alone', async () => {
    const { call, open } = createFakeSession();
    const session = new SessionClient({ address: 'w:1', openSession: open });
    const [a, b] = [record(), record()];
    session.start({ model: 'm' }, 100, a.events);
    session.start({ model: 'm' }, 100, b.events);
    await tick();
    call.emit('data', {
      step: 0,
      events: [{ rid: 1, failure: { code: 'SERVER_OVERLOADED', message: 'full', param: '', usage: null } }],
      pong: null,
    });
    expect(a.heard).toEqual(['SERVER_OVERLOADED']);
    expect(b.heard).toEqual([]);
  });

  test('sends what starts in one tick in one frame, and a cancel at once, behind its start', async () => {
    const { call, open, written } = createFakeSession();
    const session = new SessionClient({ address: 'w:1', openSession: open });
    const started = ['a', 'b', 'c'].map((model) => session.start({ model }, 100, record().events));
    started[2]?.cancel();
    expect(written).toEqual([
      {
        starts: [
          { model: 'a', rid: 1 },
          { model: 'b', rid: 2 },
          { model: 'c', rid: 3 },
        ],
      },
      { cancels: [{ rid: 3 }] },
    ]);
    await tick();
    expect(written).toHaveLength(2);
    call.emit('end');
    started[0]?.cancel();
    expect(written).toHaveLength(2);
  });

  test('puts no more into one frame than a message may hold', () => {
    const { open, written } = createFakeSession();
    const session = new SessionClient({ address: 'w:1', openSession: open });
    const half = 600 * 1024;
    for (let i = 0; i < 5; i++) session.start({ model: 'm' }, half, record().events);
    expect(written.map(({ starts }) => starts?.length)).toEqual([2, 2]);
  });

  test('a request that was about to leave when the session was lost is not sent to the next one', async () => {
    const first = createFakeSession();
    const second = createFakeSession();
    const calls = [first.call, second.call];
    const session = new SessionClient({ address: 'w:1', openSession: () => calls.shift() ?? second.call });
    const [a, b] = [record(), record()];
    session.start({ model: 'm' }, 100, a.events);
    await tick();
    session.start({ model: 'm' }, 100, b.events);
    first.call.emit('end');
    await tick();
    expect([a.heard, b.heard]).toEqual([['UPSTREAM_DISCONNECTED'], ['UPSTREAM_DISCONNECTED']]);
    expect(second.written).toEqual([]);
  });
});
