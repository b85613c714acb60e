import { expect, test } from '@jest/globals';
import type { RequestRow } from './append-requests.ts';
import { requestRowSchema } from './history-batch.ts';

const ROW: RequestRow = {
  requestId: 'req_1',
  apiKeyId: 'key_1',
  projectId: 'proj_1',
  userId: '',
  tierId: 'free',
  endpoint: 'chat.completions',
  model: 'm',
  adapter: null,
  worker: 'w:1',
  statusCode: 200,
  outcome: 'completed',
  errorCode: null,
  finishReason: 'stop',
  stream: true,
  promptTokens: 1,
  cachedTokens: 0,
  completionTokens: 2,
  costNanoUsd: 5_000_000_000,
  waitMs: null,
  queueMs: 0.5,
  ttftMs: 1.25,
  durationMs: 7,
  userAgent: null,
  clientIpHash: null,
  retryCount: 0,
  tries: 1,
  traceId: null,
  createdAt: new Date('2026-11-21T10:00:00.123Z'),
};

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
