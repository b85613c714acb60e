import { describe, expect, test } from '@jest/globals';
import { Fault } from '@sluice/platform/fault';
import { until } from '@sluice/testing/until';
import { NO_USAGE } from '../inference/token-usage.ts';
import type { KeyLookup } from '../keys/key-cache.ts';
import { UNLIMITED, type Policy, type TierPolicy } from '../keys/policy.ts';
import type { LimiterAnswer, Refused } from '../limits/limiter.ts';
import { keySnapshot } from '../test-support/key-snapshot.ts';
import { createScriptedLimiter } from '../test-support/scripted-limiter.ts';
import { createTestClock } from '../test-support/test-clock.ts';
import type { AdmissionRequest } from './admission.ts';
import type { AdmissionDeps, DecisionOutcome } from './admission-deps.ts';
import { createAdmission } from './create-admission.ts';
import { LimiterFallback } from './limiter-fallback.ts';
import { MeterSeeds } from './meter-seeds.ts';
import { SeenEpochs } from './seen-epochs.ts';
import { WaitingRoom } from './waiting-room.ts';

const REFUSED: Refused = { kind: 'refused', buckets: [], by: { kind: 'gauge', index: 0 }, position: undefined };
const STALE: LimiterAnswer = { kind: 'stale', epochs: [{ name: 'key:000000000001', seen: '7' }] };
const QUOTA: Policy = {
  ...UNLIMITED,
  scopes: [{ kind: 'project', id: 'proj_test', limits: { monthlyTokens: 1_000, requestsPerMinute: 60 }, byEndpoint: {}, byModel: {} }],
};

const SIX_HEADERS = ['limit', 'remaining', 'reset'].flatMap((what) => [`x-ratelimit-${what}-requests`, `x-ratelimit-${what}-tokens`]);

function withTier(change: Partial<TierPolicy>, policy: Policy = UNLIMITED): Policy {
  return { ...policy, tier: { ...policy.tier, ...change } };
}

function start(answers: LimiterAnswer[] = [], change: Partial<AdmissionDeps> = {}) {
  const clock = createTestClock();
  const limiter = createScriptedLimiter(answers);
  const local = createScriptedLimiter();
  const outcomes: DecisionOutcome[] = [];
  const leases = new Set<string>();
  const seeds = new MeterSeeds(async () => 400);
  const reloads: KeyLookup[] = [];
  const waitingRoom = new WaitingRoom(clock);
  const admission = createAdmission({
    limiter,
    // The scripted one never says that it is unavailable unless it is told to.
    fallback: new LimiterFallback({ local: local as never, gateways: () => 2, seeds }),
    seeds,
    epochs: new SeenEpochs(),
    leases: { keep: (id) => leases.add(id), drop: (id) => leases.delete(id) },
    waitingRoom,
    reloadKey: async () => reloads.shift() ?? { kind: 'absent' },
    checkAddress: () => undefined,
    contextTokensOf: () => 2_048,
    capacityFor: () => 1_000,
    pricesOf: () => ({ promptNanoUsdPerToken: 0, outputNanoUsdPerToken: 0 }),
    costOf: (_model, usage) => usage.completionTokens * 10,
    clock,
    onDecision: (outcome) => outcomes.push(outcome),
    ...change,
  });
  return { admission, limiter, local, outcomes, leases, reloads, clock, waitingRoom };
}

function request(change: Partial<AdmissionRequest> = {}): AdmissionRequest {
  return {
    requestId: 'req_1',
    key: keySnapshot(),
    clientIp: '127.0.0.1',
    endpoint: 'chat.completions',
    asked: { model: 'demo', adapter: '' },
    maxTokens: undefined,
    answers: 1,
    prompts: 1,
    bodyBytes: 400,
    signal: new AbortController().signal,
    onQueued: () => {},
    ...change,
  };
}

