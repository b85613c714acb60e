import { PassThrough } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { Fault } from '@sluice/platform/fault';

/** Takes the data to where it goes; rejects when it was not taken. */
export type Receiver<Result> = (data: AsyncIterable<Uint8Array>) => Promise<Result>;

/** What a receiver may hold that the slowest has not taken yet. */
const HELD_BYTES_MAX = 1024 * 1024;
/** A receiver that takes nothing for this long is left behind. */
const STALL_MS = 30_000;

/**
 * Reads data once and gives it to all receivers, as fast as the slowest takes it; one that fails or stalls is left behind.
 * Resolves to how each ended. When the data itself ends badly, every receiver is told, and this rejects once all have ended.
 */
export async function broadcast<Result>(
  data: AsyncIterable<Uint8Array>,
  receivers: readonly Receiver<Result>[],
  stallMs = STALL_MS,
): Promise<PromiseSettledResult<Result>[]> {
  const copies = receivers.map(() => new PassThrough({ highWaterMark: HELD_BYTES_MAX }));
  const results = Promise.allSettled(receivers.map((receive, i) => receiveFrom(copies[i] ?? new PassThrough(), receive)));
  try {
    for await (const bytes of data) {
      const taking = copies.filter((copy) => !copy.destroyed);
      if (taking.length === 0) break;
      await Promise.all(taking.map((copy) => write(copy, bytes, stallMs)));
    }
    for (const copy of copies) copy.end();
  } catch (error) {
    for (const copy of copies) copy.destroy(error instanceof Error ? error : new Error('the data ended badly'));
    await results;
    throw error;
  }
  return results;
}

async function receiveFrom<Result>(copy: PassThrough, receive: Receiver<Result>): Promise<Result> {
  let failure: Error | undefined;
  copy.on('error', (error) => (failure = error));
  try {
    return await receive(copy);
  } catch (error) {
    // Why its data ended says more than that it did.
    throw failure ?? error;
  } finally {
    copy.destroy();
  }
}

async function write(copy: PassThrough, bytes: Uint8Array, stallMs: number): Promise<void> {
  if (copy.write(bytes)) return;
  const taken = new AbortController();
  const done = (): void => taken.abort();
  copy.once('drain', done);
  copy.once('close', done);
  const isStalled = await pause(stallMs, true, { signal: taken.signal }).catch(() => false);
  copy.off('drain', done);
  copy.off('close', done);
  if (isStalled) copy.destroy(new Fault('TIMEOUT', { message: 'The worker took no more data.' }));
}
