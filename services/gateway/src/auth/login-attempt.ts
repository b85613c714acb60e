import { createHmac } from 'node:crypto';
import { groupOf } from '../abuse/address-group.ts';
import type { LoginAttempt } from './login-failures.ts';

const NAME_LENGTH = 32;

/** The names under which an attempt is counted: HMACs under the pepper, so that Redis holds neither emails nor addresses. */
export function nameAttempt(pepper: string, { email, clientIp }: { email: string; clientIp: string }): LoginAttempt {
  const name = (kind: string, value: string): string =>
    createHmac('sha256', pepper).update(`login ${kind}\0${value}`).digest('hex').slice(0, NAME_LENGTH);
  return { account: name('account', email), address: name('address', groupOf(clientIp)) };
}
