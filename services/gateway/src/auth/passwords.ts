import {
  hashPassword,
  SCRYPT_COST,
  unmatchablePassword,
  verifyPassword,
  type PasswordVerdict,
  type ScryptCost,
} from '@sluice/platform/password';

/** Password hashing for this installation. */
export type Passwords = {
  hash(password: string): Promise<string>;
  /** One run of the hash, always; without a stored text against one that nothing matches. */
  verify(password: string, stored: string | undefined): Promise<PasswordVerdict>;
};

export function createPasswords({ pepper, cost = SCRYPT_COST }: { pepper: string; cost?: ScryptCost }): Passwords {
  const nobodys = unmatchablePassword({ pepper, cost });
  return {
    hash: (password) => hashPassword(password, { pepper, cost }),
    verify: (password, stored = nobodys) => verifyPassword(password, { stored, pepper, cost }),
  };
}
