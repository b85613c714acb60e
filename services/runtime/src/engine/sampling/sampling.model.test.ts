import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { LoadedModel } from '../../models/load-model.ts';
import { loadDemoModel } from '../../test-support/demo-model.ts';
import { Watermark } from '../../watermark/watermark.ts';
import { NO_TOKEN, type SamplerParams, type TokenLogprobs } from '../engine.ts';
import { GREEDY } from '../greedy.ts';
import { DryBreakers } from './dry-breakers.ts';

/** Changes nothing that could be measured, but makes TypeScript choose among candidates. */
const NO_DRY = { multiplier: 1e-9, base: 1, allowedLength: 2, lastTokens: 16, breakers: new DryBreakers([]), history: [] };
const STORY = 'Tell me a story about a fox.';

let model: LoadedModel;
beforeAll(async () => {
  model = await loadDemoModel({ slots: 4, contextTokens: 512, batchTokens: 128 });
});
afterAll(() => model.engine.close());

const promptOf = (content: string): Uint32Array =>
  model.encodePrompt({ kind: 'chat', messages: [{ role: 'user', content }], tools: undefined, extra: {} });

async function generate(params: SamplerParams, count: number, prompt = promptOf(STORY)): Promise<number[]> {
  const { engine, tokenizer } = model;
  const sampler = engine.acquireSampler(params);
  const first = await engine.prefill([{ slot: 0, position: 0, tokens: prompt, sampler }]);
  const tokens = [...first.tokens];
  while (tokens.length < count && !tokenizer.isEndOfGeneration(tokens.at(-1) ?? NO_TOKEN)) {
    const position = prompt.length + tokens.length - 1;
    const { tokens: next } = await engine.decode([{ slot: 0, position, token: tokens.at(-1) ?? NO_TOKEN, sampler }]);
    tokens.push(...next);
  }
  engine.clear(0);
  engine.releaseSampler(sampler);
  return tokens;
}

/** The raw distribution after a prompt, over the whole vocabulary. */
async function distribution(prompt: Uint32Array): Promise<TokenLogprobs> {
  const { engine, tokenizer } = model;
  const sampler = engine.acquireSampler({ ...GREEDY, logprobs: tokenizer.vocabularySize });
  const { logprobs } = await engine.prefill([{ slot: 1, position: 0, tokens: prompt, sampler }]);
  engine.clear(1);
  engine.releaseSampler(sampler);
  const [found] = logprobs ?? [];
  if (!found) throw new Error('no logprobs');
  return found;
}

describe('log probabilities', () => {
  test('are the softmax of all logits', async () => {
    const { top } = await distribution(promptOf(STORY));
    expect(top).toHaveLength(model.tokenizer.vocabularySize);
    const whole = top.reduce((sum, { logprob }) => sum + Math.exp(logprob), 0);
    expect(whole).toBeCloseTo(1, 5);
    const normaliser = Math.log(whole);
    const sampler = model.engine.acquireSampler({ ...GREEDY, temperature: 1.8, seed: 5, logprobs: 20 });
    const { tokens, logprobs } = await model.engine.prefill([{ slot: 1, position: 0, tokens: promptOf(STORY), sampler }]);
    model.engine.clear(1);
    model.engine.releaseSampler(sampler);
    const [own] = logprobs ?? [];
    expect(own?.logprob).toBeCloseTo((top.find(({ tokenId }) => tokenId === tokens[0])?.logprob ?? 1) - normaliser, 4);
    expect(own?.top.map(({ tokenId }) => tokenId)).toEqual(top.slice(0, 20).map(({ tokenId }) => tokenId));
    own?.top.forEach(({ logprob }, i) => expect(logprob).toBeCloseTo((top[i]?.logprob ?? 1) - normaliser, 4));
    expect(own?.top.reduce((sum, { logprob }) => sum + Math.exp(logprob), 0)).toBeLessThanOrEqual(1);
  });
});

