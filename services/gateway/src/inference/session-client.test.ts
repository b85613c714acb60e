import { describe, expect, test } from '@jest/globals';
import type { Fault } from '@sluice/platform/fault';
import { createFakeSession } from '../test-support/fake-session.ts';
import { SessionClient } from './session-client.ts';

function record() {
  const heard: string[] = [];
  return {
    heard,
    events: {
      started: () => void heard.push('started'),
      delta: (text: string) => void heard.push(text),
      flush: () => void heard.push('|'),
      finished: () => void heard.push('finished'),
      failed: ({ code }: Fault) => void heard.push(code),
    },
  };
}

const delta = (rid: number, text: string) => ({ rid, delta: { text, tokenIds: [1] } });

describe('a session', () => {
  test('carries many requests at once and gives each only its own events, flushed once a run', () => {
    const { call, open, opened } = createFakeSession();
    const session = new SessionClient({ address: 'w:1', openSession: open });
    const [a, b] = [record(), record()];
    session.start({ model: 'm' }, a.events);
    session.start({ model: 'm' }, b.events);
    call.emit('data', { step: 1, events: [delta(1, 'a1'), delta(1, 'a2'), delta(2, 'b1'), delta(9, 'nobody')], pong: null });
    expect(a.heard).toEqual(['a1', 'a2', '|']);
    expect(b.heard).toEqual(['b1', '|']);
    expect(opened()).toBe(1);
  });

  test('that is lost fails every request on it, and the next request opens another', () => {
    const first = createFakeSession();
    const second = createFakeSession();
    const calls = [first.call, second.call];
    const session = new SessionClient({ address: 'w:1', openSession: () => calls.shift() ?? second.call });
    const [a, b, c] = [record(), record(), record()];
    session.start({ model: 'm' }, a.events);
    session.start({ model: 'm' }, b.events);
    first.call.emit('error', Object.assign(new Error('14 UNAVAILABLE'), { code: 14, details: 'gone' }));
    first.call.emit('end');
    expect([a.heard, b.heard]).toEqual([['UPSTREAM_DISCONNECTED'], ['UPSTREAM_DISCONNECTED']]);
    session.start({ model: 'm' }, c.events);
    expect(second.written).toEqual([{ start: { model: 'm', rid: 3 } }]);
  });

  test('drops what still comes for a request that nobody listens to', () => {
    const { call, open } = createFakeSession();
    const session = new SessionClient({ address: 'w:1', openSession: open });
    const { heard, events } = record();
    session.start({ model: 'm' }, events).forget();
    call.emit('data', { step: 1, events: [delta(1, 'late')], pong: null });
    expect(heard).toEqual([]);
  });

  test('gives a failure of one request to that one alone', () => {
    const { call, open } = createFakeSession();
    const session = new SessionClient({ address: 'w:1', openSession: open });
    const [a, b] = [record(), record()];
    session.start({ model: 'm' }, a.events);
    session.start({ model: 'm' }, b.events);
    call.emit('data', {
      step: 0,
      events: [{ rid: 1, failure: { code: 'SERVER_OVERLOADED', message: 'full', param: '', usage: null } }],
      pong: null,
    });
    expect(a.heard).toEqual(['SERVER_OVERLOADED']);
    expect(b.heard).toEqual([]);
  });
});
