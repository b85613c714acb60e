import { matchesApiKeyHash, parseApiKey, redactApiKey } from '@sluice/platform/api-key';
import type { Clock } from '@sluice/platform/clock';
import { Fault } from '@sluice/platform/fault';
import type { KeyLookup } from './key-cache.ts';
import type { KeySnapshot } from './key-snapshot.ts';

/** Why a request was not let in; the closed set behind the metric's label. */
export type AuthFailure = 'missing' | 'malformed' | 'unknown' | 'mismatch' | 'revoked' | 'expired' | 'bad_token' | 'store_unavailable';

type Verification =
  | { readonly ok: true; readonly key: KeySnapshot }
  | { readonly ok: false; readonly reason: AuthFailure; readonly fault: Fault };

export type KeyVerifier = (plaintext: string) => Verification | Promise<Verification>;

type VerifierOptions = {
  readonly keys: { lookup(publicId: string): KeyLookup | Promise<KeyLookup> };
  readonly pepper: string;
  readonly clock: Clock;
};

/** Checks a presented key: shape and checksum without any I/O, then the stored hash, revocation and expiry. */
export function createKeyVerifier({ keys, pepper, clock }: VerifierOptions): KeyVerifier {
  return (plaintext) => {
    const parsed = parseApiKey(plaintext);
    // A key for administration calls no model; its text says so, and nobody needs to look it up.
    if (parsed?.kind !== 'api') return refuse('malformed', plaintext);
    const lookup = keys.lookup(parsed.publicId);
    return lookup instanceof Promise ? lookup.then(judge) : judge(lookup);

    function judge(found: KeyLookup): Verification {
      if (found.kind === 'unavailable') return storeUnavailable(found.cause);
      if (found.kind === 'absent') return refuse('unknown', plaintext);
      const { snapshot } = found;
      if (!matchesApiKeyHash({ plaintext, storedHash: snapshot.secretHash, pepper })) return refuse('mismatch', plaintext);
      if (snapshot.revokedAt) return refuse('revoked', plaintext);
      if (snapshot.expiresAt && snapshot.expiresAt <= clock.now()) return refuse('expired', plaintext);
      return { ok: true, key: snapshot };
    }
  };
}

/** One answer for every key that does not work, so that nobody learns which ones once did. */
function refuse(reason: AuthFailure, plaintext: string): Verification {
  const message = `Incorrect API key provided: ${redactApiKey(plaintext)}. Ask the administrator of this server for a key.`;
  return { ok: false, reason, fault: new Fault('INVALID_API_KEY', { message, internal: `key refused: ${reason}` }) };
}

function storeUnavailable(cause: unknown): Verification {
  const message = 'API keys cannot be checked right now. Please try again in a moment.';
  const internal = `key store: ${cause instanceof Error ? cause.message : String(cause)}`;
  return { ok: false, reason: 'store_unavailable', fault: new Fault('STORE_UNAVAILABLE', { message, internal, cause }) };
}