describe('sampling among candidates', () => {
  test.each<[string, Partial<SamplerParams>]>([
    ['greedy', {}],
    ['presence and frequency', { presencePenalty: 0.7, frequencyPenalty: 0.4 }],
    ['repetition over the prompt', { repetitionPenalty: 1.4, penaltyHistory: [...Array(400).keys()] }],
    ['penalties that raise', { presencePenalty: -1.5 }],
    [
      'bias and a ban',
      {
        logitBias: new Map([
          [300, 4],
          [301, Number.NEGATIVE_INFINITY],
        ]),
        banEndOfGeneration: true,
      },
    ],
  ])('takes the tokens that llama.cpp itself takes: %s', async (_, params) => {
    const native = await generate({ ...GREEDY, ...params }, 50);
    expect(await generate({ ...GREEDY, ...params, dry: NO_DRY }, 50)).toEqual(native);
  });

  /** How often the first token after a prompt is one of the `count` likeliest, against how often it should be. */
  const expectShares = async (
    params: SamplerParams,
    weigh: (logprob: number, tokenId: number) => number,
    bounds: readonly number[],
  ): Promise<void> => {
    const prompt = promptOf(STORY);
    const { top } = await distribution(prompt);
    const rankOf = new Map(top.map(({ tokenId }, rank) => [tokenId, rank]));
    const weights = top.map(({ logprob, tokenId }) => weigh(logprob, tokenId));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const rounds = 600;
    const ranks: number[] = [];
    for (let seed = 1; seed <= rounds; seed++)
      ranks.push(rankOf.get((await generate({ ...params, seed }, 1, prompt))[0] ?? NO_TOKEN) ?? -1);
    for (const bound of bounds) {
      const share = weights.slice(0, bound).reduce((sum, weight) => sum + weight, 0) / total;
      const found = ranks.filter((rank) => rank < bound).length;
      // Five standard deviations of a binomial distribution.
      expect(Math.abs(found - rounds * share)).toBeLessThanOrEqual(5 * Math.sqrt(rounds * share * (1 - share)) + 1e-9);
    }
  };

  test('gives each token its share, also those far beyond the candidates that are fetched first', async () => {
    const temperature = 4;
    await expectShares({ ...GREEDY, temperature, dry: NO_DRY }, (logprob) => Math.exp(logprob / temperature), [1, 20, 128, 1_024, 3_000]);
  });

  test('gives each token of the nucleus its share, and none beside it', async () => {
    const { top } = await distribution(promptOf(STORY));
    let held = 0;
    const size = top.findIndex(({ logprob }) => (held += Math.exp(logprob)) >= 0.9) + 1;
    const least = top[size - 1]?.logprob ?? 0;
    await expectShares({ ...GREEDY, temperature: 1, topP: 0.9, dry: NO_DRY }, (logprob) => (logprob >= least ? Math.exp(logprob) : 0), [
      1,
      2,
      size,
    ]);
  });

  describe.each([
    ['by llama.cpp', {}],
    ['among candidates', { dry: NO_DRY }],
  ])('the watermark, %s,', (_, tier) => {
    const watermark = new Watermark({ key: 'ab'.repeat(16), gamma: 0.5, delta: 2 });
    const previous = (): number => promptOf(STORY).at(-1) ?? NO_TOKEN;
    const marked = (logprob: number, tokenId: number): number => Math.exp(logprob + (watermark.isGreen(previous(), tokenId) ? 2 : 0));

    test('makes each green token likelier by e^delta', async () => {
      await expectShares({ ...GREEDY, ...tier, temperature: 1, watermark }, marked, [1, 2, 3, 5, 20, 500]);
    });

    test('comes before truncation', async () => {
      const { top } = await distribution(promptOf(STORY));
      const likeliest = top.toSorted((a, b) => marked(b.logprob, b.tokenId) - marked(a.logprob, a.tokenId)).slice(0, 4);
      const kept = new Set(likeliest.map(({ tokenId }) => tokenId));
      const weigh = (logprob: number, tokenId: number): number => (kept.has(tokenId) ? marked(logprob, tokenId) : 0);
      await expectShares({ ...GREEDY, ...tier, temperature: 1, topK: 4, watermark }, weigh, [1, 2, 3, 5, 20, 500]);
    });

    test('goes on from token to token, with penalties over what was said', async () => {
      const params = { ...GREEDY, ...tier, watermark, presencePenalty: 0.7, frequencyPenalty: 0.4 };
      const tokens = await generate(params, 40);
      const green = tokens.filter((token, i) => watermark.isGreen(tokens[i - 1] ?? previous(), token)).length;
      const free = await generate({ ...params, watermark: undefined }, 40);
      expect(green / tokens.length).toBeGreaterThan(
        free.filter((token, i) => watermark.isGreen(free[i - 1] ?? previous(), token)).length / free.length,
      );
      expect(await generate({ ...params, dry: NO_DRY }, 40)).toEqual(tokens);
    });
  });

  test('keeps to a grammar and ends with it', async () => {
    const grammar = await model.engine.compileGrammar('root ::= [0-9]{3} "-" ("left" | "right")');
    for (let seed = 1; seed <= 10; seed++) {
      const params = { ...GREEDY, temperature: 1.5, seed, grammar, dry: NO_DRY, banEndOfGeneration: seed % 2 === 0 };
      const tokens = await generate(params, 40);
      expect(model.tokenizer.isEndOfGeneration(tokens.at(-1) ?? NO_TOKEN)).toBe(true);
      expect(textOf(tokens)).toMatch(/^\d{3}-(left|right)$/);
    }
  });

  test('mirostat aims at its target: a higher one gives more surprising texts', async () => {
    const surpriseOf = async (version: 1 | 2, tau: number): Promise<number> => {
      const logprobs: number[] = [];
      for (let seed = 1; seed <= 6; seed++) {
        const params: SamplerParams = { ...GREEDY, temperature: 1, seed, mirostat: { version, tau, eta: 0.1 }, banEndOfGeneration: true };
        const tokens = await generate(params, 60);
        logprobs.push(await meanLogprob(promptOf(STORY), tokens));
      }
      return -logprobs.reduce((sum, logprob) => sum + logprob, 0) / logprobs.length;
    };
    for (const version of [1, 2] as const) expect(await surpriseOf(version, 6)).toBeGreaterThan(await surpriseOf(version, 1));
  });

  test('DRY keeps greedy decoding from going on with what was said before', async () => {
    const prompt = promptOf(STORY);
    const [next = NO_TOKEN] = await generate(GREEDY, 1);
    const dry = { multiplier: 50, base: 1.75, allowedLength: 2, lastTokens: 512, breakers: new DryBreakers([]) };
    expect(await generate({ ...GREEDY, dry: { ...dry, history: [...prompt] } }, 1)).toEqual([next]);
    expect(await generate({ ...GREEDY, dry: { ...dry, history: [...prompt, next, ...prompt] } }, 1)).not.toEqual([next]);
  });
});

