import { createHmac } from 'node:crypto';
import ipaddr from 'ipaddr.js';
import type { LoginAttempt } from './login-failures.ts';

const NAME_LENGTH = 32;
/** What one subscriber gets of IPv6 at least; counted together, or each would have addresses without end. */
const IPV6_NETWORK_BITS = 64;

/** The names under which an attempt is counted: HMACs under the pepper, so that Redis holds neither emails nor addresses. */
export function nameAttempt(pepper: string, { email, clientIp }: { email: string; clientIp: string }): LoginAttempt {
  const name = (kind: string, value: string): string =>
    createHmac('sha256', pepper).update(`login ${kind}\0${value}`).digest('hex').slice(0, NAME_LENGTH);
  return { account: name('account', email), address: name('address', networkOf(clientIp)) };
}

function networkOf(address: string): string {
  if (!ipaddr.isValid(address)) return address;
  const parsed = ipaddr.process(address);
  if (parsed.kind() === 'ipv4') return parsed.toString();
  return ipaddr.IPv6.networkAddressFromCIDR(`${parsed.toString()}/${IPV6_NETWORK_BITS}`).toString();
}
