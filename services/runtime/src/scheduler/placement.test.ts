import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createPlacement, tokenAfter } from './placement.harness.ts';
import { prompt } from './scheduler.harness.ts';

const [A, B, Y] = [prompt(100, 1), prompt(100, 32), prompt(100, 63)];

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
