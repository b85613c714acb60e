import { mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { ScriptedEngine } from '../engine/scripted-engine.ts';
import { createHarness, prompt, scriptedEngine } from '../scheduler/scheduler.harness.ts';
import { PrefixStore } from './prefix-store.ts';

describe('a store of prefixes', () => {
  let folder: string;
  let store: PrefixStore;
  let engine: ScriptedEngine;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sluice-store-'));
    engine = scriptedEngine({ slots: 2 });
    store = await PrefixStore.open({ engine, folder, bytesMax: 100_000 });
  });
  afterEach(async () => {
    await store.close();
    await rm(folder, { recursive: true });
  });

  const cachedTokens = async (harness: ReturnType<typeof createHarness>, ids: Uint32Array, adapter?: { name: string }) => {
    const watched = harness.submit({ prompt: ids, maxTokens: 3, adapter });
    const ended = await watched.ended;
    return { cached: ended.usage.cachedTokens, tokens: watched.tokens() };
  };

  test('gives back what had to leave its slot, and the text is the same', async () => {
    const harness = createHarness({ engine, prefixStore: store });
    const first = await cachedTokens(harness, prompt(100));
    // Two slots, so the third prompt makes the first one leave.
    for (const seed of [31, 62]) await cachedTokens(harness, prompt(100, seed));
    expect(store.bytes).toBeGreaterThan(0);
    expect(await cachedTokens(harness, prompt(100))).toEqual({ cached: 99, tokens: first.tokens });
  });

  test('is reported after what is in the slots', async () => {
    const harness = createHarness({ engine, prefixStore: store });
    for (const [i, seed] of [0, 31, 62].entries())
      await harness.submit({ prompt: prompt(100, seed), maxTokens: 3, prefixDigests: [7, 10 + i] }).ended;
    expect(harness.scheduler.prefixDigests()).toEqual([7, 12, 11, 10]);
  });

  test('keeps within its bound and forgets what was used longest ago', async () => {
    const small = await PrefixStore.open({ engine, folder, bytesMax: 800 });
    const harness = createHarness({ engine, prefixStore: small });
    for (const seed of [0, 31, 62, 5, 36, 67]) await cachedTokens(harness, prompt(100, seed));
    expect(small.bytes).toBeGreaterThan(0);
    expect(small.bytes).toBeLessThanOrEqual(800);
    expect((await cachedTokens(harness, prompt(100, 0))).cached).toBe(0);
    await small.close();
  });

  test('is not read into a slot whose content is on its way to another one', async () => {
    const roomy = scriptedEngine({ slots: 4, contextTokens: 1_024 });
    await using stored = await PrefixStore.open({ engine: roomy, folder, bytesMax: 100_000 });
    const harness = createHarness({ engine: roomy, prefixStore: stored });
    const running = harness.submit({ prompt: prompt(4, 80), maxTokens: 1_000 });
    await running.began;
    // Each takes the slot beside the running one, and what was there moves on; at the fourth, the first one leaves.
    const [kept, evicted] = [31, 0];
    const first = await cachedTokens(harness, prompt(100, evicted));
    for (const seed of [5, 62]) await cachedTokens(harness, prompt(100, seed));
    const second = await cachedTokens(harness, prompt(100, kept));
    expect(await cachedTokens(harness, prompt(100, evicted))).toEqual({ cached: 99, tokens: first.tokens });
    expect(await cachedTokens(harness, prompt(100, kept))).toEqual({ cached: 99, tokens: second.tokens });
    running.handle.cancel();
    await running.ended;
  });

  test('never gives one adapter what another one computed', async () => {
    const harness = createHarness({ engine, prefixStore: store });
    const adapter = { name: 'x' };
    await cachedTokens(harness, prompt(100), adapter);
    for (const seed of [31, 62]) await cachedTokens(harness, prompt(100, seed));
    expect((await cachedTokens(harness, prompt(100))).cached).toBe(0);
    for (const seed of [31, 62]) await cachedTokens(harness, prompt(100, seed));
    expect((await cachedTokens(harness, prompt(100), adapter)).cached).toBe(99);
  });

  test('whose files are gone is read around', async () => {
    const harness = createHarness({ engine, prefixStore: store });
    const first = await cachedTokens(harness, prompt(100));
    for (const seed of [31, 62]) await cachedTokens(harness, prompt(100, seed));
    const [name = ''] = await readdir(folder);
    for (const file of await readdir(join(folder, name))) await rm(join(folder, name, file));
    expect(await cachedTokens(harness, prompt(100))).toEqual({ cached: 0, tokens: first.tokens });
  });

  test('is nobody else’s to read, and is gone when it is closed', async () => {
    const [name = ''] = await readdir(folder);
    expect((await stat(join(folder, name))).mode & 0o777).toBe(0o700);
    await store.close();
    expect(await readdir(folder)).toEqual([]);
  });

  test('removes what a process left that has ended, and nothing else', async () => {
    // Process ids end long before this one.
    await mkdir(join(folder, 'sluice-prefixes-99999999-abc'));
    await mkdir(join(folder, `sluice-prefixes-${process.ppid}-abc`));
    await mkdir(join(folder, 'of somebody else'));
    await (await PrefixStore.open({ engine, folder, bytesMax: 1 })).close();
    const names = await readdir(folder);
    expect(names.filter((name) => !name.startsWith(`sluice-prefixes-${process.pid}-`)).sort()).toEqual([
      'of somebody else',
      `sluice-prefixes-${process.ppid}-abc`,
    ]);
  });
});
