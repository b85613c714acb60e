import { describe, expect, test } from '@jest/globals';
import { generateApiKey, hashApiKey } from './api-key.ts';
import { errorStack, errorText } from './error-text.ts';

const { plaintext } = generateApiKey();

describe('the text of an error', () => {
  test.each([
    ['an API key', plaintext],
    ['an admin key', generateApiKey('admin').plaintext],
    ['the hash of a key', hashApiKey(plaintext, 'pepper')],
    ['a refresh token', `rt_${'a1'.repeat(15)}_${'b2'.repeat(20)}`],
    ['a signing secret', `sks_${'c3'.repeat(20)}`],
    ['a stored password', '$scrypt$ln=17,r=8,p=1$c2FsdA$aGFzaA'],
    ['an access token', 'eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJ1c2VyXzEifQ.c2lnbmF0dXJl'],
  ])('holds no secret: %s', (_what, secret) => {
    const error = new Error(`insert of (${secret}, 1) failed`);
    for (const text of [errorText(error), errorStack(error)]) {
      expect(text).toContain('insert of (');
      expect(text).not.toContain(secret);
    }
  });

  test('of an ORM that quotes its arguments is the complaint alone', () => {
    const error = new Error('Invalid `db.user.create()` invocation:\n\n{ data: { name: "private" } }\n\nUnknown argument `nam`.');
    error.name = 'PrismaClientValidationError';
    expect(errorText(error)).toBe('PrismaClientValidationError: Unknown argument `nam`.');
    expect(errorStack(error)).toMatch(/^\s+at /);
    expect(errorStack(error)).not.toContain('private');
  });

  test('is bounded', () => {
    expect(errorText(new Error('x'.repeat(10_000))).length).toBeLessThanOrEqual(2_000);
  });

  test('of what is no error is what it says', () => {
    expect(errorText('gone')).toBe('gone');
    expect(errorStack('gone')).toBeUndefined();
  });
});
