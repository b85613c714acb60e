import type { Clock } from '@sluice/platform/clock';
import { Fault } from '@sluice/platform/fault';
import type { AccessTokens } from './access-tokens.ts';
import type { Afterwards } from './afterwards.ts';
import type { Client } from './audit-event.ts';
import { nameAttempt } from './login-attempt.ts';
import type { LoginFailures } from './login-failures.ts';
import type { Passwords } from './passwords.ts';
import type { Session, SessionStore } from './session-store.ts';
import { fromStore } from '../store-fault.ts';
import type { UserAccount, UserStore } from './user-store.ts';

/** What came of a login; the closed set behind the metric's label. */
export type LoginOutcome = 'succeeded' | 'failed' | 'locked';

export type LoginDeps = {
  readonly pepper: string;
  readonly users: UserStore;
  readonly sessions: SessionStore;
  readonly failures: LoginFailures;
  readonly passwords: Passwords;
  readonly accessTokens: AccessTokens;
  readonly afterwards: Afterwards;
  readonly clock: Clock;
  readonly onLogin: (outcome: LoginOutcome) => void;
};

/** What a client gets to act with. */
export type Grant = { readonly accessToken: string; readonly expiresInS: number; readonly refreshToken: string };

type Credentials = { readonly email: string; readonly password: string };

/**
 * Opens a session for whoever knows the password. Whether the email is unknown, disabled, without a password or the password
 * wrong: the steps up to the answer, and the answer, are the same. Throws INVALID_CREDENTIALS then, TOO_MANY_FAILURES while
 * the account (known or not) or the client's address is locked, and STORE_UNAVAILABLE.
 */
export async function logIn(deps: LoginDeps, { email, password }: Credentials, client: Client): Promise<Grant> {
  const { users, sessions, failures, passwords, afterwards, onLogin } = deps;
  const attempt = nameAttempt(deps.pepper, { email, clientIp: client.ip ?? '' });
  const gate = await failures.begin(attempt);
  if (!gate.isOpen) {
    onLogin('locked');
    throw tooManyFailures(gate.waitMs);
  }
  const account = await fromStore(users.findByEmail(email));
  const { isMatch, wantsRehash } = await passwords.verify(password, account?.passwordHash);
  const { passwordHash } = account ?? {};
  if (!account || passwordHash === undefined || account.isDisabled || !isMatch) {
    const lockedMs = await failures.fail(attempt);
    onLogin('failed');
    if (account)
      afterwards.run('audit of a failed login', () => users.appendAudit(failedLogin(deps, account, { isMatch, lockedMs, client })));
    throw invalidCredentials();
  }
  const session = await fromStore(sessions.open({ ...account, passwordHash }, client));
  if (!session) throw changedMeanwhile();
  await failures.succeed(attempt);
  onLogin('succeeded');
  if (wantsRehash) {
    afterwards.run('rehash', async () => users.storeRehash({ userId: account.id, from: passwordHash, to: await passwords.hash(password) }));
  }
  afterwards.run('deletion of ended sessions', () => sessions.deleteEnded());
  return toGrant(deps.accessTokens, session);
}

export async function toGrant(accessTokens: AccessTokens, { userId, sessionId, refreshToken }: Session): Promise<Grant> {
  const { token, expiresInS } = await accessTokens.issue({ userId, sessionId });
  return { accessToken: token, expiresInS, refreshToken: refreshToken.plaintext };
}

export function tooManyFailures(waitMs: number): Fault {
  const seconds = Math.ceil(waitMs / 1_000);
  const message = `Too many failed attempts. Please try again in ${seconds} ${seconds === 1 ? 'second' : 'seconds'}.`;
  return new Fault('TOO_MANY_FAILURES', { message, retryAfterMs: waitMs });
}

export function invalidCredentials(): Fault {
  return new Fault('INVALID_CREDENTIALS', { message: 'The email or the password is not right.' });
}

/** Only who knew the password until a moment ago gets to read this. */
function changedMeanwhile(): Fault {
  return new Fault('CONFLICT', { message: 'The account was changed during the login. Please try again.' });
}

/** Bounded by the lockout, so that a flood of guesses does not fill the audit log; those at unknown emails have nowhere to go in it. */
function failedLogin(
  { clock }: LoginDeps,
  account: UserAccount,
  { isMatch, lockedMs, client }: { isMatch: boolean; lockedMs: number; client: Client },
) {
  const reason = account.passwordHash === undefined ? 'no_password' : isMatch ? 'disabled' : 'wrong_password';
  const details = { reason, ...(lockedMs > 0 ? { locked_for_s: Math.ceil(lockedMs / 1_000) } : {}) };
  return { type: 'login.failed', user: account, details, at: clock.now(), client } as const;
}
