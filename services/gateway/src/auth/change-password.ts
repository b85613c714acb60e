import { Fault } from '@sluice/platform/fault';
import type { Client } from './audit-event.ts';
import { invalidCredentials, tooManyFailures, type LoginDeps } from './log-in.ts';
import { nameAttempt } from './login-attempt.ts';
import { fromStore } from '../store-fault.ts';

type Change = {
  readonly userId: string;
  /** The session that may go on; all others end. */
  readonly keptSessionId: string | undefined;
  readonly current: string;
  /** Has been found good enough. */
  readonly next: string;
};

/** Changes the user's password and ends their other sessions. Guesses at the current one count as failed logins. Throws as `logIn` does. */
export async function changePassword(deps: LoginDeps, { userId, keptSessionId, current, next }: Change, client: Client): Promise<void> {
  const { users, failures, passwords, clock } = deps;
  const account = await fromStore(users.findById(userId));
  if (!account || account.isDisabled) throw invalidCredentials();
  const attempt = nameAttempt(deps.pepper, { email: account.email, clientIp: client.ip ?? '' });
  const gate = await failures.begin(attempt);
  if (!gate.isOpen) throw tooManyFailures(gate.waitMs);
  const { isMatch } = await passwords.verify(current, account.passwordHash);
  if (!isMatch || account.passwordHash === undefined) {
    await failures.fail(attempt);
    throw invalidCredentials();
  }
  const event = { type: 'user.updated', user: account, details: { password: 'changed' }, at: clock.now(), client } as const;
  const change = { userId, from: account.passwordHash, to: await passwords.hash(next) };
  if (!(await fromStore(users.changePassword(change, { keptSessionId, event })))) {
    throw new Fault('CONFLICT', { message: 'The password was changed by somebody else meanwhile.' });
  }
  await failures.succeed(attempt);
}
