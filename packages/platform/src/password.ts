import { createHmac, randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { Bulkhead } from './bulkhead.ts';

/** What one run costs; memory is 128 · 2^logN · r bytes. */
export type ScryptCost = { readonly logN: number; readonly r: number; readonly p: number };

/**
 * One of the settings that OWASP's password storage cheat sheet rates as equal. It takes 32 MiB where 2^17/8/1 takes 128,
 * because this runs in a process that serves others meanwhile, and about 0.2 s of one core.
 */
export const SCRYPT_COST: ScryptCost = { logN: 15, r: 8, p: 3 };

export type PasswordVerdict = {
  readonly isMatch: boolean;
  /** The text was made at another cost than is asked for now. */
  readonly wantsRehash: boolean;
};

type StoredPassword = { readonly cost: ScryptCost; readonly keyId: string; readonly salt: Buffer; readonly hash: Buffer };

const SALT_BYTES = 16;
const HASH_BYTES = 32;
const SHAPE = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2}),keyid=([0-9a-f]{8})\$([A-Za-z0-9+/]{22,86})\$([A-Za-z0-9+/]{43})$/;
/** A stored text must not be able to take the machine's memory. */
const MEMORY_BYTES_MAX = 256 * 1024 * 1024;

/** The thread pool and the memory are the whole process's, so this is too: 64 MiB, two of four threads, 3 s of waiting at most. */
const runs = new Bulkhead({ running: 2, waiting: 32 });

/** A text that holds everything but the password and the pepper: `$scrypt$ln=15,r=8,p=3,keyid=…$salt$hash`. Throws SERVER_OVERLOADED when too many are under way. */
export async function hashPassword(password: string, options: { pepper: string; cost?: ScryptCost }): Promise<string> {
  const { pepper, cost = SCRYPT_COST } = options;
  const salt = randomBytes(SALT_BYTES);
  const hash = await derive(password, { pepper, cost, salt });
  return write({ cost, keyId: keyIdOf(pepper), salt, hash });
}

/** Compares in constant time, after exactly one run of scrypt at the stored cost. Throws when `stored` is not a text of `hashPassword`, and SERVER_OVERLOADED when too many are under way. */
export async function verifyPassword(
  password: string,
  options: { stored: string; pepper: string; cost?: ScryptCost },
): Promise<PasswordVerdict> {
  const { pepper, cost = SCRYPT_COST } = options;
  const stored = read(options.stored);
  if (!stored) throw new Error('the stored password is not one of ours');
  const hash = await derive(password, { pepper, cost: stored.cost, salt: stored.salt });
  const isCurrent = stored.cost.logN === cost.logN && stored.cost.r === cost.r && stored.cost.p === cost.p;
  return { isMatch: timingSafeEqual(hash, stored.hash), wantsRehash: !isCurrent };
}

/** A stored text that no password matches. Verifying one against it takes as long as against a real one. */
export function unmatchablePassword(options: { pepper: string; cost?: ScryptCost }): string {
  const { pepper, cost = SCRYPT_COST } = options;
  return write({ cost, keyId: keyIdOf(pepper), salt: randomBytes(SALT_BYTES), hash: randomBytes(HASH_BYTES) });
}

/** Whether a stored text was made under this pepper; under any other no password matches it. */
export function isUnderPepper(stored: string, pepper: string): boolean {
  return read(stored)?.keyId === keyIdOf(pepper);
}

function derive(password: string, { pepper, cost, salt }: { pepper: string; cost: ScryptCost; salt: Buffer }): Promise<Buffer> {
  // Without the pepper a stolen table cannot even be guessed at. NFKC, because keyboards differ in how they compose a letter.
  const peppered = createHmac('sha256', pepper).update('password\0').update(password.normalize('NFKC')).digest();
  const options = { N: 2 ** cost.logN, r: cost.r, p: cost.p, maxmem: 2 * memoryBytes(cost) };
  return runs.run(
    () =>
      new Promise((resolve, reject) => {
        scrypt(peppered, salt, HASH_BYTES, options, (error, hash) => (error ? reject(error) : resolve(hash)));
      }),
  );
}

/** Names the pepper without telling it, so that a hash under an earlier one can be recognised. */
function keyIdOf(pepper: string): string {
  return createHmac('sha256', pepper).update('password key id').digest('hex').slice(0, 8);
}

function write({ cost, keyId, salt, hash }: StoredPassword): string {
  return `$scrypt$ln=${cost.logN},r=${cost.r},p=${cost.p},keyid=${keyId}$${toText(salt)}$${toText(hash)}`;
}

function read(text: string): StoredPassword | undefined {
  const [, logN, r, p, keyId = '', salt = '', hash = ''] = SHAPE.exec(text) ?? [];
  const cost = { logN: Number(logN), r: Number(r), p: Number(p) };
  const isPossible = cost.logN >= 1 && cost.r >= 1 && cost.p >= 1 && memoryBytes(cost) <= MEMORY_BYTES_MAX;
  return isPossible ? { cost, keyId, salt: Buffer.from(salt, 'base64'), hash: Buffer.from(hash, 'base64') } : undefined;
}

function memoryBytes({ logN, r }: ScryptCost): number {
  return 128 * 2 ** logN * r;
}

/** Base64 without padding, as the PHC string format has it. */
function toText(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}
