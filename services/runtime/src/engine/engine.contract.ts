import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { writeAdapterFile } from '@sluice/testing/adapter-file';
import { NO_TOKEN, type Adapter, type DecodeItem, type Engine, type Sampler, type SamplerParams, type TokenLogprobs } from './engine.ts';
import { Watermark } from '../watermark/watermark.ts';
import { GREEDY } from './greedy.ts';
import { DryBreakers } from './sampling/dry-breakers.ts';

type Fixture = {
  readonly engine: Engine;
  readonly endOfGenerationToken: number;
  readonly isEndOfGeneration: (token: number) => boolean;
  readonly prompts: readonly Uint32Array[];
  /** A grammar of one text, which is longer than two tokens, and whether tokens are that text. */
  readonly grammar: { readonly gbnf: string; readonly isWhole: (tokens: readonly number[]) => boolean };
};

const AS_TRAINED = 1;

/** What the scheduler relies on, for every engine. `open` gives an engine with at least 8 slots and 16 different prompts of 4 to 40 tokens. */
export function testEngineContract(name: string, open: () => Promise<Fixture>): void {
  describe(`the engine contract: ${name}`, () => {
    let fixture: Fixture;
    let engine: Engine;
    let folder: string;
    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'sluice-adapters-'));
      fixture = await open();
      engine = fixture.engine;
    });
    afterAll(async () => {
      await engine.close();
      rmSync(folder, { recursive: true });
    });

    const promptAt = (i: number): Uint32Array => {
      const prompt = fixture.prompts[i];
      if (!prompt) throw new Error(`the fixture has no prompt ${i}`);
      return prompt;
    };

    test('a prompt read in pieces continues like the prompt read whole', async () => {
      const prompt = promptAt(0);
      expect(await run(engine, { prompt, slot: 0, tokens: 12, pieces: 3 })).toEqual(
        await run(engine, { prompt, slot: 0, tokens: 12, pieces: 1 }),
      );
    });

    test('sequences decoded together continue as each does alone', async () => {
      const slots = Math.min(engine.slots, 16);
      const alone: number[][] = [];
      for (let i = 0; i < slots; i++) alone.push(await run(engine, { prompt: promptAt(i), slot: 0, tokens: 12, pieces: 1 }));
      expect(
        await runTogether(
          engine,
          Array.from({ length: slots }, (_, i) => promptAt(i)),
          12,
        ),
      ).toEqual(alone);
    });

    test('a cleared slot is as new', async () => {
      const prompt = promptAt(1);
      const fresh = await run(engine, { prompt, slot: 2, tokens: 8, pieces: 1 });
      await run(engine, { prompt: promptAt(3), slot: 2, tokens: 8, pieces: 1 });
      expect(await run(engine, { prompt, slot: 2, tokens: 8, pieces: 1 })).toEqual(fresh);
    });

    test('a moved sequence goes on where it was, and its old slot is empty', async () => {
      const prompt = promptAt(2);
      const stayed = await run(engine, { prompt, slot: 0, tokens: 10, pieces: 1 });
      const sampler = engine.acquireSampler(GREEDY);
      const tokens = await prefill(engine, { prompt, slot: 5, sampler, pieces: 1 });
      await decodeUntil(engine, { slot: 5, sampler, tokens, position: prompt.length, count: 4 });
      await engine.move(5, 1);
      await decodeUntil(engine, { slot: 1, sampler, tokens, position: prompt.length, count: 10 });
      engine.clear(1);
      engine.releaseSampler(sampler);
      expect(tokens).toEqual(stayed);
      expect(await run(engine, { prompt, slot: 5, tokens: 10, pieces: 1 })).toEqual(stayed);
    });

    test('a copy goes on like its source, also after a trim, and leaves the source as it was', async () => {
      const prompt = promptAt(2);
      const expected = await run(engine, { prompt, slot: 0, tokens: 10, pieces: 1 });
      const sampler = engine.acquireSampler(GREEDY);
      const tokens = await prefill(engine, { prompt, slot: 0, sampler, pieces: 1 });
      await decodeUntil(engine, { slot: 0, sampler, tokens, position: prompt.length, count: 4 });
      // Another sequence was there before.
      await prefill(engine, { prompt: promptAt(3), slot: 4, sampler, pieces: 1 });
      await engine.copy(0, 4);
      expect(engine.trim(4, prompt.length - 1)).toBe(true);
      const copy = engine.acquireSampler(GREEDY);
      const last = await engine.prefill([{ slot: 4, position: prompt.length - 1, tokens: prompt.subarray(-1), sampler: copy }]);
      const copied = [...last.tokens];
      await decodeUntil(engine, { slot: 4, sampler: copy, tokens: copied, position: prompt.length, count: 10 });
      await decodeUntil(engine, { slot: 0, sampler, tokens, position: prompt.length, count: 10 });
      for (const slot of [0, 4]) engine.clear(slot);
      for (const each of [sampler, copy]) engine.releaseSampler(each);
      expect(copied).toEqual(expected);
      expect(tokens).toEqual(expected);
    });

    test('a trimmed slot goes on from there with other tokens', async () => {
      const [kept, other] = [promptAt(1), promptAt(3)];
      const length = Math.min(3, kept.length - 1);
      const joined = Uint32Array.of(...kept.subarray(0, length), ...other);
      const expected = await run(engine, { prompt: joined, slot: 0, tokens: 8, pieces: 1 });
      const sampler = engine.acquireSampler(GREEDY);
      await prefill(engine, { prompt: kept, slot: 2, sampler, pieces: 1 });
      engine.trim(2, length);
      const first = await engine.prefill([{ slot: 2, position: length, tokens: other, sampler }]);
      const tokens = [...first.tokens];
      await decodeUntil(engine, { slot: 2, sampler, tokens, position: joined.length, count: 8 });
      engine.clear(2);
      engine.releaseSampler(sampler);
      expect(tokens).toEqual(expected);
    });

    test('what was saved goes on in any slot as if it had been read there', async () => {
      const prompt = promptAt(8);
      const expected = await run(engine, { prompt, slot: 0, tokens: 10, pieces: 1 });
      const folder = mkdtempSync(join(tmpdir(), 'sluice-engine-'));
      const path = join(folder, 'saved');
      const sampler = engine.acquireSampler(GREEDY);
      await prefill(engine, { prompt, slot: 0, sampler, pieces: 1 });
      expect(await engine.save(0, path, prompt)).toBeGreaterThan(0);
      engine.clear(0);
      await prefill(engine, { prompt: promptAt(9), slot: 3, sampler, pieces: 1 });
      await engine.load(path, 3);
      expect(engine.trim(3, prompt.length - 1)).toBe(true);
      const again = engine.acquireSampler(GREEDY);
      const last = await engine.prefill([{ slot: 3, position: prompt.length - 1, tokens: prompt.subarray(-1), sampler: again }]);
      const tokens = [...last.tokens];
      await decodeUntil(engine, { slot: 3, sampler: again, tokens, position: prompt.length, count: 10 });
      await expect(engine.load(join(folder, 'nothing'), 4)).rejects.toThrow();
      for (const slot of [3, 4]) engine.clear(slot);
      for (const each of [sampler, again]) engine.releaseSampler(each);
      rmSync(folder, { recursive: true });
      expect(tokens).toEqual(expected);
    });

    test('a guess is confirmed as far as it is right, and what was wrong of it can be taken back', async () => {
      const prompt = promptAt(4);
      const expected = await run(engine, { prompt, slot: 0, tokens: 12, pieces: 1 });
      const wrong = (at(expected, 3) + 1) % 32;
      const sampler = engine.acquireSampler(GREEDY);
      const tokens = await prefill(engine, { prompt, slot: 0, sampler, pieces: 1 });
      const item = { slot: 0, position: prompt.length, token: at(tokens, 0), sampler };
      const { tokens: verified } = await engine.verify([{ ...item, draft: [at(expected, 1), at(expected, 2), wrong, 3] }]);
      expect(verified).toEqual([expected.slice(1, 4)]);
      tokens.push(...at(verified, 0));
      expect(engine.trim(0, prompt.length + 3)).toBe(true);
      await decodeUntil(engine, { slot: 0, sampler, tokens, position: prompt.length, count: 12 });
      engine.clear(0);
      engine.releaseSampler(sampler);
      expect(tokens).toEqual(expected);
    });

    test('guesses of several sequences are confirmed each for itself', async () => {
      const prompts = [promptAt(5), promptAt(6), promptAt(7)];
      const expected: number[][] = [];
      for (const prompt of prompts) expected.push(await run(engine, { prompt, slot: 0, tokens: 5, pieces: 1 }));
      const samplers = prompts.map(() => engine.acquireSampler(GREEDY));
      for (const [slot, prompt] of prompts.entries()) await prefill(engine, { prompt, slot, sampler: at(samplers, slot), pieces: 1 });
      const { tokens } = await engine.verify(
        prompts.map((prompt, slot) => {
          const [token = 0, second = 0, third = 0] = at(expected, slot);
          // The first guess is right, the second right but for its end, the third wrong.
          const draft = [second === 9 ? 10 : 9, third];
          if (slot < 2) draft[0] = second;
          if (slot === 1) draft[1] = third === 9 ? 10 : 9;
          return { slot, position: prompt.length, token, sampler: at(samplers, slot), draft };
        }),
      );
      expect(tokens.map((sampled) => sampled.length)).toEqual([3, 2, 1]);
      tokens.forEach((sampled, slot) => expect(sampled).toEqual(at(expected, slot).slice(1, 1 + sampled.length)));
      for (const [slot, sampler] of samplers.entries()) {
        engine.clear(slot);
        engine.releaseSampler(sampler);
      }
    });

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

    const loadAdapter = (name: string, seed: number): Promise<Adapter> => {
      const path = join(folder, `${name}.gguf`);
      writeAdapterFile(path, { seed });
      return engine.loadAdapter({ path, name, scale: AS_TRAINED });
    };

    /** The greedy tokens of two prompts with an adapter, which is taken off again. */
    const runWith = async (adapter: Adapter | undefined): Promise<number[][]> => {
      engine.useAdapter(adapter);
      const outputs = [
        await run(engine, { prompt: promptAt(0), slot: 0, tokens: 12, pieces: 1 }),
        await run(engine, { prompt: promptAt(8), slot: 1, tokens: 12, pieces: 1 }),
      ];
      engine.useAdapter(undefined);
      return outputs;
    };

    test('an adapter changes what the model says, each in its own way, and nothing once it is taken off', async () => {
      const base = await runWith(undefined);
      const [red, blue] = [await loadAdapter('red', 1), await loadAdapter('blue', 2)];
      const [withRed, withBlue] = [await runWith(red), await runWith(blue)];
      expect(new Set([base, withRed, withBlue].map(String)).size).toBe(3);
      expect(await runWith(undefined)).toEqual(base);
      expect(await runWith(red)).toEqual(withRed);
      await engine.unloadAdapter(red);
      expect(await runWith(blue)).toEqual(withBlue);
      await engine.unloadAdapter(blue);
      expect(await runWith(undefined)).toEqual(base);
    });

    test('steps with adapters in turns leave every sequence as it is alone', async () => {
      const adapters = [undefined, await loadAdapter('red', 1), await loadAdapter('blue', 2)];
      const alone: number[][] = [];
      for (const [i, adapter] of adapters.entries()) {
        engine.useAdapter(adapter);
        alone.push(await run(engine, { prompt: promptAt(i), slot: i, tokens: 10, pieces: 1 }));
      }
      const sampler = engine.acquireSampler(GREEDY);
      const together: number[][] = [];
      for (const [slot, adapter] of adapters.entries()) {
        engine.useAdapter(adapter);
        together.push(await prefill(engine, { prompt: promptAt(slot), slot, sampler, pieces: 1 }));
      }
      for (let count = 2; count <= 10; count++) {
        for (const [slot, adapter] of adapters.entries()) {
          engine.useAdapter(adapter);
          await decodeUntil(engine, { slot, sampler, tokens: at(together, slot), position: promptAt(slot).length, count });
        }
      }
      engine.useAdapter(undefined);
      for (const slot of adapters.keys()) engine.clear(slot);
      engine.releaseSampler(sampler);
      for (const adapter of adapters) if (adapter) await engine.unloadAdapter(adapter);
      expect(together).toEqual(alone);
    });

    test('adapters come and go during steps', async () => {
      const prompt = promptAt(4);
      const expected = await run(engine, { prompt, slot: 3, tokens: 30, pieces: 1 });
      const sampler = engine.acquireSampler(GREEDY);
      const tokens = await prefill(engine, { prompt, slot: 3, sampler, pieces: 1 });
      const decoding = decodeUntil(engine, { slot: 3, sampler, tokens, position: prompt.length, count: 30 });
      for (let i = 0; i < 4; i++) await engine.unloadAdapter(await loadAdapter('brief', i));
      await decoding;
      engine.clear(3);
      engine.releaseSampler(sampler);
      expect(tokens).toEqual(expected);
    });

    test('a file that is no adapter is refused, and changes nothing', async () => {
      const base = await runWith(undefined);
      const path = join(folder, 'text.gguf');
      writeFileSync(path, 'not a model at all');
      await expect(engine.loadAdapter({ path, name: 'text', scale: AS_TRAINED })).rejects.toMatchObject({
        code: 'INVALID_VALUE',
        message: expect.stringContaining('`text` cannot be loaded'),
      });
      expect(await runWith(undefined)).toEqual(base);
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

    test('a step that is too large is refused and leaves the other slots alone', async () => {
      const prompt = promptAt(0);
      const expected = await run(engine, { prompt, slot: 0, tokens: 8, pieces: 1 });
      const sampler = engine.acquireSampler(GREEDY);
      const tokens = await prefill(engine, { prompt, slot: 0, sampler, pieces: 1 });
      const tooLarge = new Uint32Array(engine.batchTokens + 1).fill(3);
      await expect((async () => engine.prefill([{ slot: 1, position: 0, tokens: tooLarge, sampler: undefined }]))()).rejects.toThrow(
        'Invalid batch size',
      );
      engine.clear(1);
      await decodeUntil(engine, { slot: 0, sampler, tokens, position: prompt.length, count: 8 });
      engine.clear(0);
      engine.releaseSampler(sampler);
      expect(tokens).toEqual(expected);
    });
  });
}

