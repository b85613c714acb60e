import { describe, expect, test } from '@jest/globals';
import type { FaultCode } from '@sluice/platform/codes';
import type { GenerateRequest } from '@sluice/proto/v1/GenerateRequest';
import { Worker } from '../routing/worker.ts';
import { createFakeSession } from '../test-support/fake-session.ts';
import { createTestClock } from '../test-support/test-clock.ts';
import { generate, GENERATION_LIMITS, type GenerateDeps } from './generate.ts';
import { SessionClient } from './session-client.ts';

/** A worker that fails every request with this code before its first token; `onRequest` hears of each. */
function failingWorker(address: string, code: FaultCode, onRequest: (request: GenerateRequest) => void): Worker {
  const { call, open } = createFakeSession();
  const session = new SessionClient({ address, openSession: open });
  const write = call.write.bind(call);
  call.write = ((frame: Parameters<typeof write>[0]) => {
    const rid = Number(frame.starts?.[0]?.rid ?? 0);
    for (const request of frame.starts ?? []) onRequest(request);
    setImmediate(() =>
      call.emit('data', { step: 0, events: [{ rid, failure: { code, message: 'no', param: '', usage: null } }], pong: null }),
    );
    return write(frame);
  }) as typeof call.write;
  return new Worker({ address, session, clock: createTestClock() });
}

/** Every request takes a worker `workMs` to fail. */
async function generateOn(code: FaultCode, { workers: count = 2, workMs = 0, waitMs = 60_000 } = {}) {
  const clock = createTestClock();
  const waits: unknown[] = [];
  const onRequest = ({ queueTimeoutMs }: GenerateRequest): void => {
    waits.push(queueTimeoutMs);
    clock.advance(workMs);
  };
  const workers = Array.from({ length: count }, (_, i) => failingWorker(`w${i + 1}:1`, code, onRequest));
  let failovers = 0;
  const pool: GenerateDeps['pool'] = {
    workers,
    choose: (_model, tried) => workers.find((worker) => !tried.has(worker)),
    chooseWithin: () => Promise.resolve(undefined),
    whyUnavailable: () => {
      throw new Error('a worker was there');
    },
  };
  const deps = { pool, clock, limits: GENERATION_LIMITS, onFailover: () => void failovers++ };
  const sink = { queued: () => {}, started: () => {}, delta: () => {}, detailed: () => {}, choiceEnd: () => {}, flush: () => {} };
  const result = await generate(deps, {
    model: 'm',
    request: { model: 'm' },
    queueDeadlineAtMs: clock.monotonicMs() + waitMs,
    requestBytes: 100,
    sink,
    signal: new AbortController().signal,
  });
  return { result, waits, failovers: () => failovers };
}

describe('a generation that fails before its first token', () => {
  test('is given to another worker when that may help', async () => {
    const { result, failovers } = await generateOn('SERVER_OVERLOADED');
    expect(result).toMatchObject({ tries: 2, worker: 'w2:1', end: { kind: 'failed', fault: { code: 'SERVER_OVERLOADED' } } });
    expect(failovers()).toBe(1);
  });

  test('may wait on the next worker for what is left, and last only where a slot is free', async () => {
    const { waits } = await generateOn('SERVER_OVERLOADED', { workers: 3, workMs: 700.5, waitMs: 1_000 });
    expect(waits).toEqual([1_000, 300, 1]);
  });

  test.each(['INSUFFICIENT_QUOTA', 'CONTEXT_LENGTH_EXCEEDED', 'TIMEOUT'] as const)('is not tried again after %s', async (code) => {
    const { result, failovers } = await generateOn(code);
    expect(result).toMatchObject({ tries: 1, worker: 'w1:1', usage: { promptTokens: 0, completionTokens: 0 } });
    expect(result.end).toMatchObject({ kind: 'failed', fault: { code } });
    expect(failovers()).toBe(0);
  });
});
