import type { Clock } from '@sluice/platform/clock';
import type { Log } from '@sluice/platform/log';
import { createAccessTokens } from './access-tokens.ts';
import { Afterwards } from './afterwards.ts';
import type { Client } from './audit-event.ts';
import type { AuthStores } from './auth-store.ts';
import { createTokenAuthentication, type AuthenticateToken } from './authenticate-token.ts';
import { changePassword } from './change-password.ts';
import { IssuerKeys } from './issuer-keys-client.ts';
import { logIn, type Grant, type LoginDeps, type LoginOutcome } from './log-in.ts';
import type { LoginFailures } from './login-failures.ts';
import { createOidcVerifier, type OidcConfig } from './oidc-tokens.ts';
import type { Passwords } from './passwords.ts';
import { logOutByRefreshToken, refresh } from './refresh.ts';
import { deriveSigningKeys, type SigningKeys } from './signing-keys.ts';
import { fromStore } from '../store-fault.ts';
import type { UserProfile } from './user-store.ts';

export type AuthConfig = {
  /** The first signs access tokens, all verify; empty means a key derived from the pepper. */
  readonly secrets: readonly string[];
  /** Where clients reach this installation; the issuer of its tokens. */
  readonly publicUrl: string;
  /** A third party whose tokens are accepted. */
  readonly oidc: OidcConfig | undefined;
};

export type AuthOptions = {
  readonly config: AuthConfig;
  readonly pepper: string;
  readonly stores: AuthStores;
  readonly failures: LoginFailures;
  readonly passwords: Passwords;
  readonly clock: Clock;
  readonly log: Log;
  readonly onLogin: (outcome: LoginOutcome) => void;
};

/** Logins, and who a token speaks for. What is refused is thrown as a Fault. */
export type Auth = {
  readonly jwks: SigningKeys['jwks'];
  /** For every route that administers. What is wrong with a token, or away, comes back as a Fault. */
  readonly verifyAccessToken: AuthenticateToken;
  logIn(credentials: { email: string; password: string }, client: Client): Promise<Grant>;
  refresh(refreshToken: string, client: Client): Promise<Grant>;
  logOut(session: { sessionId: string } | { refreshToken: string }, client: Client): Promise<void>;
  changePassword(change: Parameters<typeof changePassword>[1], client: Client): Promise<void>;
  describe(userId: string): Promise<UserProfile | undefined>;
  /** Waits for what answers did not wait for. */
  close(): Promise<void>;
};

export async function createAuth(options: AuthOptions): Promise<Auth> {
  const { config, pepper, stores, clock, log } = options;
  const keys = await deriveSigningKeys({ secrets: config.secrets, pepper });
  const accessTokens = createAccessTokens({ keys, issuer: config.publicUrl, clock });
  const afterwards = new Afterwards(log);
  const deps: LoginDeps = { ...options, ...stores, accessTokens, afterwards };
  const oidc = config.oidc && {
    issuer: config.oidc.issuer,
    verify: createOidcVerifier({ config: config.oidc, findKey: new IssuerKeys({ issuer: config.oidc.issuer, clock }).find, clock }),
    identities: stores.identities,
  };
  return {
    jwks: keys.jwks,
    verifyAccessToken: createTokenAuthentication({ accessTokens, principals: stores.principals, oidc }),
    logIn: (credentials, client) => logIn(deps, credentials, client),
    refresh: (refreshToken, client) => refresh({ ...deps, log }, refreshToken, client),
    logOut: async (session, client) => {
      if ('refreshToken' in session) await logOutByRefreshToken({ ...deps, log }, session.refreshToken, client);
      else await fromStore(stores.sessions.close(session.sessionId, client));
      stores.principals.forgetAll();
    },
    changePassword: async (change, client) => {
      await changePassword(deps, change, client);
      stores.principals.forgetAll();
    },
    describe: (userId) => fromStore(stores.users.describe(userId)),
    close: () => afterwards.close(),
  };
}