describe('tokens that are forced', () => {
  /** What follows `forced` after the first token of a story. */
  async function after(forced: readonly number[], params: SamplerParams, count: number): Promise<number[]> {
    const { engine } = model;
    const prompt = promptOf(STORY);
    const sampler = engine.acquireSampler(params);
    const tokens = [...(await engine.prefill([{ slot: 0, position: 0, tokens: prompt, sampler }])).tokens];
    sampler.force(forced, tokens);
    while (tokens.length < 1 + forced.length + count) {
      const position = prompt.length + tokens.length - 1;
      tokens.push(...(await engine.decode([{ slot: 0, position, token: tokens.at(-1) ?? NO_TOKEN, sampler }])).tokens);
    }
    engine.clear(0);
    engine.releaseSampler(sampler);
    expect(tokens.slice(1, 1 + forced.length)).toEqual(forced);
    return tokens.slice(1 + forced.length);
  }

  test.each([
    ['natively', {}],
    ['of candidates', { dry: NO_DRY }],
  ])('are counted by penalties %s', async (_how, params) => {
    const said = (await generate(GREEDY, 25)).slice(1);
    const repeats = (await after(said, GREEDY, 40)).filter((token) => said.includes(token));
    // A story says some words again.
    expect(repeats.length).toBeGreaterThan(5);
    const free = await after(said, { ...GREEDY, ...params, presencePenalty: 100 }, 20);
    expect(free.filter((token) => said.includes(token))).toEqual([]);
  });

  test('are counted by penalties also where a grammar goes on behind them', async () => {
    const grammar = await model.engine.compileGrammar('root ::= [abegopstxyz]+');
    const said = (await generate({ ...GREEDY, grammar }, 5)).slice(1);
    const repeats = (await after(said, { ...GREEDY, grammar }, 5)).filter((token) => said.includes(token));
    expect(repeats.length).toBeGreaterThan(0);
    const free = await after(said, { ...GREEDY, grammar, presencePenalty: 100 }, 5);
    expect(free.filter((token) => said.includes(token))).toEqual([]);
    expect(textOf([...said, ...free])).toMatch(/^[abegopstxyz]+$/);
  });
});

function textOf(tokens: readonly number[]): string {
  return Buffer.concat(tokens.map((token) => model.tokenizer.tokenBytes[token] ?? Buffer.of())).toString();
}

async function meanLogprob(prompt: Uint32Array, tokens: readonly number[]): Promise<number> {
  const { engine } = model;
  const whole = Uint32Array.of(...prompt, ...tokens);
  const read: TokenLogprobs[] = [];
  for (let position = 0; position < whole.length; position += 64) {
    const followers = whole.subarray(position + 1, position + 65);
    const chunk = {
      slot: 2,
      position,
      tokens: whole.subarray(position, position + 64),
      sampler: undefined,
      logprobs: { followers, top: 0 },
    };
    read.push(...((await engine.prefill([chunk])).promptLogprobs?.[0] ?? []));
  }
  engine.clear(2);
  const own = read.slice(prompt.length - 1);
  return own.reduce((sum, { logprob }) => sum + logprob, 0) / own.length;
}
