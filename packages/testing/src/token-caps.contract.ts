import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createRuntimeClient, type RuntimeClient } from '@sluice/proto/runtime-client';
import type { GenerateEvent__Output } from '@sluice/proto/v1/GenerateEvent';
import type { ServerFrame__Output } from '@sluice/proto/v1/ServerFrame';
import type { Stopping } from '@sluice/proto/v1/Stopping';

type Runtime = { readonly address: string; close(): Promise<void> };

/** What a gateway's quotas rely on, for every runtime whose answers would never end by themselves. */
export function testTokenCaps(name: string, open: () => Promise<Runtime>): void {
  describe(`the token caps of a runtime: ${name}`, () => {
    let runtime: Runtime;
    let client: RuntimeClient;
    let promptTokens: number;
    beforeAll(async () => {
      runtime = await open();
      client = createRuntimeClient(runtime.address);
      promptTokens = (await run(client, { maxTokens: 1 })).end?.finished?.usage?.promptTokens ?? 0;
    });
    afterAll(async () => {
      client.close();
      await runtime.close();
    });

    test('max_tokens is exactly what is sent, counted and paid for', async () => {
      for (const maxTokens of [1, 2, 17]) {
        expect(await run(client, { maxTokens })).toMatchObject(endedAt({ promptTokens, completionTokens: maxTokens }));
      }
    });

    test('total_tokens_max counts the prompt and every output token', async () => {
      for (const room of [1, 2, 17]) {
        const outcome = await run(client, { totalTokensMax: promptTokens + room });
        expect(outcome).toMatchObject(endedAt({ promptTokens, completionTokens: room }));
      }
    });

    test('of the two, the smaller one ends the text', async () => {
      const byTotal = await run(client, { maxTokens: 9, totalTokensMax: promptTokens + 4 });
      expect(byTotal).toMatchObject(endedAt({ promptTokens, completionTokens: 4 }));
      const byOutput = await run(client, { maxTokens: 4, totalTokensMax: promptTokens + 9 });
      expect(byOutput).toMatchObject(endedAt({ promptTokens, completionTokens: 4 }));
    });

    test('a prompt without room for one token after it is refused, and nothing is spent', async () => {
      for (const totalTokensMax of [0, 1, promptTokens]) {
        const { end, events } = await run(client, { totalTokensMax });
        expect(end?.failure).toMatchObject({
          code: 'INSUFFICIENT_QUOTA',
          message: 'You exceeded your current quota, please check your plan and billing details.',
          usage: null,
        });
        expect(events).toHaveLength(1);
      }
    });

    test('requests that run together each stop at their own', async () => {
      const rooms = [3, 1, 12, 7, 5, 2];
      const outcomes = await Promise.all(rooms.map((room) => run(client, { totalTokensMax: promptTokens + room })));
      expect(outcomes.map(({ tokens }) => tokens)).toEqual(rooms);
    });
  });
}

function endedAt(usage: { promptTokens: number; completionTokens: number }) {
  return { tokens: usage.completionTokens, end: { finished: { reason: 'LENGTH', usage } } };
}

type Outcome = {
  readonly events: readonly GenerateEvent__Output[];
  readonly end: GenerateEvent__Output | undefined;
  readonly tokens: number;
};

/** One request on a session of its own, to its end. */
function run(client: RuntimeClient, stopping: Stopping): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const call = client.openSession();
    const events: GenerateEvent__Output[] = [];
    call.on('error', reject);
    call.on('data', (frame: ServerFrame__Output) => {
      events.push(...frame.events);
      const end = frame.events.find((event) => event.finished ?? event.failure);
      if (!end) return;
      call.end();
      resolve({ events, end, tokens: events.reduce((sum, { delta }) => sum + (delta?.tokenIds.length ?? 0), 0) });
    });
    call.write({
      starts: [
        {
          rid: 1,
          prompt: { chat: { messages: [{ role: 'user', content: 'Tell me a story about a fox.' }] } },
          sampling: { temperature: 0 },
          stopping: { ignoreEos: true, ...stopping },
        },
      ],
    });
  });
}
