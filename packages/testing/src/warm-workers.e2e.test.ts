import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ServerFrame__Output } from '@sluice/proto/v1/ServerFrame';
import OpenAI from 'openai';
import type { GatewayService } from './gateway-service.ts';
import type { RuntimeProcess } from './runtime-process.ts';
import { until } from './until.ts';
import { startWholeStack, type WholeStack } from './whole-stack.ts';

const MODEL = 'demo-chat';
const SLOTS = 8;
/** Each some hundred tokens, and different from its first word on. */
const SYSTEMS = ['Paris', 'Rome', 'Tokyo', 'Oslo', 'Lima'].map((city) => `${city} is where you live. `.repeat(40));

/** Where a request went, and how many tokens of its prompt were there already. */
type Asked = { readonly worker: unknown; readonly cached: number };

describe('two real workers, and gateways that know of them only what they report', () => {
  let stack: WholeStack;
  const cleanups: (() => unknown)[] = [];
  beforeAll(async () => {
    stack = await startWholeStack({ runtimes: 2, runtimeEnv: { SLOTS: String(SLOTS) } });
  });
  afterAll(async () => {
    for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
    await stack.close();
  });

  /** A gateway that has sent nothing to anybody, and has heard of both workers. */
  async function freshGateway(): Promise<GatewayService> {
    const gateway = await stack.startGateway();
    cleanups.push(() => gateway.process.stop());
    await until(async () => (await (await fetch(gateway.metricsUrl)).text()).match(/worker_state\{.*state="ready"\} 1/g)?.length === 2);
    return gateway;
  }

  async function ask({ process, url }: Pick<GatewayService, 'process' | 'url'>, system: string): Promise<Asked> {
    const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: stack.apiKey, maxRetries: 0 });
    const messages = [
      { role: 'system' as const, content: system },
      { role: 'user' as const, content: 'What is the capital of Peru?' },
    ];
    const { usage, _request_id: id } = await client.chat.completions.create({ model: MODEL, messages, max_tokens: 4 });
    const line = await until(() => process.logLines().find(({ msg, requestId }) => msg === 'request' && requestId === id));
    return { worker: line['worker'], cached: usage?.prompt_tokens_details?.cached_tokens ?? -1 };
  }

  const digestsOf = async ({ client }: RuntimeProcess): Promise<readonly number[]> =>
    (await client.getStatus(10_000)).models[0]?.prefixDigests ?? [];

  /** Keeps most of a worker's slots busy with what it holds already. */
  function keepBusy({ client }: RuntimeProcess, prefixDigests: readonly number[]): void {
    const call = client.openSession();
    const start = (rid: number): void =>
      void call.write({
        starts: [{ rid, prompt: { text: 'x' }, prefixDigests: [...prefixDigests], stopping: { maxTokens: 1_500, ignoreEos: true } }],
      });
    let last = 0;
    call.on('error', () => {});
    call.on('data', ({ events }: ServerFrame__Output) => {
      for (const { finished } of events) if (finished) start(++last);
    });
    for (let running = 0; running < SLOTS - 1; running++) start(++last);
    cleanups.push(() => call.cancel());
  }

  test('a prompt whose beginning a worker holds goes there, until that worker is overloaded', async () => {
    const first = { process: stack.gateway, url: stack.baseUrl.replace(/\/v1$/, '') };
    const cold: Asked[] = [];
    for (const system of SYSTEMS) cold.push(await ask(first, system));
    expect(Math.max(...cold.map(({ cached }) => cached))).toBeLessThan(20);

    const second = await freshGateway();
    const warm: Asked[] = [];
    for (const system of SYSTEMS) warm.push(await ask(second, system));
    expect(warm.map(({ worker }) => worker)).toEqual(cold.map(({ worker }) => worker));
    expect(Math.min(...warm.map(({ cached }) => cached))).toBeGreaterThan(100);

    const one = stack.runtimes.find(({ address }) => address === cold[0]?.worker);
    if (!one) throw new Error('the gateway told of no worker');
    keepBusy(one, await digestsOf(one));
    await until(async () => (await one.slotsBusy()) === SLOTS - 1);
    const third = await freshGateway();
    const away = await ask(third, SYSTEMS[0] ?? '');
    expect(away.worker).not.toBe(one.address);
    expect(stack.runtimes.map(({ address }) => address)).toContain(away.worker);
  });
});
