import { expect, test } from '@jest/globals';
import { remembering } from '@sluice/testing/scripts';
import type { Script } from '@sluice/testing/scripted-session';
import type { LimiterAnswer } from '../limits/limiter.ts';
import { UNLIMITED } from '../keys/policy.ts';
import { startHarness } from '../test-support/gateway-harness.ts';
import { createScriptedLimiter } from '../test-support/scripted-limiter.ts';

const POLICY = { ...UNLIMITED, contextTokensMax: 90, scopes: [] };
const BODY = { model: 'scripted', prompt: 'Once', max_tokens: 40 };

/** Goes on with all its answers until its bounds end it. */
const endless: Script = async (request, run) => {
  run.start(7);
  while (!run.signal.aborted) {
    for (let index = 0; index < Math.max(1, request.n); index++) run.token('x', index);
    await new Promise((resolve) => setImmediate(resolve));
  }
};

function granted(outputTokens: number, totalTokens: number | undefined): LimiterAnswer {
  return { kind: 'granted', buckets: [], outputTokens, totalTokens, isRoomy: false };
}

test('a worker gets each answer’s share of what was granted, and what all of them may take', async () => {
  const { script, requests } = remembering(endless);
  const limiter = createScriptedLimiter();
  await using gateway = await startHarness({ scripts: [script], parts: { limiter } });
  const ask = async (answer: LimiterAnswer, change: object, key = {}) => {
    const authorization = `Bearer ${gateway.keys.issue(key)}`;
    // What is asked while nobody has a demand of its own is only a look.
    const decide = limiter.decide.bind(limiter);
    limiter.decide = async (demand) => (demand.takes ? answer : decide(demand));
    requests.length = 0;
    const response = await gateway.post('/v1/completions', { ...BODY, ...change }, { authorization });
    limiter.decide = decide;
    return { usage: ((await response.json()) as { usage: unknown }).usage, asked: requests.map(({ stopping }) => stopping) };
  };

  const clamped = await ask(granted(50, 57), { n: 4 });
  expect(clamped.asked).toMatchObject([{ maxTokens: 12, totalTokensMax: 57 }]);
  expect(clamped.usage).toMatchObject({ prompt_tokens: 7, completion_tokens: 48 });

  const tight = await ask(granted(160, 30), { n: 4 });
  expect(tight.usage).toMatchObject({ total_tokens: 30 });

  const several = await ask(granted(120, 100), { prompt: ['a', 'b', 'c'] }, { policy: POLICY });
  expect(several.asked).toMatchObject([
    { maxTokens: 40, totalTokensMax: 90 },
    { maxTokens: 40, totalTokensMax: 53 },
    { maxTokens: 40, totalTokensMax: 6 },
  ]);
});
