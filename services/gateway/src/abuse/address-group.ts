import ipaddr from 'ipaddr.js';

/** What one subscriber gets of IPv6. */
const IPV6_PREFIX_GROUPS = 4;

/** Whom an address is counted with: IPv4 one by one, IPv6 by /64. */
export function groupOf(address: string): string {
  if (!address.includes(':') || !ipaddr.IPv6.isValid(address)) return address;
  const parsed = ipaddr.IPv6.parse(address);
  return parsed.isIPv4MappedAddress() ? parsed.toIPv4Address().toString() : parsed.parts.slice(0, IPV6_PREFIX_GROUPS).join(':');
}
