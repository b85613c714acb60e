import { describe, expect, test } from '@jest/globals';
import { generateApiKey, hashApiKey, matchesApiKeyHash, parseApiKey, redactApiKey } from './api-key.ts';

describe('API keys', () => {
  test.each(['api', 'admin'] as const)('a generated key parses back to its public id and kind: %s', (kind) => {
    const key = generateApiKey(kind);
    expect(parseApiKey(key.plaintext)).toEqual(key);
    expect(key.plaintext.startsWith('sk-admin-')).toBe(kind === 'admin');
  });

  test('a key does not change its kind with its prefix', () => {
    const [api, admin] = [generateApiKey('api').plaintext, generateApiKey('admin').plaintext];
    expect(parseApiKey(api.replace('sk-', 'sk-admin-'))).toBeUndefined();
    expect(parseApiKey(admin.replace('sk-admin-', 'sk-'))).toBeUndefined();
  });

  test.each(['api', 'admin'] as const)('changing any one character is noticed without I/O: %s', (kind) => {
    const { plaintext } = generateApiKey(kind);
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
    for (const { plaintext, publicId } of [generateApiKey('api'), generateApiKey('admin')]) {
      const redacted = redactApiKey(plaintext);
      expect(redacted).toContain(publicId);
      expect(redacted.length).toBeLessThan(28);
    }
  });
});
