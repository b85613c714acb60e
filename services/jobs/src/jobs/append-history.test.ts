import { expect, test } from '@jest/globals';
import type { RequestRow } from '@sluice/prisma/append-requests';
import type { DeadLetter } from '../history/dead-letter-store.ts';
import { requestRow } from '@sluice/testing/request-row';
import { appendHistory } from './append-history.ts';

function start() {
  const written: RequestRow[] = [];
  const aside: DeadLetter[] = [];
  const job = appendHistory({
    write: async (rows) => void written.push(...rows),
    setAside: async (letter) => void aside.push(letter),
  });
  const run = (data: unknown) => job.run({ id: '1', data: JSON.parse(JSON.stringify(data)), queuedAt: new Date(), earlierTries: 0 });
  return { run, written, aside };
}

test('writes the rows of a batch as they were sent', async () => {
  const { run, written } = start();
  const rows = [requestRow(), requestRow({ content: { input: '{}', output: 'hi' } })];
  expect(await run({ id: 'b', rows })).toEqual({ rows: 2, refused: 0 });
  expect(written).toEqual(rows);
});

test('sets aside what is no row, names the field at fault, and writes the others', async () => {
  const { run, written, aside } = start();
  const [good, bad] = [requestRow(), { ...requestRow(), promptTokens: 'many' }];
  expect(await run({ id: 'b', rows: [bad, good, null] })).toEqual({ rows: 1, refused: 2 });
  expect(written).toEqual([good]);
  expect(aside.map(({ reason }) => reason)).toEqual(['not a row: promptTokens', 'not a row: ']);
});

test('sets aside what is no batch', async () => {
  const { run, aside } = start();
  await run('nonsense');
  expect(aside).toEqual([{ reason: 'not a batch of rows', row: undefined }]);
});
