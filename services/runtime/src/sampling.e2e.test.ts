import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startRuntimeProcess, type RuntimeProcess } from '@sluice/testing/runtime-process';
import { openSession, story } from './test-support/session.ts';

const LIMITS = { deadlineMs: 20_000 };
const WARM = { temperature: 1, seed: 5 };

describe('sampling of a runtime process', () => {
  let runtime: RuntimeProcess;
  beforeAll(async () => {
    // So strong that it shows in a short text of a model that knows what to say.
    runtime = await startRuntimeProcess({ SLOTS: '8', WATERMARK_KEY: '0123456789abcdef'.repeat(2), WATERMARK_DELTA: '20' });
    await runtime.untilReady();
  });
  afterAll(() => runtime.stop());

  test('a marked text is found by its text alone, an unmarked one is not', async () => {
    const session = openSession(runtime.client);
    const stopping = { maxTokens: 60, ignoreEos: true };
    session.start(story(1, { sampling: { ...WARM, watermark: true }, stopping }));
    session.start(story(2, { sampling: WARM, stopping }));
    await Promise.all([session.ended(1), session.ended(2)]);
    const [marked, plain] = await Promise.all(
      [1, 2].map((rid) => runtime.client.detectWatermark({ model: '', text: session.textOf(rid) }, LIMITS)),
    );
    expect(marked?.zScore).toBeGreaterThan(4);
    expect(plain?.zScore).toBeLessThan(4);
    session.call.end();
  });

  test('each sampler is asked for over the wire and gives the same again for the same seed', async () => {
    const session = openSession(runtime.client);
    const samplers = [
      { typicalP: 0.5 },
      { dryMultiplier: 2, dryPenaltyLastN: -1, drySequenceBreakers: ['.'] },
      { xtcProbability: 1, xtcThreshold: 0.05 },
      { mirostat: 1, mirostatTau: 3 },
      { mirostat: 2, mirostatTau: 3 },
      { watermark: true },
    ];
    const ask = async (rid: number, sampling: (typeof samplers)[number]): Promise<string> => {
      session.start(story(rid, { sampling: { ...WARM, ...sampling } }));
      expect((await session.ended(rid)).failure).toBeUndefined();
      return session.textOf(rid);
    };
    // One after the other: among others a near-tie may round the other way.
    for (const [i, sampler] of samplers.entries()) {
      const first = await ask(10 * i + 1, sampler);
      expect(first).not.toBe('');
      expect(await ask(10 * i + 2, sampler)).toBe(first);
    }
    session.call.end();
  });

  test('every output token has its log probability and so many alternatives', async () => {
    const session = openSession(runtime.client);
    session.start(story(1, { sampling: { ...WARM, watermark: true }, logprobs: 2 }));
    session.start(story(2, {}));
    await Promise.all([session.ended(1), session.ended(2)]);
    const deltas = session.eventsOf(1).flatMap(({ delta }) => delta ?? []);
    const logprobs = deltas.flatMap(({ details }) => details?.logprobs ?? []);
    expect(logprobs.map(({ tokenId }) => tokenId)).toEqual(deltas.flatMap(({ tokenIds }) => tokenIds));
    expect(logprobs.length).toBeGreaterThan(5);
    expect(logprobs.every(({ logprob, top }) => (logprob ?? 1) <= 0 && top.length === 2)).toBe(true);
    expect(session.eventsOf(2).some(({ delta }) => delta?.details)).toBe(false);
    session.call.end();
  });

  test('a constrained output that is complete ends before min_tokens, and is refused beside ignore_eos', async () => {
    const session = openSession(runtime.client);
    const constraint = { regex: 'left|right' };
    session.start(story(1, { constraint, stopping: { minTokens: 30, maxTokens: 40 } }));
    session.start(story(2, { constraint, stopping: { ignoreEos: true } }));
    expect((await session.ended(1)).finished).toMatchObject({ reason: 'EOS' });
    expect(['left', 'right']).toContain(session.textOf(1));
    expect((await session.ended(2)).failure).toMatchObject({ code: 'INVALID_VALUE', param: 'ignore_eos' });
    session.call.end();
  });
});
