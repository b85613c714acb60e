import { expect, test } from '@jest/globals';
import type { Script } from '@sluice/testing/scripted-session';
import { until } from '@sluice/testing/until';
import { startFleet } from '../test-support/gateway-fleet.ts';
import { sseData } from '../test-support/sse.ts';

const TOKENS = 8;
const PROMPT_TOKENS = 7;
/** A second where nothing else runs; the rest is for a machine that is busy with other tests. */
const HISTORY_WITHIN_MS = 5_000;

/** Says as many tokens as it has been asked for, and waits for more. */
function stepped(): { script: Script; step: () => void } {
  let asked = 0;
  let more = (): void => {};
  const script: Script = async (_request, run) => {
    run.start(PROMPT_TOKENS);
    asked = 0;
    for (let said = 0; !run.signal.aborted;) {
      while (said < asked) {
        run.token('x');
        said += 1;
      }
      await new Promise<void>((resolve) => {
        more = resolve;
        run.signal.addEventListener('abort', () => resolve());
      });
    }
  };
  const step = (): void => {
    asked += 1;
    more();
  };
  return { script, step };
}

test('a client that leaves after k tokens is charged for k, in its quota and soon in the history, for every k', async () => {
  const worker = stepped();
  await using fleet = await startFleet({
    gateways: 1,
    script: worker.script,
    writesHistory: true,
    tier: { monthlyTokens: 1_000_000n, concurrentRequests: 1 },
  });
  const lagsMs: number[] = [];
  let spent = 0;
  for (let k = 0; k <= TOKENS; k++) {
    const controller = new AbortController();
    const asking = fleet.chat(0, { stream: true, max_tokens: 100 }, { signal: controller.signal });
    await until(() => fleet.runtime.running === 1);
    for (let i = 0; i < k; i++) worker.step();
    if (k > 0) {
      const { body } = await asking;
      const reader = body?.pipeThrough(new TextDecoderStream()).getReader();
      let text = '';
      while (sseData(text).filter((data) => data.includes('"content":"x"')).length < k) text += (await reader?.read())?.value ?? '';
    }
    controller.abort();
    await asking.catch(() => undefined);
    const leftAtMs = performance.now();
    const row = await until(async () => {
      const rows = await fleet.db.requestLog.findMany({ orderBy: { createdAt: 'desc' } });
      return rows.length === k + 1 && rows[0];
    });
    lagsMs.push(performance.now() - leftAtMs);
    // What a cancel needs to reach the worker may let one more token out, which is then paid for.
    expect(row).toMatchObject({ outcome: 'cancelled', promptTokens: PROMPT_TOKENS });
    expect([k, k + 1]).toContain(row.completionTokens);
    expect(row.completionTokens).toBe(fleet.runtime.tokensOf(row.requestId));
    spent += row.promptTokens + row.completionTokens;
  }
  expect(lagsMs.sort((a, b) => a - b)[Math.floor(lagsMs.length / 2)]).toBeLessThan(HISTORY_WITHIN_MS);
  const meters = await fleet.redis.keys('sluice:meter:*');
  expect(meters).toHaveLength(1);
  expect(await fleet.redis.hgetall(meters[0] ?? '')).toMatchObject({ tokens: String(spent) });
  const sums = await fleet.db.usageHourly.aggregate({ _sum: { requests: true, promptTokens: true, completionTokens: true } });
  expect(sums._sum.requests).toBe(BigInt(TOKENS + 1));
  expect((sums._sum.promptTokens ?? 0n) + (sums._sum.completionTokens ?? 0n)).toBe(BigInt(spent));
});
