import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { systemClock } from '@sluice/platform/clock';
import { createLog } from '@sluice/platform/log';
import type { GenerateRequest } from '@sluice/proto/v1/GenerateRequest';
import { ModelRegistry } from './models/model-registry.ts';
import type { ModelSettings } from './models/model-settings.ts';
import { noObserver } from './scheduler/observer.ts';
import { DEMO_MODEL, loadDemoModel } from './test-support/demo-model.ts';
import { serveModels } from './test-support/serve-models.ts';
import { openSession } from './test-support/session.ts';
import { Chat } from './text/chat.ts';
import { PromptReader } from './text/prompt-reader.ts';
import { compileChatTemplate } from './text/chat-template.ts';

/** The demo model's, but that it begins each answer with thoughts. */
const TEMPLATE =
  "{% for m in messages %}{{ '<|im_start|>' + m.role + '\\n' + m.content + '<|im_end|>\\n' }}{% endfor %}{{ '<|im_start|>assistant\\n<think>\\n' }}";
const QUESTION = { messages: [{ role: 'user', content: 'Tell me a story about a fox.' }] };

const SILENT = createLog({ service: 'test', level: 'silent' });

/** A model that thinks, served as a worker serves it. */
async function serveThinker(change: Partial<ModelSettings> = {}) {
  const loaded = await loadDemoModel({ slots: 4, contextTokens: 512, batchTokens: 128, name: 'thinker', ...change });
  const { tokenizer } = loaded;
  const reader = new PromptReader(tokenizer, 100_000);
  const model = { ...loaded, chat: new Chat({ tokenizer, template: compileChatTemplate(TEMPLATE, tokenizer), reader }) };
  const registry = new ModelRegistry({
    clock: systemClock,
    log: SILENT,
    observerOf: () => noObserver,
    freeMemory: () => Promise.resolve({ mainBytes: 1e12, deviceBytes: 0 }),
    memoryLimitBytes: 1e12,
    queueLimit: 4,
    prefillStallMs: 100,
    onBroken() {},
    models: [model.settings],
    load: () => Promise.resolve(model),
  });
  const served = await serveModels(registry);
  await registry.start();
  const session = openSession(served.client);
  let rids = 0;
  return {
    tokenizer,
    async think(reasoningTokensMax: number | undefined, request: Partial<GenerateRequest> = {}) {
      const rid = ++rids;
      session.start({
        rid,
        prompt: { chat: { ...QUESTION, ...(reasoningTokensMax !== undefined && { reasoningTokensMax }) } },
        sampling: { temperature: 0 },
        stopping: { maxTokens: 40, ignoreEos: true },
        ...request,
      });
      const { finished } = await session.ended(rid);
      const deltas = session.eventsOf(rid).flatMap(({ delta }) => (delta ? [delta] : []));
      return {
        usage: finished?.usage,
        text: session.textOf(rid),
        reasoning: deltas.map(({ details }) => details?.reasoning ?? '').join(''),
        tokens: deltas.flatMap(({ tokenIds }) => tokenIds),
        logprobs: deltas.flatMap(({ details }) => details?.logprobs ?? []),
      };
    },
    async close(): Promise<void> {
      session.call.end();
      await served.close();
    },
  };
}

type Thinker = Awaited<ReturnType<typeof serveThinker>>;

describe('thoughts of a model that nothing holds', () => {
  let thinker: Thinker;
  beforeAll(async () => {
    thinker = await serveThinker();
  });
  afterAll(() => thinker.close());

  const think: Thinker['think'] = (...ask) => thinker.think(...ask);
  const textOf = (tokens: readonly number[]): string =>
    Buffer.concat(tokens.map((token) => thinker.tokenizer.tokenBytes[token] ?? Buffer.of())).toString();

  test('end at their budget, and the answer goes on behind the mark that ends them', async () => {
    const free = await think(undefined);
    expect(free).toMatchObject({ text: '', usage: { completionTokens: 40, reasoningTokens: 40 } });
    const bounded = await think(8);
    expect(bounded.tokens.slice(0, 8)).toEqual(free.tokens.slice(0, 8));
    expect(textOf(bounded.tokens.slice(0, 8)).trim()).toBe(bounded.reasoning.trim());
    const end = [...thinker.tokenizer.encodeMore('\n</think>\n\n')];
    expect(bounded.tokens.slice(8, 8 + end.length)).toEqual(end);
    expect(textOf(bounded.tokens.slice(8 + end.length)).trim()).toBe(bounded.text.trim());
    expect(bounded.text.length).toBeGreaterThan(20);
    expect(bounded.usage).toMatchObject({ completionTokens: 40 });
    // What comes of the mark itself before it can be told from a thought counts as one.
    expect(bounded.usage?.reasoningTokens).toBeLessThan(8 + end.length + 1);
  });

  test('have log probabilities of the tokens that are there, the mark that was forced included', async () => {
    const { tokens, logprobs } = await think(8, { logprobs: 2 });
    expect(tokens).toEqual((await think(8)).tokens);
    expect(logprobs.map(({ tokenId }) => tokenId)).toEqual(tokens);
    expect(Buffer.concat(logprobs.map(({ bytes }) => Buffer.from(bytes))).toString()).toBe(textOf(tokens));
    // Nobody taught this model to end its thoughts.
    expect(logprobs.slice(8).some(({ logprob = 0 }) => logprob < -5)).toBe(true);
  });

  // The end of the budget falls into every place of a guess.
  test.each([7, 8, 9, 10, 11])('of %d tokens are cut there, and the answer is the same, where tokens are guessed ahead', async (budget) => {
    const request = { sampling: { temperature: 0, frequencyPenalty: 1.5, presencePenalty: 1 } };
    const speculating = await serveThinker({ speculation: { method: 'draft', source: DEMO_MODEL, tokens: 4 } });
    const { tokens, usage } = await speculating.think(budget, request);
    await speculating.close();
    expect(usage?.draftTokens).toBeGreaterThan(3);
    expect(tokens).toEqual((await think(budget, request)).tokens);
  });
});
