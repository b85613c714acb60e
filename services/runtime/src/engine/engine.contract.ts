import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { writeAdapterFile } from '@sluice/testing/adapter-file';
import { at, decodeUntil, prefill, run, runTogether, type EngineFixture } from './engine-runs.ts';
import type { Adapter, Engine } from './engine.ts';
import { GREEDY } from './greedy.ts';
import { testSamplingContract } from './sampling.contract.ts';

const AS_TRAINED = 1;

/** What the scheduler relies on, for every engine. */
export function testEngineContract(name: string, open: () => Promise<EngineFixture>): void {
  describe(`the engine contract: ${name}`, () => {
    let fixture: EngineFixture;
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

    const promptAt = (i: number): Uint32Array => at(fixture.prompts, i);

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

    test('a copy takes what its source holds when the next step comes, so a file that is loaded before that is what it gets', async () => {
      const length = Math.min(promptAt(8).length, promptAt(9).length);
      const [read, saved] = [promptAt(8).subarray(0, length), promptAt(9).subarray(0, length)];
      const expected = await run(engine, { prompt: saved, slot: 0, tokens: 10, pieces: 1 });
      const folder = mkdtempSync(join(tmpdir(), 'sluice-engine-'));
      const path = join(folder, 'saved');
      const sampler = engine.acquireSampler(GREEDY);
      await prefill(engine, { prompt: saved, slot: 0, sampler, pieces: 1 });
      await engine.save(0, path, saved);
      engine.clear(0);
      await prefill(engine, { prompt: read, slot: 0, sampler, pieces: 1 });
      await engine.copy(0, 4);
      await engine.load(path, 0);
      const tokens = [at(expected, 0)];
      await decodeUntil(engine, { slot: 4, sampler, tokens, position: length, count: 10 });
      for (const slot of [0, 4]) engine.clear(slot);
      engine.releaseSampler(sampler);
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

    testSamplingContract(() => fixture);
  });
}
