import { createPrivateKey, createPublicKey, hkdfSync, type KeyObject } from 'node:crypto';
import { calculateJwkThumbprint, exportJWK, type JWK } from 'jose';

/** The key that signs access tokens now, and all whose tokens still count. */
export type SigningKeys = {
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly publicKeys: ReadonlyMap<string, KeyObject>;
  /** RFC 7517; public halves only, the signing one first. */
  readonly jwks: { readonly keys: readonly JWK[] };
};

export const SIGNING_ALGORITHM = 'EdDSA';
const SEED_BYTES = 32;
/** What stands before the 32 bytes of an Ed25519 private key in PKCS #8 (RFC 8410). */
const PKCS8_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex');
/** Different texts give keys that tell nothing about each other, though the secret be the same. */
const INFO = { secret: 'sluice access tokens v1', pepper: 'sluice access tokens v1, from the pepper' } as const;

/** The keys of an installation, from its secrets: the first signs, all verify. Without secrets there is one key, from the pepper. */
export async function deriveSigningKeys(options: { secrets: readonly string[]; pepper: string }): Promise<SigningKeys> {
  const { secrets, pepper } = options;
  const privateKeys = secrets.length > 0 ? secrets.map((secret) => deriveKey(secret, INFO.secret)) : [deriveKey(pepper, INFO.pepper)];
  const pairs = await Promise.all(privateKeys.map(toPair));
  const [signing] = pairs;
  if (!signing) throw new Error('there is no key to sign with');
  return {
    kid: signing.kid,
    privateKey: signing.privateKey,
    publicKeys: new Map(pairs.map(({ kid, publicKey }) => [kid, publicKey])),
    jwks: { keys: pairs.map(({ jwk }) => jwk) },
  };
}

function deriveKey(secret: string, info: string): KeyObject {
  const seed = Buffer.from(hkdfSync('sha256', secret, '', info, SEED_BYTES));
  return createPrivateKey({ key: Buffer.concat([PKCS8_HEAD, seed]), format: 'der', type: 'pkcs8' });
}

async function toPair(privateKey: KeyObject) {
  const publicKey = createPublicKey(privateKey);
  const jwk = await exportJWK(publicKey);
  const kid = await calculateJwkThumbprint(jwk);
  return { kid, privateKey, publicKey, jwk: { ...jwk, kid, alg: SIGNING_ALGORITHM, use: 'sig' } };
}
