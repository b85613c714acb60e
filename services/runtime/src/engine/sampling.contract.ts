import { beforeAll, describe, expect, test } from '@jest/globals';
import { Watermark } from '../watermark/watermark.ts';
import { at, decodeUntil, oneStep, prefill, run, type EngineFixture } from './engine-runs.ts';
import { NO_TOKEN, type Engine, type SamplerParams, type TokenLogprobs } from './engine.ts';
import { GREEDY } from './greedy.ts';
import { DryBreakers } from './sampling/dry-breakers.ts';

/** How every engine samples. `fixtureOf` gives the fixture once the suite runs. */
export function testSamplingContract(fixtureOf: () => EngineFixture): void {
  describe('sampling', () => {
    let fixture: EngineFixture;
    let engine: Engine;
    beforeAll(() => {
      fixture = fixtureOf();
      engine = fixture.engine;
    });
    const promptAt = (i: number): Uint32Array => at(fixture.prompts, i);

    test('a seed gives the same tokens again, another seed gives others', async () => {
      const sample = (seed: number) =>
        run(engine, { prompt: promptAt(4), slot: 0, tokens: 24, pieces: 1, params: { ...GREEDY, temperature: 1.5, seed } });
      const first = await sample(11);
      expect(await sample(11)).toEqual(first);
      expect(await sample(12)).not.toEqual(first);
    });

    test('a sampler given back carries nothing into the next request', async () => {
      const params = { ...GREEDY, temperature: 1.5, seed: 5 };
      const clean = await run(engine, { prompt: promptAt(5), slot: 0, tokens: 16, pieces: 1, params });
      await run(engine, {
        prompt: promptAt(5),
        slot: 0,
        tokens: 16,
        pieces: 1,
        params: { ...params, presencePenalty: 2, logitBias: new Map([[clean[0] ?? 0, Number.NEGATIVE_INFINITY]]) },
      });
      expect(await run(engine, { prompt: promptAt(5), slot: 0, tokens: 16, pieces: 1, params })).toEqual(clean);
      const grammar = await engine.compileGrammar(fixture.grammar.gbnf);
      await run(engine, { prompt: promptAt(5), slot: 0, tokens: 2, pieces: 1, params: { ...params, grammar } });
      expect(await run(engine, { prompt: promptAt(5), slot: 0, tokens: 16, pieces: 1, params })).toEqual(clean);
      const dry = { multiplier: 2, base: 2, allowedLength: 1, lastTokens: 64, breakers: new DryBreakers([]), history: [...promptAt(5)] };
      const strange: SamplerParams = {
        ...params,
        xtc: { probability: 0.5, threshold: 0.1 },
        dry,
        mirostat: { version: 2, tau: 4, eta: 0.2 },
        watermark: new Watermark({ key: '0'.repeat(32), gamma: 0.5, delta: 3 }),
        logitBias: new Map([[clean[1] ?? 0, 2]]),
        logprobs: 2,
      };
      const odd = await run(engine, { prompt: promptAt(5), slot: 0, tokens: 16, pieces: 1, params: strange });
      expect(await run(engine, { prompt: promptAt(5), slot: 0, tokens: 16, pieces: 1, params })).toEqual(clean);
      expect(await run(engine, { prompt: promptAt(5), slot: 0, tokens: 16, pieces: 1, params: strange })).toEqual(odd);
    });

    test('a banned token is never sampled', async () => {
      const free = await run(engine, { prompt: promptAt(6), slot: 0, tokens: 8, pieces: 1 });
      const banned = free[0] ?? NO_TOKEN;
      const bound = await run(engine, {
        prompt: promptAt(6),
        slot: 0,
        tokens: 8,
        pieces: 1,
        params: { ...GREEDY, logitBias: new Map([[banned, Number.NEGATIVE_INFINITY]]) },
      });
      expect(bound).not.toContain(banned);
      const biased = { ...GREEDY, logitBias: new Map([[banned, 30]]), bannedTokens: [banned] };
      expect(await run(engine, { prompt: promptAt(6), slot: 0, tokens: 8, pieces: 1, params: biased })).not.toContain(banned);
    });

    test('the end of generation is banned until it is allowed', async () => {
      const prompt = promptAt(7);
      const sampler = engine.acquireSampler({ ...GREEDY, banEndOfGeneration: true });
      const tokens = await prefill(engine, { prompt, slot: 0, sampler, pieces: 1 });
      await decodeUntil(engine, { slot: 0, sampler, tokens, position: prompt.length, count: 100 });
      expect(tokens).not.toContain(fixture.endOfGenerationToken);
      sampler.allowEndOfGeneration(tokens);
      await decodeUntil(engine, { slot: 0, sampler, tokens, position: prompt.length, count: 600, until: fixture.endOfGenerationToken });
      engine.clear(0);
      engine.releaseSampler(sampler);
      expect(tokens.at(-1)).toBe(fixture.endOfGenerationToken);
    });

    test.each([false, true])('a grammar is kept to, ends by itself, and is shared: end banned %s', async (banEndOfGeneration) => {
      const grammar = await engine.compileGrammar(fixture.grammar.gbnf);
      const params = { ...GREEDY, grammar, banEndOfGeneration };
      const samplers = [engine.acquireSampler(params), engine.acquireSampler({ ...params, temperature: 1 })];
      const outputs: number[][] = [];
      for (const [slot, sampler] of samplers.entries())
        outputs.push(await prefill(engine, { prompt: promptAt(slot), slot, sampler, pieces: 1 }));
      for (let count = 2; count <= 60; count++) {
        for (const [slot, sampler] of samplers.entries()) {
          const tokens = at(outputs, slot);
          if (fixture.isEndOfGeneration(tokens.at(-1) ?? NO_TOKEN)) continue;
          await decodeUntil(engine, { slot, sampler, tokens, position: promptAt(slot).length, count });
        }
      }
      for (const [slot, sampler] of samplers.entries()) {
        engine.clear(slot);
        engine.releaseSampler(sampler);
        const tokens = at(outputs, slot);
        expect(fixture.isEndOfGeneration(tokens.at(-1) ?? NO_TOKEN)).toBe(true);
        expect(fixture.grammar.isWhole(tokens.slice(0, -1))).toBe(true);
      }
    });

    test('log probabilities are of the raw distribution, and change nothing that is sampled', async () => {
      const prompt = promptAt(9);
      const greedy = await oneStep(engine, prompt, { ...GREEDY, logprobs: 3 });
      expect(greedy.logprobs?.top).toHaveLength(3);
      expect(greedy.logprobs).toMatchObject({ tokenId: greedy.token, logprob: greedy.logprobs?.top[0]?.logprob });
      expect(greedy.logprobs?.top[0]?.tokenId).toBe(greedy.token);
      const chances = (greedy.logprobs?.top ?? []).map(({ logprob }) => Math.exp(logprob));
      expect(chances).toEqual(chances.toSorted((a, b) => b - a));
      expect(chances.reduce((total, chance) => total + chance, 0)).toBeLessThanOrEqual(1);
      const banned = { ...GREEDY, logitBias: new Map([[greedy.token, Number.NEGATIVE_INFINITY]]) };
      const other = await oneStep(engine, prompt, { ...banned, logprobs: 3 });
      expect(other.token).not.toBe(greedy.token);
      expect(other.logprobs?.top).toEqual(greedy.logprobs?.top);
      expect(other.logprobs?.logprob).toBeLessThan(greedy.logprobs?.logprob ?? 0);
      const hot = { ...GREEDY, temperature: 2, seed: 3 };
      expect((await oneStep(engine, prompt, { ...hot, logprobs: 0 })).token).toBe((await oneStep(engine, prompt, hot)).token);
      expect((await oneStep(engine, prompt, hot)).logprobs).toBeUndefined();
    });

    test.each([undefined, 2])('tokens that are forced come next, and the text goes on behind them: logprobs %s', async (top) => {
      const prompt = promptAt(2);
      const [first = NO_TOKEN] = await run(engine, { prompt, slot: 0, tokens: 1, pieces: 1 });
      const forced = [...promptAt(6).subarray(0, 3)];
      const joined = Uint32Array.of(...prompt, first, ...forced);
      const expected = await run(engine, { prompt: joined, slot: 0, tokens: 6, pieces: 1 });
      const sampler = engine.acquireSampler({ ...GREEDY, logprobs: top });
      const tokens = await prefill(engine, { prompt, slot: 0, sampler, pieces: 1 });
      sampler.force(forced, tokens);
      const logprobs: (TokenLogprobs | undefined)[] = [];
      while (tokens.length < 1 + forced.length + expected.length) {
        const item = { slot: 0, position: prompt.length + tokens.length - 1, token: tokens.at(-1) ?? NO_TOKEN, sampler };
        const result = await engine.decode([item]);
        tokens.push(...result.tokens);
        logprobs.push(result.logprobs?.[0]);
      }
      engine.clear(0);
      engine.releaseSampler(sampler);
      expect(tokens).toEqual([first, ...forced, ...expected]);
      if (top === undefined) return expect(logprobs.every((one) => one === undefined)).toBe(true);
      expect(logprobs.map((one) => one?.tokenId)).toEqual(tokens.slice(1));
      const wanted = { followers: joined.subarray(1), top };
      const read = await engine.prefill([{ slot: 1, position: 0, tokens: joined, sampler: undefined, logprobs: wanted }]);
      engine.clear(1);
      const own = read.promptLogprobs?.[0]?.slice(-forced.length) ?? [];
      expect(own).toHaveLength(forced.length);
      // Batches of another shape round otherwise.
      for (const [i, { logprob }] of own.entries()) expect(logprobs[i]?.logprob).toBeCloseTo(logprob, 2);
    });

    test('a prompt has the log probabilities that its tokens would have been sampled with, however it is cut', async () => {
      const prompt = promptAt(3);
      const said = await run(engine, { prompt, slot: 0, tokens: 4, pieces: 1 });
      const whole = Uint32Array.of(...prompt, ...said);
      const logprobsOf = async (size: number) => {
        const read: TokenLogprobs[] = [];
        for (let position = 0; position < whole.length; position += size) {
          const followers = whole.subarray(position + 1, position + size + 1);
          const tokens = whole.subarray(position, position + size);
          const result = await engine.prefill([{ slot: 1, position, tokens, sampler: undefined, logprobs: { followers, top: 2 } }]);
          read.push(...(result.promptLogprobs?.[0] ?? []));
        }
        engine.clear(1);
        return read;
      };
      const [one, many] = [await logprobsOf(whole.length), await logprobsOf(3)];
      expect(one.map(({ tokenId }) => tokenId)).toEqual([...whole.subarray(1)]);
      for (const [i, { tokenId, logprob, top }] of one.entries()) {
        // Batches of another shape round otherwise.
        expect(many[i]?.logprob).toBeCloseTo(logprob, 2);
        expect(top).toHaveLength(2);
        if (i + 1 >= prompt.length) expect(top[0]?.tokenId).toBe(tokenId);
      }
    });

    test('what is no grammar is refused by name', async () => {
      await expect(engine.compileGrammar('root ::= (')).rejects.toMatchObject({ code: 'INVALID_VALUE', param: 'grammar' });
    });
  });
}
