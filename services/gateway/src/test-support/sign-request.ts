import { createHash, createHmac, randomUUID } from 'node:crypto';
import type { SignedCall } from '../signatures/check-signature.ts';
import { deriveSigningSecret } from '../signatures/signing-secret.ts';

type SignOptions = Partial<SignedCall> & {
  readonly key: SignedCall['key'];
  readonly pepper: string;
  readonly at: Date;
  readonly nonce?: string;
  /** Another than the key's. */
  readonly secret?: string;
};

/** A request signed the way the documentation says, by code that shares nothing with the check. `headers` are put over the right ones. */
export function signRequest({ key, pepper, at, nonce = randomUUID(), secret, headers, ...change }: SignOptions): SignedCall {
  const call = { key, method: 'POST', url: '/v1/chat/completions?a=b', rawBody: Buffer.from('{"model":"é"}'), ...change };
  const timestamp = String(Math.floor(at.getTime() / 1_000));
  const bodyHash = createHash('sha256').update(call.rawBody).digest('hex');
  const signature = createHmac('sha256', secret ?? deriveSigningSecret(pepper, key.id))
    .update(`${timestamp}.${nonce}.${call.method}.${call.url}.${bodyHash}`)
    .digest('hex');
  const right = { 'x-sluice-timestamp': timestamp, 'x-sluice-nonce': nonce, 'x-sluice-signature': `v1=${signature}` };
  return { ...call, headers: { ...right, ...headers } };
}
