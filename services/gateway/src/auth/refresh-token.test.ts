import { expect, test } from '@jest/globals';
import { makeRefreshToken, parseRefreshToken } from './refresh-token.ts';

const PEPPER = 'a pepper for tests, long enough to be one';

test('a refresh token parses back to what was made', () => {
  const token = makeRefreshToken(PEPPER);
  expect(parseRefreshToken(token.plaintext, PEPPER)).toEqual(token);
  expect(token.plaintext).not.toContain(token.secretHash);
});

test('changing any one character is noticed without I/O', () => {
  const { plaintext } = makeRefreshToken(PEPPER);
  for (let i = 0; i < plaintext.length; i++) {
    const changed = plaintext.slice(0, i) + (plaintext[i] === 'a' ? 'b' : 'a') + plaintext.slice(i + 1);
    expect(parseRefreshToken(changed, PEPPER)).toBeUndefined();
  }
});

test('a token of another installation is none', () => {
  expect(parseRefreshToken(makeRefreshToken('another pepper').plaintext, PEPPER)).toBeUndefined();
});
