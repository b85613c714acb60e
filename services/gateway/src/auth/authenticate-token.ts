import { Fault } from '@sluice/platform/fault';
import { decodeJwt } from 'jose';
import type { AccessTokens } from './access-tokens.ts';
import { NOWHERE, type Client } from './audit-event.ts';
import type { IdentityMatch, IdentityStore } from './identity-store.ts';
import type { createOidcVerifier } from './oidc-tokens.ts';
import type { PrincipalStore } from './principal-store.ts';
import type { Principal } from './principal.ts';
import { fromStore } from '../store-fault.ts';

export type Authentication =
  | {
      readonly ok: true;
      readonly principal: Principal;
      /** Undefined for a third party's token. */
      readonly sessionId: string | undefined;
    }
  | { readonly ok: false; readonly fault: Fault };

export type AuthenticateToken = (token: string, client?: Client) => Promise<Authentication>;

type Deps = {
  readonly accessTokens: AccessTokens;
  readonly principals: PrincipalStore;
  readonly oidc:
    | { readonly issuer: string; readonly verify: ReturnType<typeof createOidcVerifier>; readonly identities: IdentityStore }
    | undefined;
};

/** Who a bearer token speaks for, with the rights of this moment. A token of ours counts while its session stands; one of the configured third party when its subject is a user here. */
export function createTokenAuthentication({ accessTokens, principals, oidc }: Deps): AuthenticateToken {
  return async (token, client = NOWHERE) => {
    try {
      const issuer = issuerOf(token);
      if (issuer === accessTokens.issuer) return await authenticateOwn(token);
      if (oidc && issuer === oidc.issuer) return await authenticateForeign(oidc, token, client);
      return refuse(issuer === undefined ? 'not a JWT' : 'an unknown issuer');
    } catch (error) {
      if (error instanceof Fault) return { ok: false, fault: error };
      throw error;
    }
  };

  async function authenticateOwn(token: string): Promise<Authentication> {
    const verified = await accessTokens.verify(token);
    if (!verified.ok) return refuse(verified.reason);
    const { userId, sessionId } = verified.claims;
    const principal = await fromStore(principals.findSessionUser(sessionId));
    return principal?.userId === userId ? { ok: true, principal, sessionId } : refuse('the session is over');
  }

  async function authenticateForeign(
    { verify, identities }: NonNullable<Deps['oidc']>,
    token: string,
    client: Client,
  ): Promise<Authentication> {
    const verified = await verify(token);
    if (!verified.ok) return verified;
    const match = await fromStore(identities.resolve(verified.identity, client));
    if (match.kind !== 'known') return { ok: false, fault: notLinked(match) };
    const principal = await fromStore(principals.findUser(match.userId));
    return principal ? { ok: true, principal, sessionId: undefined } : refuse('the user is disabled');
  }
}

/** Read before anything is verified: it only chooses who verifies. */
function issuerOf(token: string): string | undefined {
  try {
    return decodeJwt(token).iss ?? '';
  } catch {
    return undefined;
  }
}

/** One answer for every token that does not work. */
function refuse(reason: string): Authentication {
  const message = 'The access token is not valid or has expired. Please log in again.';
  return { ok: false, fault: new Fault('INVALID_TOKEN', { message, internal: `access token: ${reason}` }) };
}

/** The token itself is good, so whoever holds it may read what is missing here. */
function notLinked({ kind }: Exclude<IdentityMatch, { kind: 'known' }>): Fault {
  const messages = {
    no_email:
      'The token of your identity provider holds no email that it has verified (email_verified), so it cannot be matched to a user.',
    no_user: 'There is no active user with your email here. Ask an administrator of this server to add you.',
    taken: 'The user with your email is linked to another account of your identity provider. Ask an administrator of this server.',
  };
  return new Fault('INSUFFICIENT_PERMISSIONS', { message: messages[kind], internal: `identity: ${kind}` });
}
