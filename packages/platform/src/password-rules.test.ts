import { describe, expect, test } from '@jest/globals';
import { PASSWORD_LENGTH_MAX, refusalOfPassword } from './password-rules.ts';

describe('a new password', () => {
  test.each([
    'correct horse battery staple',
    'Tr0ub4dor&3-is-weak',
    '日本語のパスワードは強いですよね',
    'f3a91c07be2d',
    'x8'.padEnd(PASSWORD_LENGTH_MAX, 'abcdef'),
  ])('may be %j', (password) => {
    expect(refusalOfPassword(password)).toBeUndefined();
  });

  test.each([
    ['', 'at least 12 characters'],
    ['elevenchars', 'at least 12 characters'],
    // Twelve UTF-16 units, six characters.
    ['😀😁😂😃😄😅', 'at least 12 characters'],
    ['x8abcdef'.repeat(200), 'at most 1024 characters'],
    ['aaaaaaaaaaaa', 'at least 5 different characters'],
    ['AaAaBbBb1111', 'at least 5 different characters'],
    ['Password1234', 'most common'],
    ['password1234!', 'most common'],
    ['P@ssw0rd2026', 'most common'],
    ['passwordpassword', 'most common'],
    ['Administrator1', 'most common'],
    ['qwertyqwerty123', 'most common'],
    ['qwertyuiop12', 'most common'],
    ['iloveyou!!!!!!', 'most common'],
    ['changeme12345', 'most common'],
    ['123456789012', 'most common'],
    ['098765432109', 'most common'],
    ['abcdefghijkl', 'most common'],
    ['1qaz2wsx3edc', 'most common'],
  ])('may not be %j', (password, reason) => {
    expect(refusalOfPassword(password)).toContain(reason);
  });
});