describe('admission', () => {
  test('lets in no more than may be in flight in this process, and as many again once they are settled', async () => {
    const { admission } = start([], { inFlightMax: 2 });
    const [first, second, third] = [await admission.admit(request()), await admission.admit(request()), await admission.admit(request())];
    expect([first.ok, second.ok, third.ok]).toEqual([true, true, false]);
    if (first.ok) {
      await first.permit.settle(NO_USAGE, { refundsRequest: false });
      await first.permit.settle(NO_USAGE, { refundsRequest: false });
    }
    expect((await admission.admit(request())).ok).toBe(true);
    expect((await admission.admit(request())).ok).toBe(false);
  });

  test('keeps the lease of a grant until it is settled, and settles once with what was really used', async () => {
    const { admission, limiter, leases, outcomes } = start();
    const admitted = await admission.admit(request());
    expect([...leases]).toEqual(['req_1']);
    if (!admitted.ok) throw admitted.fault;
    const usage = { promptTokens: 7, cachedTokens: 0, completionTokens: 3 };
    await admitted.permit.settle(usage, { refundsRequest: true });
    await admitted.permit.settle(usage, { refundsRequest: true });
    expect(leases.size).toBe(0);
    expect(limiter.settlements.map(({ settlement }) => settlement)).toEqual([
      { promptTokens: 7, completionTokens: 3, costNanoUsd: 30, refundsRequest: true },
    ]);
    expect(outcomes).toEqual(['granted']);
  });

  test.each([
    ['waits until its place is free again', { isRoomy: false, refundsRequest: false }, false],
    ['does not wait where there is room', { isRoomy: true, refundsRequest: false }, true],
    ['waits for a request that is given back', { isRoomy: true, refundsRequest: true }, false],
  ])('a settlement %s', async (_what, { isRoomy, refundsRequest }, isDone) => {
    const { admission, limiter } = start([{ kind: 'granted', buckets: [], outputTokens: 1, totalTokens: undefined, isRoomy }]);
    const admitted = await admission.admit(request());
    if (!admitted.ok) throw admitted.fault;
    const booked = Promise.withResolvers<void>();
    limiter.settle = () => booked.promise;
    let isSettled = false;
    const settled = admitted.permit.settle({ promptTokens: 7, cachedTokens: 0, completionTokens: 3 }, { refundsRequest });
    void settled.then(() => (isSettled = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect(isSettled).toBe(isDone);
    booked.resolve();
    await settled;
  });

  test('turns away what this process has no place for, and tells what it knows of the limits', async () => {
    const { admission, limiter } = start([], { inFlightMax: 1 });
    const running = await admission.admit(request());
    const key = keySnapshot({ policy: QUOTA });
    expect(await admission.admit(request({ key }))).toMatchObject({
      ok: false,
      fault: { code: 'SERVER_OVERLOADED' },
      // Half of it: there are two gateways.
      headers: { 'x-ratelimit-limit-requests': 30 },
    });
    expect(limiter.demands).toHaveLength(1);
    if (running.ok) await running.permit.settle(NO_USAGE, { refundsRequest: false });
    expect((await admission.admit(request({ key }))).ok).toBe(true);
  });

  test('refuses without the scope or the model, takes nothing, and still tells where the limits stand', async () => {
    const { admission, limiter } = start();
    const scoped = await admission.admit(request({ key: keySnapshot({ scopes: new Set(['models']), policy: QUOTA }) }));
    const narrowed = await admission.admit(request({ key: keySnapshot({ allowedModels: [new Set(['other'])] }) }));
    expect(scoped).toMatchObject({ ok: false, fault: { code: 'INSUFFICIENT_PERMISSIONS' }, headers: { 'x-ratelimit-limit-requests': 60 } });
    expect(narrowed).toMatchObject({ ok: false, fault: { code: 'MODEL_NOT_ALLOWED' } });
    expect(limiter.demands.every(({ takes }) => !takes)).toBe(true);
  });

  test('reserves what every answer and every prompt may take', async () => {
    const { admission, limiter } = start();
    const key = keySnapshot({ policy: { ...QUOTA, outputTokensMax: 80 } });
    await admission.admit(request({ key, maxTokens: 100, answers: 4 }));
    await admission.admit(request({ key, maxTokens: 20, answers: 6, prompts: 3 }));
    await admission.admit(request({ key: keySnapshot({ policy: QUOTA }), answers: 2 }));
    const [several, prompts, unbounded] = limiter.demands;
    expect(several).toMatchObject({ outputTokens: 320, meters: [{ promptMax: 656 }] });
    // The body's 400 bytes, and a template's tokens for each prompt.
    expect(prompts).toMatchObject({ outputTokens: 120, meters: [{ promptMax: 1_168 }] });
    expect(unbounded?.outputTokens).toBe(2 * 2_047);
  });

  test('shares out what the quota grants to the answers, and the bound on all of them stays', async () => {
    const granted: LimiterAnswer = { kind: 'granted', buckets: [], outputTokens: 50, totalTokens: 150, isRoomy: false };
    const { admission } = start([granted]);
    const admitted = await admission.admit(request({ maxTokens: 100, answers: 4, key: keySnapshot({ policy: QUOTA }) }));
    expect(admitted).toMatchObject({ ok: true, permit: { outputTokensMax: 12, totalTokensMax: 150 }, headers: { 'x-quota-clamped': '1' } });
  });

  test('refuses several answers that the quota has not a token each for, and gives back what it took', async () => {
    const granted: LimiterAnswer = { kind: 'granted', buckets: [], outputTokens: 3, totalTokens: 103, isRoomy: false };
    const { admission, limiter, leases } = start([granted], { inFlightMax: 1 });
    const refused = await admission.admit(request({ maxTokens: 100, answers: 4, key: keySnapshot({ policy: QUOTA }) }));
    expect(refused).toMatchObject({ ok: false, fault: { code: 'INSUFFICIENT_QUOTA' } });
    expect(limiter.settlements).toMatchObject([{ settlement: { promptTokens: 0, completionTokens: 0, refundsRequest: true } }]);
    expect(leases.size).toBe(0);
    // Its place is free again, and just its own.
    expect((await admission.admit(request())).ok).toBe(true);
    expect((await admission.admit(request())).ok).toBe(false);
  });

  test('clamps to the tier, to what the quota grants, and says so', async () => {
    const granted: LimiterAnswer = { kind: 'granted', buckets: [], outputTokens: 40, totalTokens: 140, isRoomy: false };
    const { admission, limiter } = start([granted]);
    const admitted = await admission.admit(request({ maxTokens: 100, key: keySnapshot({ policy: { ...QUOTA, contextTokensMax: 500 } }) }));
    expect(admitted).toMatchObject({ ok: true, permit: { outputTokensMax: 40, totalTokensMax: 140 }, headers: { 'x-quota-clamped': '1' } });
    expect(limiter.demands[0]).toMatchObject({ outputTokens: 100, meters: [{ promptMin: 100, promptMax: 500, perOutputToken: 1 }] });
    const tier = await admission.admit(request({ key: keySnapshot({ policy: { ...UNLIMITED, outputTokensMax: 16 } }) }));
    expect(tier).toMatchObject({ permit: { outputTokensMax: 16, totalTokensMax: undefined } });
    expect(tier.headers).not.toHaveProperty('x-quota-clamped');
  });
});

describe('a key that has changed', () => {
  test('is read anew, and the request goes on by what it says now', async () => {
    const { admission, limiter, reloads } = start([STALE]);
    const fresh = keySnapshot({ policy: QUOTA });
    reloads.push({ kind: 'found', snapshot: fresh });
    expect(await admission.admit(request())).toMatchObject({ ok: true, key: fresh });
    expect(limiter.demands.map(({ epochs }) => epochs[0])).toEqual([
      { name: 'key:000000000001', seen: '' },
      { name: 'key:000000000001', seen: '7' },
    ]);
  });

  test.each([
    ['revoked', { kind: 'found', snapshot: keySnapshot({ revokedAt: new Date(0) }) } as const, 'INVALID_API_KEY', []],
    ['gone', { kind: 'absent' } as const, 'INVALID_API_KEY', []],
    ['unreadable', { kind: 'unavailable', cause: new Error('away') } as const, 'STORE_UNAVAILABLE', SIX_HEADERS],
  ])('is refused when it is %s', async (_what, lookup, code, headers) => {
    const { admission, reloads } = start([STALE, STALE]);
    reloads.push(lookup, lookup);
    const refused = await admission.admit(request());
    const looked = await admission.look(request());
    expect([refused, looked]).toMatchObject([{ ok: false, fault: { code } }, { fault: { code } }]);
    expect([Object.keys(refused.headers), Object.keys(looked.headers)]).toEqual([headers, headers]);
  });

  test('refuses a key that must sign its requests by now: this one was not looked at', async () => {
    const { admission, reloads } = start([STALE]);
    reloads.push({ kind: 'found', snapshot: keySnapshot({ requiresSignature: true }) });
    expect(await admission.look(request())).toMatchObject({ fault: { code: 'INVALID_SIGNATURE' } });
  });

  test('is let in by the request that finds out that it may use the model now', async () => {
    const { admission, reloads } = start([STALE]);
    reloads.push({ kind: 'found', snapshot: keySnapshot() });
    expect(await admission.admit(request({ key: keySnapshot({ allowedModels: [new Set(['other'])] }) }))).toMatchObject({ ok: true });
  });

  test('is refused from an address that it may no longer come from', async () => {
    const fault = new Fault('IP_NOT_AUTHORIZED', { message: 'no' });
    const { admission, reloads } = start([STALE], { checkAddress: () => fault });
    reloads.push({ kind: 'found', snapshot: keySnapshot() });
    expect(await admission.admit(request())).toMatchObject({ ok: false, fault });
  });
});

describe('a quota whose use the limiter does not know', () => {
  test('is looked up and told to it', async () => {
    const { admission, limiter } = start([{ kind: 'unseeded', index: 0 }]);
    expect(await admission.admit(request({ key: keySnapshot({ policy: QUOTA }) }))).toMatchObject({ ok: true });
    expect(limiter.seeds).toMatchObject([{ meter: { scope: 'project:proj_test', resource: 'tokens' }, used: 400 }]);
  });

  test('is the tier’s to decide on when nobody knows it', async () => {
    const seeds = new MeterSeeds(() => Promise.reject(new Error('the database is away')));
    const { admission } = start([{ kind: 'unseeded', index: 0 }], { seeds });
    const policy = withTier({ onLimiterDown: 'refuse' }, QUOTA);
    expect(await admission.admit(request({ key: keySnapshot({ policy }) }))).toMatchObject({ fault: { code: 'LIMITER_UNAVAILABLE' } });
  });
});

describe('without the shared limits', () => {
  test('a tier that refuses answers 503 with the time to come back', async () => {
    const { admission, outcomes } = start([{ kind: 'unavailable' }]);
    const policy = withTier({ onLimiterDown: 'refuse' });
    expect(await admission.admit(request({ key: keySnapshot({ policy }) }))).toMatchObject({
      ok: false,
      fault: { code: 'LIMITER_UNAVAILABLE', retryAfterMs: 1_000 },
      headers: { 'x-ratelimit-limit-requests': expect.any(Number) },
    });
    expect(outcomes).toEqual(['unavailable']);
  });

  test('any other tier is served by this gateway’s share, and what it used is booked for all later', async () => {
    const { admission, local, limiter, leases, outcomes } = start([{ kind: 'unavailable' }]);
    const admitted = await admission.admit(request({ key: keySnapshot({ policy: QUOTA }) }));
    if (!admitted.ok) throw admitted.fault;
    expect(local.demands).toMatchObject([{ buckets: [{ limit: 30 }], meters: [{ limit: 500 }], ticket: undefined }]);
    expect(leases.size).toBe(0);
    await admitted.permit.settle({ promptTokens: 1, cachedTokens: 0, completionTokens: 2 }, { refundsRequest: false });
    expect([local.settlements.length, limiter.settlements.length]).toEqual([1, 1]);
    expect(limiter.settlements[0]?.demand.buckets).toMatchObject([{ limit: 60 }]);
    expect(outcomes).toEqual(['granted_locally']);
  });
});

describe('a tier that waits', () => {
  const key = keySnapshot({ policy: withTier({ queueDepthMax: 8, queueDeadlineMs: 1_000, queuePriority: 3 }) });
  const inLine: Refused = { ...REFUSED, position: 2 };

  test('is let in when its turn comes, having heard its position', async () => {
    const { admission, limiter, waitingRoom, clock, leases, outcomes } = start([inLine]);
    const positions: number[] = [];
    const admitting = admission.admit(request({ key, onQueued: (position) => positions.push(position) }));
    await until(() => positions.length === 1);
    expect([...leases]).toEqual(['req_1']);
    clock.advance(500);
    waitingRoom.wake('capacity');
    expect(await admitting).toMatchObject({ ok: true, permit: { waitedMs: 500 }, headers: { 'x-queue-ms': 500 } });
    expect(positions).toEqual([2]);
    // Three points of priority are three seconds of waiting.
    expect(limiter.demands[0]?.ticket).toEqual({ rank: clock.now().getTime() - 500 - 3_000, depthMax: 8 });
    expect(limiter.left).toEqual([]);
    expect(outcomes).toEqual(['waited']);
  });

  test('is refused at its deadline, and stands in nobody’s way after that', async () => {
    const { admission, limiter, waitingRoom, clock, leases } = start([inLine]);
    const positions: number[] = [];
    const admitting = admission.admit(request({ key, onQueued: (position) => positions.push(position) }));
    await until(() => positions.length === 1);
    clock.advance(1_000);
    waitingRoom.wake('capacity');
    expect(await admitting).toMatchObject({
      ok: false,
      fault: { code: 'SERVER_OVERLOADED' },
      headers: { 'x-ratelimit-limit-requests': expect.any(Number) },
    });
    expect(limiter.left).toEqual(['req_1']);
    expect(leases.size).toBe(0);
  });

  test('keeps its place and its deadline when its key changes meanwhile', async () => {
    const { admission, limiter, waitingRoom, clock, reloads } = start([inLine, STALE, inLine]);
    const positions: number[] = [];
    reloads.push({ kind: 'found', snapshot: { ...key } });
    const admitting = admission.admit(request({ key, onQueued: (position) => positions.push(position) }));
    await until(() => positions.length === 1);
    clock.advance(600);
    waitingRoom.wake('capacity');
    await until(() => positions.length === 2);
    clock.advance(400);
    waitingRoom.wake('capacity');
    expect(await admitting).toMatchObject({ ok: false, fault: { code: 'SERVER_OVERLOADED' } });
    expect(new Set(limiter.demands.map(({ ticket }) => ticket?.rank)).size).toBe(1);
  });

  test('leaves to a worker what is left of its wait, and where it says nothing two minutes', async () => {
    const { admission, waitingRoom, clock } = start([inLine]);
    const positions: number[] = [];
    const admitting = admission.admit(request({ key, onQueued: (position) => positions.push(position) }));
    await until(() => positions.length === 1);
    clock.advance(700);
    waitingRoom.wake('capacity');
    expect(await admitting).toMatchObject({ permit: { queueDeadlineAtMs: 1_000 } });
    expect(await admission.admit(request())).toMatchObject({ permit: { queueDeadlineAtMs: 120_700 } });
  });

  test('is not let in with a key that ended while it waited', async () => {
    const { admission, limiter, waitingRoom, clock, reloads } = start([inLine]);
    const ending = { ...key, expiresAt: new Date(clock.now().getTime() + 400) };
    const positions: number[] = [];
    const admitting = admission.admit(request({ key: ending, onQueued: (position) => positions.push(position) }));
    await until(() => positions.length === 1);
    reloads.push({ kind: 'found', snapshot: ending });
    clock.advance(500);
    waitingRoom.wake('capacity');
    expect(await admitting).toMatchObject({ ok: false, fault: { code: 'INVALID_API_KEY' } });
    expect(limiter.demands).toHaveLength(1);
    expect(limiter.left).toEqual(['req_1']);
  });

  test('hears why it is sent away by a server that stops', async () => {
    const { admission, limiter } = start([inLine]);
    const controller = new AbortController();
    const admitting = admission.admit(request({ key, signal: controller.signal }));
    const fault = new Fault('SHUTTING_DOWN', { message: 'bye' });
    await until(() => limiter.demands.length === 1);
    controller.abort(fault);
    expect(await admitting).toMatchObject({ ok: false, fault });
    expect(limiter.left).toEqual(['req_1']);
  });

  test('is refused at once when it could not be let in before its deadline', async () => {
    const late: Refused = { ...inLine, by: { kind: 'bucket', index: 0, waitMs: 60_000 } };
    const { admission, limiter } = start([late]);
    expect(await admission.admit(request({ key }))).toMatchObject({
      ok: false,
      fault: { code: 'RATE_LIMIT_EXCEEDED', retryAfterMs: 60_000 },
    });
    expect(limiter.left).toEqual(['req_1']);
  });
});
