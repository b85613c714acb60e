import { expect, test } from '@jest/globals';
import { requestRow } from '@sluice/testing/request-row';
import { requestRowSchema } from './history-batch.ts';

const ROW = requestRow({
  worker: 'w:1',
  costNanoUsd: 5_000_000_000,
  queueMs: 0.5,
  ttftMs: 1.25,
  createdAt: new Date('2026-11-21T10:00:00.123Z'),
});

test.each([ROW, { ...ROW, content: { input: '{}', output: '“”' } }])('a row arrives as it was sent', (row) => {
  expect(requestRowSchema.parse(sent(row))).toEqual(row);
});

test('a field of a newer gateway is left out', () => {
  expect(requestRowSchema.parse(sent({ ...ROW, colour: 'red' }))).toEqual(ROW);
});

test.each([{ promptTokens: 1.5 }, { outcome: 'lost' }, { createdAt: 'yesterday' }, { createdAt: null }, { requestId: undefined }])(
  'a row that is none is refused: %j',
  (change) => {
    expect(requestRowSchema.safeParse(sent({ ...ROW, ...change })).success).toBe(false);
  },
);

function sent(row: object): unknown {
  return JSON.parse(JSON.stringify(row));
}
