import { expect, test } from '@jest/globals';
import { isSafeUrl } from './safe-url.ts';

test.each([
  ['https://id.example.com/realms/a', true],
  ['http://localhost:8080', true],
  ['http://127.0.0.1:9000', true],
  ['http://[::1]:9000', true],
  ['http://app.localhost', true],
  ['http://id.example.com', false],
  ['http://127.0.0.1.example.com', false],
  ['http://localhost.example.com', false],
  ['http://10.0.0.1', false],
  ['ftp://localhost', false],
  ['file:///etc/passwd', false],
  ['id.example.com', false],
])('%s is safe to talk to: %s', (url, isSafe) => {
  expect(isSafeUrl(url)).toBe(isSafe);
});
