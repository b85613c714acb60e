import type { Clock } from '@sluice/platform/clock';
import { Fault } from '@sluice/platform/fault';
import { errors, jwtVerify, type JWTVerifyGetKey } from 'jose';
import { reasonOf } from './access-tokens.ts';
import { errorCodeOf } from './error-code.ts';

export type OidcConfig = {
  readonly issuer: string;
  readonly audience: string;
  /** The claim that holds the email. */
  readonly emailClaim: string;
};

/** Who a third party says it is. */
export type OidcIdentity = {
  readonly issuer: string;
  readonly subject: string;
  /** In lower case, and only when the issuer has verified it. */
  readonly email: string | undefined;
};

type Verified = { readonly ok: true; readonly identity: OidcIdentity } | { readonly ok: false; readonly fault: Fault };

/** What OpenID Connect issuers sign with. No symmetric one: with it, whoever reads the public key could sign. */
const ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA'];
/** Between the issuer's clock and ours. */
const CLOCK_TOLERANCE_S = 30;
/** OpenID Connect's own bound for a subject; emails are shorter. */
const TEXT_LENGTH_MAX = 255;

/** Verifies access tokens of one third-party issuer. */
export function createOidcVerifier({ config, findKey, clock }: { config: OidcConfig; findKey: JWTVerifyGetKey; clock: Clock }) {
  const { issuer, audience, emailClaim } = config;
  return async (token: string): Promise<Verified> => {
    try {
      const { payload } = await jwtVerify(token, findKey, {
        algorithms: ALGORITHMS,
        issuer,
        audience,
        clockTolerance: CLOCK_TOLERANCE_S,
        currentDate: clock.now(),
        requiredClaims: ['sub', 'exp'],
      });
      const { sub } = payload;
      if (typeof sub !== 'string' || sub === '' || !isPlain(sub)) return refuse('sub');
      const email = payload[emailClaim];
      const isVerified = payload['email_verified'] === true && typeof email === 'string' && isPlain(email);
      return { ok: true, identity: { issuer, subject: sub, email: isVerified ? email.toLowerCase() : undefined } };
    } catch (error) {
      return error instanceof errors.JOSEError ? refuse(reasonOf(error)) : unreachable(error);
    }
  };
}

/** Postgres takes no NUL. */
function isPlain(text: string): boolean {
  return text.length <= TEXT_LENGTH_MAX && !/\p{Cc}/u.test(text);
}

function refuse(reason: string): Verified {
  const message = 'The access token of your identity provider is not valid or has expired.';
  return { ok: false, fault: new Fault('INVALID_TOKEN', { message, internal: `identity provider's token: ${reason}` }) };
}

function unreachable(cause: unknown): Verified {
  const message = 'Your identity provider cannot be reached right now. Please try again in a moment.';
  const internal = `identity provider: ${cause instanceof Error ? cause.message : errorCodeOf(cause)}`;
  return { ok: false, fault: new Fault('STORE_UNAVAILABLE', { message, internal, cause }) };
}
