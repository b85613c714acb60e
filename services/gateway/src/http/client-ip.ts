import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { LRUCache } from 'lru-cache';
import { parseRanges, type Address } from './ip-ranges.ts';

/** Proxies are few; this bounds what a client without one can make us remember. */
const PEERS_MAX = 1_000;

export type ClientIp = {
  /** Who asks: the nearest address that is no trusted proxy's. IPv4 in its own form, however it travelled. */
  read(req: IncomingMessage): string;
  /** Whether the peer of a connection is a trusted proxy. */
  readonly isProxy: (address: string) => boolean;
};

/** Reads addresses as they are: X-Forwarded-For only from the given proxies, and only what they can vouch for. */
export function createClientIp(trustedProxies: readonly string[]): ClientIp {
  const isTrusted = parseRanges(trustedProxies);
  const peers = new LRUCache<string, boolean>({ max: PEERS_MAX });

  function isProxy(address: string): boolean {
    if (trustedProxies.length === 0) return false;
    const known = peers.get(address);
    if (known !== undefined) return known;
    const is = isIP(address) !== 0 && isTrusted(ipaddr.process(address));
    peers.set(address, is);
    return is;
  }

  return {
    isProxy,
    read: (req) => {
      const peer = plain(req.socket.remoteAddress ?? '');
      const header = req.headers['x-forwarded-for'];
      if (header === undefined || !isProxy(peer)) return peer;
      return nearestClient(String(header).split(','), isTrusted) ?? peer;
    },
  };
}

/** From the right, where the nearest proxy wrote: everything left of the first untrusted address is hearsay. Undefined when a proxy wrote what is no address. */
function nearestClient(entries: readonly string[], isTrusted: (address: Address) => boolean): string | undefined {
  let nearest: Address | undefined;
  for (const entry of entries.toReversed()) {
    const text = withoutPort(entry.trim());
    if (isIP(text) === 0) return undefined;
    nearest = ipaddr.process(text);
    if (!isTrusted(nearest)) break;
  }
  return nearest?.toString();
}

/** `1.2.3.4:567` and `[::1]:567`, as some proxies write. */
function withoutPort(entry: string): string {
  const [, bracketed, dotted] = /^\[([^\]]+)\](?::\d+)?$|^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(entry) ?? [];
  return bracketed ?? dotted ?? entry;
}

/** A socket that takes both families shows IPv4 as `::ffff:1.2.3.4`. */
function plain(address: string): string {
  return address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : address;
}
