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

/** What was found out about a presented key. */
type Finding =
  | { readonly kind: 'good'; readonly key: KeySnapshot }
  | { readonly kind: 'bad'; readonly reason: AuthFailure; readonly fault?: Fault }
  | Extract<KeyLookup, { kind: 'unavailable' }>;

/** A key as it was presented, and from where. */
type PresentedKey = { readonly plaintext: string; readonly clientIp: string };

export type KeyVerifier = (presented: PresentedKey) => Verification | Promise<Verification>;

type VerifierOptions = {
  readonly keys: Pick<KeyCache, 'lookup' | 'knows' | 'renew'>;
  readonly failures: Pick<FailureLimiter, 'note' | 'waitMs'>;
  readonly pepper: string;
  readonly clock: Clock;
};

/** An end may be put off and an address allowed; who knows a copy of the key may not have heard of it. */
const REVISABLE: ReadonlySet<AuthFailure> = new Set(['expired', 'address']);

/**
 * Checks a presented key: shape and checksum without any I/O, then the stored hash, revocation, expiry and address. Whoever would
 * be refused for what may have been changed since the key was read is judged by the key as it is now.
 * From where too many keys failed, only keys that are known here are looked at.
 */
export function createKeyVerifier({ keys, failures, pepper, clock }: VerifierOptions): KeyVerifier {
  return (presented) => {
    const { plaintext, clientIp } = presented;
    const waitMs = failures.waitMs(clientIp);
    const parsed = parseApiKey(plaintext);
    // A key for administration calls no model; its text says so, and nobody needs to look it up.
    if (parsed?.kind !== 'api') return fail('malformed');
    const { publicId } = parsed;
    if (waitMs > 0 && !keys.knows(publicId)) return fail('unknown');
    const lookup = keys.lookup(publicId);
    return lookup instanceof Promise ? lookup.then(judge) : judge(lookup);

    function judge(found: KeyLookup): Verification | Promise<Verification> {
      const finding = examine(found);
      const isRevisable = finding.kind === 'bad' && REVISABLE.has(finding.reason);
      const renewed = isRevisable ? keys.renew(publicId) : undefined;
      return renewed ? renewed.then((now) => conclude(examine(now))) : conclude(finding);
    }

    function examine(found: KeyLookup): Finding {
      if (found.kind === 'unavailable') return found;
      if (found.kind === 'absent') return bad('unknown');
      const { snapshot } = found;
      if (!matchesApiKeyHash({ plaintext, storedHash: snapshot.secretHash, pepper })) return bad('mismatch');
      if (snapshot.revokedAt) return bad('revoked');
      if (snapshot.expiresAt && snapshot.expiresAt <= clock.now()) return bad('expired');
      const fault = checkAddress(snapshot, clientIp);
      return fault ? { ...bad('address'), fault } : { kind: 'good', key: snapshot };
    }

    function conclude(finding: Finding): Verification {
      if (finding.kind === 'unavailable') return storeUnavailable(finding.cause);
      return finding.kind === 'bad' ? fail(finding.reason, finding.fault) : { ok: true, key: finding.key };
    }

    function fail(reason: AuthFailure, fault?: Fault): Verification {
      if (waitMs > 0) return tooManyFailures(waitMs);
      failures.note(clientIp);
      return { ok: false, reason, fault: fault ?? invalidKey(plaintext, reason) };
    }
  };
}

function bad(reason: AuthFailure) {
  return { kind: 'bad', reason } as const;
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
