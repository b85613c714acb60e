import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createPlacement, tokenAfter } from './placement.harness.ts';
import { prompt } from './scheduler.harness.ts';

const [A, B, Y] = [prompt(100, 1), prompt(100, 32), prompt(100, 63)];

describe('what a slot held', () => {
  test('is not counted on after a copy over it failed', async () => {
    const { engine, enter, read, ask } = await createPlacement({ slots: 3 });
    await read(await enter(prompt(4)));
    await ask(A);
    // A moves on to the last slot, and would leave it for B.
    await ask(B);
    const copy = engine.copy.bind(engine);
    engine.copy = (_, to) => {
      engine.clear(to);
      return Promise.reject(new Error('planned'));
    };
    await expect(enter(Y)).rejects.toThrow('planned');
    engine.copy = copy;
    expect(await ask(A)).toMatchObject({ cached: 0, token: await tokenAfter(A) });
  });

  test('is not counted on where it could not be cut to what is known', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sluice-placement-'));
    const { engine, ask } = await createPlacement({ slots: 1, storeFolder: folder });
    await ask(prompt(200));
    const trim = engine.trim.bind(engine);
    engine.trim = (slot) => {
      engine.clear(slot);
      engine.trim = trim;
      return false;
    };
    const shared = Uint32Array.of(...prompt(60), ...prompt(9, 77));
    expect(await ask(shared)).toMatchObject({ cached: 0, token: await tokenAfter(shared) });
    await rm(folder, { recursive: true });
  });
});

describe('a stored beginning', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sluice-placement-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  /** A prompt whose beginning is stored, in a slot that the next step copies something into and out of. */
  const enterBetweenCopies = async () => {
    const parts = await createPlacement({ slots: 4, storeFolder: folder });
    const { slot } = await parts.ask(Y);
    await parts.store?.keep(slot, { ids: Y, adapter: undefined, digests: [] });
    parts.engine.clear(slot);
    parts.table.forget(slot);
    await parts.read(await parts.enter(prompt(4)));
    await parts.ask(A);
    const other = await parts.enter(B);
    return { ...parts, other, late: await parts.enter(Y) };
  };

  test('waits for the step that makes the copies of its slot', async () => {
    const { placement, late, other, read, leave, ask } = await enterBetweenCopies();
    expect(await placement.begin(late, { mayWait: true })).toBe('later');
    await read(other);
    expect(await placement.begin(late, { mayWait: true })).toBe('slow');
    expect(late.readLength).toBe(99);
    expect(await read(late)).toBe(await tokenAfter(Y));
    leave(late);
    expect(await ask(A)).toMatchObject({ cached: 99, token: await tokenAfter(A) });
  });

  test('is not used where no step may come first', async () => {
    const { placement, late, read, leave, ask } = await enterBetweenCopies();
    expect(await placement.begin(late, { mayWait: false })).toBe('quick');
    expect(late.readLength).toBe(0);
    expect(await read(late)).toBe(await tokenAfter(Y));
    leave(late);
    expect(await ask(A)).toMatchObject({ cached: 99, token: await tokenAfter(A) });
  });
});
