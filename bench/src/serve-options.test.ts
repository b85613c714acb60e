import { expect, test } from '@jest/globals';
import { parseServeOptions } from './serve-options.ts';

test.each(['http://127.0.0.1:8080/v1', 'http://localhost:8080/v1', 'http://[::1]:8080/v1', 'http://127.8.0.3/v1'])(
  'accepts %s on this machine',
  (url) => {
    expect(parseServeOptions(['--base-url', url]).targets[0]?.baseUrl.href).toBe(url);
  },
);

test.each([
  'http://10.0.0.1/v1',
  'http://example.com/v1',
  'http://127.0.0.1.example.com/v1',
  'http://127.0.0.1@example.com/v1',
  'https://127.0.0.1/v1',
])('refuses %s', (url) => {
  expect(() => parseServeOptions(['--base-url', url])).toThrow(RangeError);
});

test('names systems and gives each its own key, or all the only one', () => {
  const urls = ['--base-url', 'ours=http://127.0.0.1:1/v1', '--base-url', 'peer=http://127.0.0.1:2/v1'];
  expect(parseServeOptions([...urls, '--api-key', 'a']).targets).toMatchObject([
    { name: 'ours', apiKey: 'a' },
    { name: 'peer', apiKey: 'a' },
  ]);
  expect(parseServeOptions([...urls, '--api-key', 'a', '--api-key', 'b']).targets).toMatchObject([{ apiKey: 'a' }, { apiKey: 'b' }]);
});

test.each([
  ['--clients', '0'],
  ['--clients', '8,1000'],
  ['--runs', 'many'],
  ['--requests', '1e9'],
  ['--save', '../elsewhere'],
])('refuses %s %s', (option, value) => {
  expect(() => parseServeOptions(['--base-url', 'http://127.0.0.1/v1', option, value])).toThrow(RangeError);
});

test('asks for answers of full length in both ways servers know', () => {
  const { extraBody } = parseServeOptions([
    '--base-url',
    'http://127.0.0.1/v1',
    '--ignore-eos',
    '--max-tokens',
    '50',
    '--body',
    '{"seed":1}',
  ]);
  expect(extraBody).toEqual({ temperature: 0, ignore_eos: true, min_tokens: 50, seed: 1 });
});
