import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Clock } from '@sluice/platform/clock';
import { Fault } from '@sluice/platform/fault';
import type { KeySnapshot } from '../keys/key-snapshot.ts';
import type { NonceStore } from './nonce-store.ts';
import { deriveSigningSecret } from './signing-secret.ts';

/** A request as it came, whose key may ask for a signature. */
export type SignedCall = {
  readonly key: Pick<KeySnapshot, 'id' | 'publicId' | 'requiresSignature'>;
  readonly method: string;
  /** Path and query, as they were sent. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly rawBody: Buffer;
};

/** Undefined when the key asks for no signature or the request carries a good one that was not used before. Never rejects. */
export type CheckSignature = (call: SignedCall) => Fault | undefined | Promise<Fault | undefined>;

const TIMESTAMP = 'x-sluice-timestamp';
const NONCE = 'x-sluice-nonce';
const SIGNATURE = 'x-sluice-signature';

/** How far a client's clock may be off, and how long its request may travel. */
const WINDOW_S = 300;
const RETRY_AFTER_MS = 10_000;

/** Checks requests of keys that must sign them: unchanged, fresh, and seen for the first time. */
export function createSignatureCheck(deps: { nonces: NonceStore; pepper: string; clock: Clock }): CheckSignature {
  const { nonces, pepper, clock } = deps;
  return (call) => {
    if (!call.key.requiresSignature) return undefined;
    const claimed = readHeaders(call.headers, clock);
    if (claimed instanceof Fault) return claimed;
    const expected = sign(deriveSigningSecret(pepper, call.key.id), toSigned(call, claimed));
    if (!timingSafeEqual(expected, claimed.signature)) {
      return invalid(
        SIGNATURE,
        'does not match the request. It must be made over timestamp, nonce, method, path with query, and the body as sent',
      );
    }
    return checkNonce(nonces, call.key.publicId, claimed);
  };
}

type Claimed = { readonly timestamp: string; readonly nonce: string; readonly signature: Buffer };

function readHeaders(headers: IncomingHttpHeaders, clock: Clock): Claimed | Fault {
  const [timestamp, nonce, signature] = [headers[TIMESTAMP], headers[NONCE], headers[SIGNATURE]];
  if (typeof timestamp !== 'string') return missing(TIMESTAMP);
  if (typeof nonce !== 'string') return missing(NONCE);
  if (typeof signature !== 'string') return missing(SIGNATURE);
  if (!/^\d{1,12}$/.test(timestamp)) return invalid(TIMESTAMP, 'is not a number of seconds since 1970');
  const nowS = Math.floor(clock.now().getTime() / 1_000);
  if (Math.abs(nowS - Number(timestamp)) > WINDOW_S) {
    return invalid(TIMESTAMP, `is more than ${WINDOW_S} seconds away from this server's clock, which says ${nowS}`);
  }
  if (!/^[\w-]{16,128}$/.test(nonce)) return invalid(NONCE, 'must have 16 to 128 of the characters A-Z, a-z, 0-9, _ and -');
  const [, hex] = /^v1=([0-9a-f]{64})$/.exec(signature) ?? [];
  if (hex === undefined) return invalid(SIGNATURE, 'must be v1= and 64 hexadecimal digits in lower case');
  return { timestamp, nonce, signature: Buffer.from(hex, 'hex') };
}

function toSigned({ method, url, rawBody }: SignedCall, { timestamp, nonce }: Claimed): string {
  return [timestamp, nonce, method, url, createHash('sha256').update(rawBody).digest('hex')].join('.');
}

function sign(secret: string, text: string): Buffer {
  return createHmac('sha256', secret).update(text).digest();
}

async function checkNonce(nonces: NonceStore, publicId: string, { nonce, timestamp }: Claimed): Promise<Fault | undefined> {
  try {
    const verdict = await nonces.accept({ publicId, nonce, timestampS: Number(timestamp) });
    if (verdict === 'seen') {
      return new Fault('REPLAYED_REQUEST', {
        message: `The ${NONCE} was used before. Every request needs a new one, a retry too.`,
        param: NONCE,
      });
    }
    if (verdict === 'too_many') {
      const message = 'Too many signed requests in a minute. Please try again later.';
      return new Fault('RATE_LIMIT_EXCEEDED', { message, retryAfterMs: RETRY_AFTER_MS });
    }
    return undefined;
  } catch (error) {
    // Whoever asked for signatures asked for no replays; without the store nobody can promise that.
    return new Fault('STORE_UNAVAILABLE', {
      message: 'Signed requests cannot be checked right now. Please try again in a moment.',
      internal: `nonce store: ${error instanceof Error ? error.message : String(error)}`,
      cause: error,
    });
  }
}

function missing(header: string): Fault {
  return new Fault('INVALID_SIGNATURE', {
    message: `This API key signs its requests, and the header ${header} is missing.`,
    param: header,
  });
}

function invalid(header: string, what: string): Fault {
  return new Fault('INVALID_SIGNATURE', { message: `The header ${header} ${what}.`, param: header });
}
