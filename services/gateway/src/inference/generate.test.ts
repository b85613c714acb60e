import { describe, expect, test } from '@jest/globals';
import { systemClock } from '@sluice/platform/clock';
import type { FaultCode } from '@sluice/platform/codes';
import { Worker } from '../routing/worker.ts';
import { createFakeSession } from '../test-support/fake-session.ts';
import { generate, GENERATION_LIMITS, type GenerateDeps } from './generate.ts';
import { SessionClient } from './session-client.ts';

/** A worker that fails every request with this code before its first token. */
function failingWorker(address: string, code: FaultCode): Worker {
  const { call, open } = createFakeSession();
  const session = new SessionClient({ address, openSession: open });
  const write = call.write.bind(call);
  call.write = ((frame: Parameters<typeof write>[0]) => {
    const rid = Number(frame.starts?.[0]?.rid ?? 0);
    setImmediate(() =>
      call.emit('data', { step: 0, events: [{ rid, failure: { code, message: 'no', param: '', usage: null } }], pong: null }),
    );
    return write(frame);
  }) as typeof call.write;
  return new Worker({ address, session, clock: systemClock });
}

async function generateOn(code: FaultCode) {
  const workers = [failingWorker('w1:1', code), failingWorker('w2:1', code)];
  let failovers = 0;
  const pool: GenerateDeps['pool'] = {
    workers,
    choose: (_model, tried) => workers.find((worker) => !tried.has(worker)),
    chooseWithin: () => Promise.resolve(undefined),
    whyUnavailable: () => {
      throw new Error('a worker was there');
    },
  };
  const deps = { pool, clock: systemClock, limits: GENERATION_LIMITS, onFailover: () => void failovers++ };
  const sink = { queued: () => {}, delta: () => {}, detailed: () => {}, choiceEnd: () => {}, flush: () => {} };
  const result = await generate(deps, {
    model: 'm',
    request: { model: 'm' },
    requestBytes: 100,
    sink,
    signal: new AbortController().signal,
  });
  return { result, failovers: () => failovers };
}

describe('a generation that fails before its first token', () => {
  test('is given to another worker when that may help', async () => {
    const { result, failovers } = await generateOn('SERVER_OVERLOADED');
    expect(result).toMatchObject({ tries: 2, worker: 'w2:1', end: { kind: 'failed', fault: { code: 'SERVER_OVERLOADED' } } });
    expect(failovers()).toBe(1);
  });

  test.each(['INSUFFICIENT_QUOTA', 'CONTEXT_LENGTH_EXCEEDED', 'TIMEOUT'] as const)('is not tried again after %s', async (code) => {
    const { result, failovers } = await generateOn(code);
    expect(result).toMatchObject({ tries: 1, worker: 'w1:1', usage: { promptTokens: 0, completionTokens: 0 } });
    expect(result.end).toMatchObject({ kind: 'failed', fault: { code } });
    expect(failovers()).toBe(0);
  });
});
