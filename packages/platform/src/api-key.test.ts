import { describe, expect, test } from '@jest/globals';
import { generateApiKey, hashApiKey, matchesApiKeyHash, parseApiKey, redactApiKey } from './api-key.ts';

describe('API keys', () => {
  test('a generated key parses back to its public id', () => {
    const key = generateApiKey();
    expect(parseApiKey(key.plaintext)).toEqual(key);
  });

  test('changing any one character is noticed without I/O', () => {
    const { plaintext } = generateApiKey();
    for (let i = 3; i < plaintext.length; i++) {
      if (plaintext[i] === '-') continue;
      const changed = plaintext.slice(0, i) + (plaintext[i] === 'x' ? 'y' : 'x') + plaintext.slice(i + 1);
      expect(parseApiKey(changed)).toBeUndefined();
    }
  });

  test('only the right key under the right pepper matches the stored hash', () => {
    const { plaintext } = generateApiKey();
    const storedHash = hashApiKey(plaintext, 'pepper');
    expect(matchesApiKeyHash({ plaintext, storedHash, pepper: 'pepper' })).toBe(true);
    expect(matchesApiKeyHash({ plaintext, storedHash, pepper: 'salt' })).toBe(false);
    expect(matchesApiKeyHash({ plaintext: generateApiKey().plaintext, storedHash, pepper: 'pepper' })).toBe(false);
  });

  test('the redacted form does not hold the secret', () => {
    const { plaintext, publicId } = generateApiKey();
    const redacted = redactApiKey(plaintext);
    expect(redacted).toContain(publicId);
    expect(redacted.length).toBeLessThan(28);
  });
});
