import { describe, expect, test } from '@jest/globals';
import type { GenerateRequest } from '@sluice/proto/v1/GenerateRequest';
import { Worker } from '../routing/worker.ts';
import { createFakeSession } from '../test-support/fake-session.ts';
import { createTestClock } from '../test-support/test-clock.ts';
import { GENERATION_LIMITS, type GenerateDeps } from './generate.ts';
import { generateEach } from './generate-each.ts';
import { SessionClient } from './session-client.ts';

const TIMINGS = { queuedUs: 100_000, prefillUs: 0, decodeUs: 0, firstTokenUs: 0 };
const USAGE = { promptTokens: 10, cachedTokens: 4, completionTokens: 5, reasoningTokens: 1, draftTokens: 0, acceptedDraftTokens: 0 };

/** Answers every request after half a second with the same usage, and keeps what it was asked. */
function start(profiles: readonly string[]) {
  const clock = createTestClock();
  const { call, open } = createFakeSession();
  const session = new SessionClient({ address: 'w:1', openSession: open });
  const worker = new Worker({ address: 'w:1', session, clock });
  const requests: GenerateRequest[] = [];
  call.write = ((frame: { starts?: GenerateRequest[] }) => {
    for (const request of frame.starts ?? []) {
      const profile = profiles[requests.push(request) - 1] ?? '';
      clock.advance(500);
      const finished = { reason: 'EOS', stopMatch: '', usage: USAGE, timings: TIMINGS, seed: 1, profile };
      setImmediate(() => call.emit('data', { step: 1, events: [{ rid: Number(request.rid), finished }], pong: null }));
    }
    return true;
  }) as typeof call.write;
  const pool: GenerateDeps['pool'] = {
    workers: [worker],
    choose: () => worker,
    chooseWithin: () => Promise.resolve(worker),
    whyUnavailable: () => {
      throw new Error('a worker was there');
    },
  };
  return { requests, deps: { pool, clock, limits: GENERATION_LIMITS, onFailover: () => {} } };
}

const SINK = { queued: () => {}, started: () => {}, delta: () => {}, detailed: () => {}, choiceEnd: () => {}, flush: () => {} };

async function runThree(
  bounds: { totalTokensMax: number | undefined; contextTokensMax: number | undefined },
  profiles: readonly string[] = [],
) {
  const { requests, deps } = start(profiles);
  const first = bounds.totalTokensMax ?? bounds.contextTokensMax;
  const result = await generateEach(deps, {
    model: 'm',
    request: { model: 'm', prompt: { text: 'a' }, stopping: { maxTokens: 9, ...(first === undefined ? {} : { totalTokensMax: first }) } },
    queueDeadlineAtMs: 1_000,
    requestBytes: 100,
    sink: SINK,
    signal: new AbortController().signal,
    morePrompts: [{ text: 'b' }, { text: 'c' }],
    answers: 1,
    ...bounds,
  });
  const waits = requests.map(({ queueTimeoutMs }) => queueTimeoutMs);
  return { result, waits, asked: requests.map(({ prompt, stopping }) => [prompt?.text, stopping?.maxTokens, stopping?.totalTokensMax]) };
}

describe('several prompts of one request', () => {
  test('each get what those before them left of the quota', async () => {
    expect((await runThree({ totalTokensMax: 40, contextTokensMax: undefined })).asked).toEqual([
      ['a', 9, 40],
      ['b', 9, 25],
      ['c', 9, 10],
    ]);
  });

  test('never get less than nothing', async () => {
    expect((await runThree({ totalTokensMax: 20, contextTokensMax: undefined })).asked.map(([, , total]) => total)).toEqual([20, 5, 0]);
  });

  test('each have the context of their tier to themselves', async () => {
    expect((await runThree({ totalTokensMax: undefined, contextTokensMax: 18 })).asked.map(([, , total]) => total)).toEqual([18, 18, 18]);
  });

  test('wait for their slots together no longer than one may', async () => {
    expect((await runThree({ totalTokensMax: undefined, contextTokensMax: undefined })).waits).toEqual([1_000, 900, 800]);
  });

  test('name the profile of the first of them that has one', async () => {
    const bounds = { totalTokensMax: undefined, contextTokensMax: undefined };
    expect((await runThree(bounds, ['short', 'long', ''])).result.end).toMatchObject({ profile: 'short' });
    expect((await runThree(bounds, ['', 'long', ''])).result.end).toMatchObject({ profile: 'long' });
  });

  test('are counted together', async () => {
    const { result } = await runThree({ totalTokensMax: undefined, contextTokensMax: undefined });
    expect(result).toMatchObject({
      end: { kind: 'finished', reason: 'stop' },
      usage: { promptTokens: 30, cachedTokens: 12, completionTokens: 15, reasoningTokens: 3 },
    });
  });
});
