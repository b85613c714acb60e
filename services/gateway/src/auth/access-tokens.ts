import { randomUUID } from 'node:crypto';
import type { Clock } from '@sluice/platform/clock';
import { errors, jwtVerify, SignJWT } from 'jose';
import { SIGNING_ALGORITHM, type SigningKeys } from './signing-keys.ts';

/** Whose token it is. What the user may do is not in it: that is read when it is used. */
type AccessClaims = { readonly userId: string; readonly sessionId: string };

type Verified = { readonly ok: true; readonly claims: AccessClaims } | { readonly ok: false; readonly reason: string };

export type AccessTokens = {
  readonly issuer: string;
  issue(claims: AccessClaims): Promise<{ readonly token: string; readonly expiresInS: number }>;
  /** Looks at signature, issuer, audience and time. Whether the session still stands is another question. */
  verify(token: string): Promise<Verified>;
};

/** Short, because nobody asks a database whether a token was stolen. */
const LIFETIME_S = 10 * 60;
/** Between the clocks of two gateways. */
const CLOCK_TOLERANCE_S = 5;
/** So that a token for these routes is no good where somebody else trusts the same keys. */
const AUDIENCE = 'sluice-admin';
/** RFC 9068: an access token, which no other kind of JWT can be mistaken for. */
const TYPE = 'at+jwt';

/** Access tokens as JWTs, signed with Ed25519 and with nothing else. */
export function createAccessTokens(options: { keys: SigningKeys; issuer: string; clock: Clock }): AccessTokens {
  const { keys, issuer, clock } = options;
  return {
    issuer,
    issue: async ({ userId, sessionId }) => {
      const issuedAtS = Math.floor(clock.now().getTime() / 1_000);
      const token = await new SignJWT({ sid: sessionId })
        .setProtectedHeader({ alg: SIGNING_ALGORITHM, typ: TYPE, kid: keys.kid })
        .setIssuer(issuer)
        .setAudience(AUDIENCE)
        .setSubject(userId)
        .setJti(randomUUID())
        .setIssuedAt(issuedAtS)
        .setExpirationTime(issuedAtS + LIFETIME_S)
        .sign(keys.privateKey);
      return { token, expiresInS: LIFETIME_S };
    },
    verify: async (token) => {
      try {
        const { payload } = await jwtVerify(token, ({ kid = '' }) => keyOf(keys, kid), {
          algorithms: [SIGNING_ALGORITHM],
          issuer,
          audience: AUDIENCE,
          typ: TYPE,
          clockTolerance: CLOCK_TOLERANCE_S,
          currentDate: clock.now(),
          requiredClaims: ['sub', 'sid', 'jti', 'iat', 'exp'],
        });
        const { sub, sid } = payload;
        if (typeof sub !== 'string' || typeof sid !== 'string') return { ok: false, reason: 'sub or sid is no text' };
        return { ok: true, claims: { userId: sub, sessionId: sid } };
      } catch (error) {
        return { ok: false, reason: reasonOf(error) };
      }
    },
  };
}

function keyOf(keys: SigningKeys, kid: string) {
  const key = keys.publicKeys.get(kid);
  if (!key) throw new errors.JWKSNoMatchingKey();
  return key;
}

/** jose's code and the claim's name, never the token or what it says. */
export function reasonOf(error: unknown): string {
  if (error instanceof errors.JWTClaimValidationFailed || error instanceof errors.JWTExpired) return `${error.code} ${error.claim}`;
  return error instanceof errors.JOSEError ? error.code : 'not a JWT';
}
