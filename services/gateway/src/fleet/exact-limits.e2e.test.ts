import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Script } from '@sluice/testing/scripted-session';
import { until } from '@sluice/testing/until';
import { startFleet, type Fleet } from '../test-support/gateway-fleet.ts';

const GATEWAYS = 3;
const PROMPT_TOKENS = 5;

/** Answers every request with as many tokens as it may have, once the gate is open: until then it holds what it took. */
function gated(): { script: Script; open: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  const script: Script = async (_request, run) => {
    run.start(PROMPT_TOKENS);
    await promise;
    while (!run.signal.aborted) run.token('x');
  };
  return { script, open: resolve };
}

type Answer = { readonly status: number; readonly code: string | null; readonly tokens: number };

async function read(response: Response): Promise<Answer> {
  const body = (await response.json()) as { usage?: { total_tokens: number }; error?: { code: string | null } };
  return { status: response.status, code: body.error?.code ?? null, tokens: body.usage?.total_tokens ?? 0 };
}

/** Offers requests to all gateways at once; the gate opens when every one that is let in has arrived at the worker. */
async function offer(fleet: Fleet, count: number, options: { gate: () => void; body: Record<string, unknown> }): Promise<Answer[]> {
  let refused = 0;
  const answers = Array.from({ length: count }, async (_, i) => {
    const response = await fleet.chat(i % GATEWAYS, options.body);
    if (response.status !== 200) refused += 1;
    return read(response);
  });
  await until(() => refused + fleet.runtime.running === count);
  options.gate();
  return Promise.all(answers);
}

function countBy(answers: readonly Answer[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { status, code } of answers) counts[code ?? status] = (counts[code ?? status] ?? 0) + 1;
  return counts;
}

describe('five times the limit, offered at once to three gateways', () => {
  let gate: ReturnType<typeof gated>;
  let fleet: Fleet | undefined;
  const start = async (tier: Record<string, number>): Promise<Fleet> =>
    (fleet = await startFleet({ gateways: GATEWAYS, script: gate.script, tier }));
  beforeEach(() => {
    gate = gated();
  });
  afterEach(async () => {
    await fleet?.[Symbol.asyncDispose]();
    fleet = undefined;
  });

  test('lets in exactly as many requests as a day allows', async () => {
    const answers = await offer(await start({ requestsPerDay: 12 }), 60, { gate: gate.open, body: { max_tokens: 1 } });
    expect(countBy(answers)).toEqual({ 200: 12, rate_limit_exceeded: 48 });
  });

  test('lets in exactly as many tokens as a minute allows', async () => {
    // 1,000 tokens a request: the 17 a second that come back while the test runs never make one.
    const answers = await offer(await start({ tokensPerMinute: 9_000 }), 45, {
      gate: gate.open,
      body: { max_tokens: 900, messages: [{ role: 'user', content: 'x'.repeat(100) }] },
    });
    expect(countBy(answers)).toEqual({ 200: 9, rate_limit_exceeded: 36 });
  });

  test('lets in exactly as many at once as may run', async () => {
    const answers = await offer(await start({ concurrentRequests: 7 }), 35, { gate: gate.open, body: { max_tokens: 1 } });
    expect(countBy(answers)).toEqual({ 200: 7, concurrency_limit_exceeded: 28 });
    // What ended gave its place back.
    expect((await fleet?.chat(0, { max_tokens: 1 }))?.status).toBe(200);
  });

  test('never spends a token more than the month’s quota, and all of it', async () => {
    const quota = 10 * (PROMPT_TOKENS + 20) + 8;
    const running = await start({ monthlyTokens: quota });
    gate.open();
    let spent = 0;
    const counts: Record<string, number> = {};
    // Two hundred clients at once, each going on until it is told that there is nothing left.
    const client = async (i: number): Promise<void> => {
      for (;;) {
        const answer = await read(await running.chat(i % GATEWAYS, { max_tokens: 20 }));
        spent += answer.tokens;
        counts[answer.code ?? answer.status] = (counts[answer.code ?? answer.status] ?? 0) + 1;
        if (answer.code === 'insufficient_quota') return;
      }
    };
    await Promise.all(Array.from({ length: 200 }, (_, i) => client(i)));
    expect(spent).toBeLessThanOrEqual(quota);
    expect(spent).toBeGreaterThan(quota - PROMPT_TOKENS - 40);
    expect(counts['insufficient_quota']).toBe(200);
    // The worker gave no more than what was answered for.
    const given = running.runtime.requestIds.reduce((sum, id) => sum + running.runtime.tokensOf(id), 0);
    expect(given + PROMPT_TOKENS * (counts[200] ?? 0)).toBe(spent);
  });
});
