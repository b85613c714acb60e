import { expect, test } from '@jest/globals';
import { makeRefreshToken, nextRefreshToken, parseRefreshToken } from './refresh-token.ts';

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

test('what follows a token is the same for one holder, and another for any other holder, token and installation', () => {
  const [token, stranger] = [makeRefreshToken(PEPPER), makeRefreshToken(PEPPER)];
  const next = nextRefreshToken(token, { holder: 'a', pepper: PEPPER });
  expect(parseRefreshToken(next.plaintext, PEPPER)).toEqual(next);
  expect(nextRefreshToken(token, { holder: 'a', pepper: PEPPER })).toEqual(next);
  const others = [
    nextRefreshToken(token, { holder: 'b', pepper: PEPPER }),
    nextRefreshToken(stranger, { holder: 'a', pepper: PEPPER }),
    nextRefreshToken(next, { holder: 'a', pepper: PEPPER }),
    nextRefreshToken(token, { holder: 'a', pepper: 'another pepper' }),
  ];
  expect(new Set([token, next, ...others].map(({ id }) => id)).size).toBe(6);
  expect(new Set([token, next, ...others].map(({ secretHash }) => secretHash)).size).toBe(6);
});
