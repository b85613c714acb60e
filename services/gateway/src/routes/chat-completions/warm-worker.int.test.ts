import { expect, test } from '@jest/globals';
import type { ModelStatus } from '@sluice/proto/v1/ModelStatus';
import { remembering, say } from '@sluice/testing/scripts';
import type { ScriptedRuntime } from '@sluice/testing/scripted-runtime';
import { prefixDigests } from '../../routing/prefix-digests.ts';
import { startHarness, type Harness } from '../../test-support/gateway-harness.ts';

const SYSTEM = { role: 'system' as const, content: 'You are brief.' };
const TURN = { role: 'user' as const, content: 'hi' };

const digestsOf = (messages: readonly { role: string; content: string }[]): number[] =>
  prefixDigests({ model: 'scripted', adapter: '', prompt: { chat: { messages: [...messages] } } });

/** Two workers, and who of them was asked last. */
async function start() {
  const { script, requests } = remembering(say(['x']));
  const gateway = await startHarness({ scripts: [script, script] });
  const ask = async (messages: readonly (typeof SYSTEM | typeof TURN)[]): Promise<ScriptedRuntime | undefined> => {
    const { _request_id: id } = await gateway.client.chat.completions.create({ model: 'scripted', messages: [...messages] });
    return gateway.runtimes.find(({ requestIds }) => requestIds.includes(id ?? ''));
  };
  return { gateway, requests, ask };
}

/** Resolves when the gateway has heard it. */
async function report(gateway: Harness, worker: ScriptedRuntime | undefined, status: ModelStatus): Promise<void> {
  worker?.models.set('scripted', status);
  await gateway.settled();
}

test('a worker is told the names of a prompt’s beginnings, to report those that it holds', async () => {
  const { gateway, requests, ask } = await start();
  await using _ = gateway;
  await ask([SYSTEM, TURN]);
  expect(requests[0]?.prefixDigests).toEqual(digestsOf([SYSTEM, TURN]));
  expect(new Set(requests[0]?.prefixDigests).size).toBe(2);
});

test('requests with one beginning go to the worker that the first one went to, before it reports anything', async () => {
  const { gateway, ask } = await start();
  await using _ = gateway;
  const first = await ask([SYSTEM, TURN]);
  // By chance, they would be on one worker once in 1,024 times.
  for (let i = 0; i < 10; i++) expect(await ask([SYSTEM, { role: 'user', content: String(i) }])).toBe(first);
});

test('a worker that reports more of a prompt’s beginning than another was sent is preferred', async () => {
  const { gateway, ask } = await start();
  await using _ = gateway;
  const first = await ask([SYSTEM, TURN]);
  const other = gateway.runtimes.find((runtime) => runtime !== first);
  await report(gateway, other, { prefixDigests: digestsOf([SYSTEM, TURN, TURN]) });
  expect(await ask([SYSTEM, TURN, TURN, TURN])).toBe(other);
});

test('a worker that reports a prompt’s beginning is left alone while it is overloaded', async () => {
  const { gateway, ask } = await start();
  await using _ = gateway;
  const [busy, idle] = gateway.runtimes;
  await report(gateway, busy, { prefixDigests: digestsOf([SYSTEM, TURN]), slotsBusy: 8, queueDepth: 8 });
  for (let i = 0; i < 10; i++) expect(await ask([SYSTEM, TURN, { role: 'user', content: String(i) }])).toBe(idle);
});
