import { expect, test } from '@jest/globals';
import { TurnBatch } from './turn-batch.ts';

const SPOILT = new Error('spoilt');

function batchOf(refuse: (items: readonly number[]) => Error | undefined = () => undefined) {
  const runs: (readonly number[])[] = [];
  const batch = new TurnBatch<number, string>({
    run: async (items) => {
      runs.push(items);
      const error = refuse(items);
      if (error) throw error;
      return items.map((item) => `answer ${item}`);
    },
    sizeMax: 3,
    isSpoilt: (error) => error === SPOILT,
  });
  return { batch, runs };
}

test('what is called in one turn runs together, in order, and each caller has its own answer', async () => {
  const { batch, runs } = batchOf();
  expect(await Promise.all([batch.add(1), batch.add(2)])).toEqual(['answer 1', 'answer 2']);
  expect(await batch.add(3)).toBe('answer 3');
  expect(runs).toEqual([[1, 2], [3]]);
});

test('no run is larger than the bound', async () => {
  const { batch, runs } = batchOf();
  await Promise.all([1, 2, 3, 4, 5, 6, 7].map((item) => batch.add(item)));
  expect(runs).toEqual([[1, 2, 3], [4, 5, 6], [7]]);
});

test('one that spoils a run fails alone', async () => {
  const { batch } = batchOf((items) => (items.includes(2) ? SPOILT : undefined));
  const results = await Promise.allSettled([1, 2, 3].map((item) => batch.add(item)));
  expect(results).toEqual([
    { status: 'fulfilled', value: 'answer 1' },
    { status: 'rejected', reason: SPOILT },
    { status: 'fulfilled', value: 'answer 3' },
  ]);
});

test('any other failure is told to all, and nothing runs again', async () => {
  const lost = new Error('the connection was lost');
  const { batch, runs } = batchOf(() => lost);
  const results = await Promise.allSettled([1, 2].map((item) => batch.add(item)));
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(runs).toHaveLength(1);
});
