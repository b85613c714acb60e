import { matchesApiKeyHash, parseApiKey, redactApiKey } from '@sluice/platform/api-key';
import type { Clock } from '@sluice/platform/clock';
import { Fault } from '@sluice/platform/fault';
import type { FailureLimiter } from '../abuse/failure-limiter.ts';
import { checkAddress } from './check-address.ts';
import type { KeyCache, KeyLookup } from './key-cache.ts';
import type { KeySnapshot } from './key-snapshot.ts';

/** Why a request was not let in; the closed set behind the metric's label. */
export type AuthFailure =
  | 'missing'
  | 'ambiguous'
  | 'malformed'
  | 'unknown'
  | 'mismatch'
  | 'revoked'
  | 'expired'
  | 'address'
  | 'bad_token'
  | 'too_many_failures'
  | 'store_unavailable';

type Verification =
  | { readonly ok: true; readonly key: KeySnapshot }
  | { readonly ok: false; readonly reason: AuthFailure; readonly fault: Fault };

/** A key as it was presented, and from where. */
type PresentedKey = { readonly plaintext: string; readonly clientIp: string };

export type KeyVerifier = (presented: PresentedKey) => Verification | Promise<Verification>;

type VerifierOptions = {
  readonly keys: Pick<KeyCache, 'lookup' | 'knows'>;
  readonly failures: Pick<FailureLimiter, 'note' | 'waitMs'>;
  readonly pepper: string;
  readonly clock: Clock;
};

/**
 * Checks a presented key: shape and checksum without any I/O, then the stored hash, revocation, expiry and address.
 * From where too many keys failed, only keys that are known here are looked at.
 */
export function createKeyVerifier({ keys, failures, pepper, clock }: VerifierOptions): KeyVerifier {
  return (presented) => {
    const { plaintext, clientIp } = presented;
    const waitMs = failures.waitMs(clientIp);
    const parsed = parseApiKey(plaintext);
    // A key for administration calls no model; its text says so, and nobody needs to look it up.
    if (parsed?.kind !== 'api') return fail('malformed');
    if (waitMs > 0 && !keys.knows(parsed.publicId)) return fail('unknown');
    const lookup = keys.lookup(parsed.publicId);
    return lookup instanceof Promise ? lookup.then(judge) : judge(lookup);

    function judge(found: KeyLookup): Verification {
      if (found.kind === 'unavailable') return storeUnavailable(found.cause);
      if (found.kind === 'absent') return fail('unknown');
      const { snapshot } = found;
      if (!matchesApiKeyHash({ plaintext, storedHash: snapshot.secretHash, pepper })) return fail('mismatch');
      if (snapshot.revokedAt) return fail('revoked');
      if (snapshot.expiresAt && snapshot.expiresAt <= clock.now()) return fail('expired');
      const fault = checkAddress(snapshot, clientIp);
      return fault ? fail('address', fault) : { ok: true, key: snapshot };
    }

    function fail(reason: AuthFailure, fault?: Fault): Verification {
      if (waitMs > 0) return tooManyFailures(waitMs);
      failures.note(clientIp);
      return { ok: false, reason, fault: fault ?? invalidKey(plaintext, reason) };
    }
  };
}

/** One answer for every key that does not work, so that nobody learns which ones once did. */
function invalidKey(plaintext: string, reason: AuthFailure): Fault {
  const message = `Incorrect API key provided: ${redactApiKey(plaintext)}. Ask the administrator of this server for a key.`;
  return new Fault('INVALID_API_KEY', { message, internal: `key refused: ${reason}` });
}

function tooManyFailures(retryAfterMs: number): Verification {
  const message = 'Too many requests from your address came with keys that do not work. Please check the key and try again later.';
  return { ok: false, reason: 'too_many_failures', fault: new Fault('TOO_MANY_FAILURES', { message, retryAfterMs }) };
}

function storeUnavailable(cause: unknown): Verification {
  const message = 'API keys cannot be checked right now. Please try again in a moment.';
  const internal = `key store: ${cause instanceof Error ? cause.message : String(cause)}`;
  return { ok: false, reason: 'store_unavailable', fault: new Fault('STORE_UNAVAILABLE', { message, internal, cause }) };
}
