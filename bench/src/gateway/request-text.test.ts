import { expect, test } from '@jest/globals';
import { createRequestText } from './request-text.ts';

const KIND = { path: '/v1/chat/completions', headers: { authorization: 'Bearer x' }, body: '{"a":1}', variesAddress: false };

test('is a whole HTTP request with the length of its body', () => {
  const text = createRequestText(KIND)();
  expect(text.split('\r\n')).toEqual([
    'POST /v1/chat/completions HTTP/1.1',
    'host: 127.0.0.1',
    'content-type: application/json',
    'authorization: Bearer x',
    'content-length: 7',
    '',
    '{"a":1}',
  ]);
});

test('comes from another address each time when asked to', () => {
  const next = createRequestText({ ...KIND, variesAddress: true });
  const addresses = new Set(Array.from({ length: 1_000 }, () => /\r\nx-forwarded-for: (10\.\d+\.\d+\.\d+)\r\n/.exec(next())?.[1]));
  expect(addresses.size).toBe(1_000);
  expect(addresses).not.toContain(undefined);
});

test('refuses a body whose length it could not tell', () => {
  expect(() => createRequestText({ ...KIND, body: '{"a":"é"}' })).toThrow(RangeError);
});
