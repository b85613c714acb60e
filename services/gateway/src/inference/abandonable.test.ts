import { expect, test } from '@jest/globals';
import { abandonable } from './abandonable.ts';

/** A call that goes on until it is cut off or told to end. */
function start(abandon: (end: (error: Error) => void) => Promise<unknown>) {
  const client = new AbortController();
  const call = Promise.withResolvers<string>();
  let isCut = false;
  const outcome = abandonable(
    (cut) => {
      cut.addEventListener('abort', () => {
        isCut = true;
        call.reject(new Error('cut'));
      });
      return call.promise;
    },
    { signal: client.signal, abandon: () => abandon(call.reject) },
  );
  return { client, outcome, answer: () => call.resolve('answer'), isCut: () => isCut };
}

test('a worker that ends the call in order is not cut off, and its words are the outcome', async () => {
  const { client, outcome, isCut } = start(async (end) => end(new Error('5 tokens')));
  client.abort();
  await expect(outcome).rejects.toThrow('5 tokens');
  expect(isCut()).toBe(false);
});

test('a worker that cannot be asked is cut off', async () => {
  const { client, outcome } = start(() => Promise.reject(new Error('unknown call')));
  client.abort();
  await expect(outcome).rejects.toThrow('cut');
});

test('an answer that comes all the same is the outcome', async () => {
  const { client, outcome, answer } = start(async () => {});
  client.abort();
  answer();
  expect(await outcome).toBe('answer');
});

test('nothing is asked for whoever has left already', async () => {
  await expect(abandonable(() => Promise.resolve('answer'), { signal: AbortSignal.abort(), abandon: async () => {} })).rejects.toThrow();
});