type Run = { prompt: Uint32Array; slot: number; tokens: number; pieces: number; params?: SamplerParams };

/** The tokens of one sequence alone in its slot, which is empty before and after. */
async function run(engine: Engine, { prompt, slot, tokens: count, pieces, params = GREEDY }: Run): Promise<number[]> {
  const sampler = engine.acquireSampler(params);
  const tokens = await prefill(engine, { prompt, slot, sampler, pieces });
  await decodeUntil(engine, { slot, sampler, tokens, position: prompt.length, count });
  engine.clear(slot);
  engine.releaseSampler(sampler);
  return tokens;
}

/** What is sampled after a prompt in slot 0, which is empty before and after. */
async function oneStep(
  engine: Engine,
  prompt: Uint32Array,
  params: SamplerParams,
): Promise<{ token: number; logprobs: TokenLogprobs | undefined }> {
  const sampler = engine.acquireSampler(params);
  const { tokens, logprobs } = await engine.prefill([{ slot: 0, position: 0, tokens: prompt, sampler }]);
  engine.clear(0);
  engine.releaseSampler(sampler);
  return { token: tokens[0] ?? NO_TOKEN, logprobs: logprobs?.[0] };
}

async function runTogether(engine: Engine, prompts: readonly Uint32Array[], count: number): Promise<number[][]> {
  const samplers = prompts.map(() => engine.acquireSampler(GREEDY));
  const outputs: number[][] = [];
  for (const [slot, prompt] of prompts.entries())
    outputs.push(await prefill(engine, { prompt, slot, sampler: at(samplers, slot), pieces: 1 }));
  while ((outputs[0]?.length ?? count) < count) {
    const items = prompts.map((prompt, slot): DecodeItem => {
      const output = at(outputs, slot);
      return { slot, position: prompt.length + output.length - 1, token: output.at(-1) ?? NO_TOKEN, sampler: at(samplers, slot) };
    });
    const { tokens } = await engine.decode(items);
    tokens.forEach((token, slot) => at(outputs, slot).push(token));
  }
  for (const [slot, sampler] of samplers.entries()) {
    engine.clear(slot);
    engine.releaseSampler(sampler);
  }
  return outputs;
}

