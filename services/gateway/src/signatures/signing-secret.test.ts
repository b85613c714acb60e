import { describe, expect, test } from '@jest/globals';
import { deriveSigningSecret } from './signing-secret.ts';

const PEPPER = 'a pepper for tests, long enough to be one';

describe('the signing secret', () => {
  test('of a key stays the same as long as the pepper does: clients hold it', () => {
    expect(deriveSigningSecret(PEPPER, 'key_1')).toBe(deriveSigningSecret(PEPPER, 'key_1'));
    expect(deriveSigningSecret(PEPPER, 'key_1')).toMatch(/^sks_[\w-]{43}$/);
  });

  test('differs from key to key and from installation to installation', () => {
    const secrets = [deriveSigningSecret(PEPPER, 'key_1'), deriveSigningSecret(PEPPER, 'key_2'), deriveSigningSecret('another', 'key_1')];
    expect(new Set(secrets).size).toBe(3);
  });
});
