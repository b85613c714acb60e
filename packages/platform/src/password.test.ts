import { describe, expect, test } from '@jest/globals';
import { hashPassword, isUnderPepper, SCRYPT_COST, unmatchablePassword, verifyPassword } from './password.ts';

/** As strong as a sieve, and fast. */
const cost = { logN: 4, r: 1, p: 1 };
const pepper = 'a pepper that is used in this test only';
const password = 'correct horse battery staple';

describe('a password', () => {
  test('matches its own text under its own pepper, and nothing else does', async () => {
    const stored = await hashPassword(password, { pepper, cost });
    const isMatch = async (options: { password?: string; pepper?: string }): Promise<boolean> =>
      (await verifyPassword(options.password ?? password, { stored, pepper: options.pepper ?? pepper, cost })).isMatch;
    expect(await isMatch({})).toBe(true);
    expect(await isMatch({ password: `${password} ` })).toBe(false);
    expect(await isMatch({ password: '' })).toBe(false);
    expect(await isMatch({ pepper: 'another pepper' })).toBe(false);
  });

  test('is stored with its cost, under a salt of its own, at what OWASP asks for', async () => {
    const [first, second] = await Promise.all([hashPassword(password, { pepper }), hashPassword(password, { pepper })]);
    expect(first).toMatch(/^\$scrypt\$ln=15,r=8,p=3,keyid=[0-9a-f]{8}\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
    expect(second).not.toBe(first);
    expect(await verifyPassword(password, { stored: first ?? '', pepper })).toEqual({ isMatch: true, wantsRehash: false });
  });

  test('that was stored at another cost still matches, and wants to be stored again', async () => {
    const stored = await hashPassword(password, { pepper, cost });
    expect(await verifyPassword(password, { stored, pepper, cost: SCRYPT_COST })).toEqual({ isMatch: true, wantsRehash: true });
    expect(await verifyPassword(password, { stored, pepper, cost })).toEqual({ isMatch: true, wantsRehash: false });
  });

  test('is the same however its letters were composed', async () => {
    const stored = await hashPassword('Zoë likes café au lait', { pepper, cost });
    const decomposed = 'Zoe\u0308 likes cafe\u0301 au lait';
    expect(await verifyPassword(decomposed, { stored, pepper, cost })).toMatchObject({ isMatch: true });
  });

  test('never matches the text that stands for nobody’s', async () => {
    const stored = unmatchablePassword({ pepper, cost });
    expect(await verifyPassword(password, { stored, pepper, cost })).toEqual({ isMatch: false, wantsRehash: false });
  });
});

describe('a stored password', () => {
  test('tells which pepper it is under', async () => {
    const stored = await hashPassword(password, { pepper, cost });
    expect(isUnderPepper(stored, pepper)).toBe(true);
    expect(isUnderPepper(stored, 'another pepper')).toBe(false);
    expect(stored).not.toContain(pepper);
  });

  test.each([
    ['empty', ''],
    ['a password in plain text', password],
    ['of another algorithm', '$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0$aGFzaA'],
    ['so costly that it would take all memory', `$scrypt$ln=30,r=8,p=1,keyid=00000000$${'A'.repeat(22)}$${'A'.repeat(43)}`],
  ])('is refused when it is %s', async (_what, stored) => {
    await expect(verifyPassword(password, { stored, pepper })).rejects.toThrow('not one of ours');
  });
});
