import { expect, test } from '@jest/globals';
import type { Script } from '@sluice/testing/scripted-session';
import { until } from '@sluice/testing/until';
import { startFleet, type Fleet } from '../test-support/gateway-fleet.ts';

/** Holds every request until it is let go, oldest first. */
function held(): { script: Script; release: () => void; order: string[] } {
  const gates: (() => void)[] = [];
  const order: string[] = [];
  const script: Script = async (request, run) => {
    run.start(3);
    order.push(request.prompt?.chat?.messages?.[0]?.content ?? '');
    const { promise, resolve } = Promise.withResolvers<void>();
    gates.push(resolve);
    run.signal.addEventListener('abort', () => resolve());
    await promise;
    run.token('x');
    run.finish();
  };
  return { script, release: () => gates.shift()?.(), order };
}

const asking = (content: string, change = {}) => ({ messages: [{ role: 'user', content }], max_tokens: 4, ...change });

async function inLine(fleet: Fleet, count: number): Promise<void> {
  await until(async () => (await fleet.redis.zcard(`sluice:line:project:${fleet.projectId}`)) === count);
}

test('requests over the limit wait their turn, over all gateways, and a full line refuses', async () => {
  const gate = held();
  await using fleet = await startFleet({
    gateways: 2,
    script: gate.script,
    tier: { concurrentRequests: 1, queueDepthMax: 3, queueDeadlineMs: 20_000 },
  });
  const answers: Promise<Response>[] = [];
  for (const [i, name] of ['a', 'b', 'c', 'd'].entries()) {
    answers.push(fleet.chat(i % 2, asking(name)));
    if (i === 0) await until(() => gate.order.length === 1);
    else await inLine(fleet, i);
  }
  expect((await fleet.chat(0, asking('e'))).status).toBe(429);
  for (let done = 1; done <= 4; done++) {
    await until(() => gate.order.length === done);
    gate.release();
  }
  expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  expect(gate.order).toEqual(['a', 'b', 'c', 'd']);
});

test('a waiting stream hears its position, and a client that leaves gives its place up', async () => {
  const gate = held();
  await using fleet = await startFleet({
    gateways: 1,
    script: gate.script,
    tier: { concurrentRequests: 1, queueDepthMax: 5, queueDeadlineMs: 20_000 },
  });
  const running = fleet.chat(0, asking('a'));
  await until(() => gate.order.length === 1);
  const second = until(() => gate.order.length === 2).then(gate.release);
  const controller = new AbortController();
  const leaving = fleet.chat(0, asking('b'), { signal: controller.signal }).catch(() => undefined);
  await inLine(fleet, 1);
  const waiting = await fleet.chat(0, asking('c', { stream: true }));
  const head = Object.fromEntries(waiting.headers);
  const text = waiting.body?.pipeThrough(new TextDecoderStream());
  let seen = '';
  for await (const piece of text ?? []) {
    seen += piece;
    if (seen.includes('position=2') && !controller.signal.aborted) controller.abort();
    if (seen.includes('position=1')) gate.release();
  }
  await leaving;
  await second;
  expect((await running).status).toBe(200);
  // The head left before the limits had decided; it tells where they stand, and the wait is not the gateway's own time.
  expect(Object.keys(head).filter((name) => name.startsWith('x-ratelimit-'))).toHaveLength(6);
  expect(Number(head['openai-processing-ms']) - Number(head['x-gateway-overhead-ms'])).toBeGreaterThan(990);
  expect(seen).toMatch(/: queued position=2\n\n(.|\n)*: queued position=1\n\n(.|\n)*data: (.|\n)*data: \[DONE\]/);
  expect(gate.order).toEqual(['a', 'c']);
});

test('a wait that is over ends a stream with an error in band, and any other with 429', async () => {
  const gate = held();
  await using fleet = await startFleet({
    gateways: 1,
    script: gate.script,
    tier: { concurrentRequests: 1, queueDepthMax: 5, queueDeadlineMs: 2_500 },
  });
  const running = fleet.chat(0, asking('a'));
  await until(() => gate.order.length === 1);
  const [stream, whole] = await Promise.all([fleet.chat(0, asking('b', { stream: true })), fleet.chat(0, asking('c'))]);
  expect(whole.status).toBe(429);
  expect(await whole.json()).toMatchObject({ error: { code: 'concurrency_limit_exceeded' } });
  expect(stream.status).toBe(200);
  expect(await stream.text()).toMatch(/: queued position=[12](.|\n)*"code":"concurrency_limit_exceeded"(.|\n)*data: \[DONE\]/);
  gate.release();
  expect((await running).status).toBe(200);
});
