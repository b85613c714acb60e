import { describe, expect, test } from '@jest/globals';
import { broadcast, type Receiver } from './broadcast.ts';

const CHUNK = new Uint8Array(512 * 1024).fill(7);

async function* chunks(count: number, onGive: (given: number) => void = () => {}): AsyncGenerator<Uint8Array> {
  for (let i = 1; i <= count; i++) {
    onGive(i);
    yield await Promise.resolve(CHUNK);
  }
}

const count: Receiver<number> = async (data) => {
  let bytes = 0;
  for await (const chunk of data) bytes += chunk.length;
  return bytes;
};

describe('data given to several receivers', () => {
  test('reaches each of them whole', async () => {
    expect(await broadcast(chunks(20), [count, count, count])).toEqual(
      Array.from({ length: 3 }, () => ({ status: 'fulfilled', value: 20 * CHUNK.length })),
    );
  });

  test('goes on for the others when one fails', async () => {
    const fails: Receiver<number> = async (data) => {
      for await (const _chunk of data) throw new Error('full');
      return 0;
    };
    expect(await broadcast(chunks(20), [fails, count])).toEqual([
      { status: 'rejected', reason: new Error('full') },
      { status: 'fulfilled', value: 20 * CHUNK.length },
    ]);
  });

  test('leaves one behind that stops taking it', async () => {
    const hangs: Receiver<number> = (data) =>
      new Promise((_resolve, reject) => {
        // It reads once, and then only notices the end.
        const reading = data[Symbol.asyncIterator]();
        void reading.next();
        (data as unknown as NodeJS.ReadableStream).on('error', reject);
      });
    const results = await broadcast(chunks(20), [hangs, count], 20);
    expect(results).toMatchObject([
      { status: 'rejected', reason: { code: 'TIMEOUT' } },
      { status: 'fulfilled', value: 20 * CHUNK.length },
    ]);
  });

  test('is read no faster than the slowest takes it', async () => {
    let given = 0;
    let go: () => void = () => {};
    const gate = new Promise<void>((resolve) => (go = resolve));
    const waits: Receiver<number> = async (data) => {
      await gate;
      return count(data);
    };
    const done = broadcast(
      chunks(50, (n) => (given = n)),
      [waits, count],
    );
    await new Promise((resolve) => setImmediate(resolve));
    expect(given).toBeLessThan(6);
    go();
    expect(await done).toMatchObject([{ value: 50 * CHUNK.length }, { value: 50 * CHUNK.length }]);
  });

  test('is read no further when nobody takes it', async () => {
    let given = 0;
    const refuses: Receiver<number> = () => Promise.reject(new Error('no'));
    await broadcast(
      chunks(50, (n) => (given = n)),
      [refuses, refuses],
    );
    expect(given).toBeLessThan(5);
  });

  test('that ends badly is a failure for all of them', async () => {
    async function* cut(): AsyncGenerator<Uint8Array> {
      yield* chunks(3);
      throw new Error('the client left');
    }
    let reason: unknown;
    const listens: Receiver<number> = (data) => count(data).catch((error: unknown) => Promise.reject((reason = error)));
    await expect(broadcast(cut(), [listens])).rejects.toThrow('the client left');
    expect(reason).toEqual(new Error('the client left'));
  });
});
