import { isIP } from 'node:net';
import { Fault } from '@sluice/platform/fault';
import ipaddr from 'ipaddr.js';
import { parseRanges, type Address } from '../http/ip-ranges.ts';
import type { KeySnapshot } from './key-snapshot.ts';

/** Snapshots never change, so their lists are parsed once each. */
const lists = new WeakMap<KeySnapshot, (address: Address) => boolean>();

/** Undefined when the key works from there. */
export function checkAddress(key: KeySnapshot, clientIp: string): Fault | undefined {
  if (!key.allowedIps) return undefined;
  if (isIP(clientIp) !== 0 && listOf(key, key.allowedIps)(ipaddr.process(clientIp))) return undefined;
  // The address as this server sees it: behind a proxy that is not configured, it is the proxy's, and this tells.
  return new Fault('IP_NOT_AUTHORIZED', { message: `Your IP address ${clientIp} is not authorized to use this API key.` });
}

function listOf(key: KeySnapshot, allowedIps: readonly string[]): (address: Address) => boolean {
  const known = lists.get(key);
  if (known) return known;
  const list = parseRanges(allowedIps);
  lists.set(key, list);
  return list;
}
