import { hkdfSync } from 'node:crypto';

const SECRET_BYTES = 32;

/** The secret that signs the requests of one key, `sks_` and 43 characters. It follows from pepper and key, so that it is stored nowhere and can be shown again. */
export function deriveSigningSecret(pepper: string, keyId: string): string {
  const bytes = hkdfSync('sha256', pepper, '', `sluice/request-signature/v1/${keyId}`, SECRET_BYTES);
  return `sks_${Buffer.from(bytes).toString('base64url')}`;
}