async function prefill(
  engine: Engine,
  { prompt, slot, sampler, pieces }: { prompt: Uint32Array; slot: number; sampler: Sampler; pieces: number },
): Promise<number[]> {
  const size = Math.ceil(prompt.length / pieces);
  let first = NO_TOKEN;
  for (let position = 0; position < prompt.length; position += size) {
    const isLast = position + size >= prompt.length;
    const result = await engine.prefill([
      { slot, position, tokens: prompt.subarray(position, position + size), sampler: isLast ? sampler : undefined },
    ]);
    first = result.tokens[0] ?? NO_TOKEN;
  }
  return [first];
}

async function decodeUntil(
  engine: Engine,
  run: { slot: number; sampler: Sampler; tokens: number[]; position: number; count: number; until?: number },
): Promise<void> {
  while (run.tokens.length < run.count && run.tokens.at(-1) !== run.until) {
    const position = run.position + run.tokens.length - 1;
    const result = await engine.decode([{ slot: run.slot, position, token: run.tokens.at(-1) ?? NO_TOKEN, sampler: run.sampler }]);
    run.tokens.push(result.tokens[0] ?? NO_TOKEN);
  }
}

function at<Item>(items: readonly Item[], i: number): Item {
  const item = items[i];
  if (item === undefined) throw new RangeError(`no item ${i}`);
  return item;
}
