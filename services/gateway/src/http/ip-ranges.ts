import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

export type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** Whether an address is in one of the ranges, which are addresses or CIDR blocks. A range that is neither holds nothing. */
export function parseRanges(ranges: readonly string[]): (address: Address) => boolean {
  const parsed = ranges.flatMap(parseRange);
  return (address) => parsed.some(([base, bits]) => base.kind() === address.kind() && address.match(base, bits));
}

function parseRange(text: string): [Address, number][] {
  const [base = '', bits] = text.split('/');
  // ipaddr.js alone would take `1` for 0.0.0.1.
  if (isIP(base) === 0) return [];
  if (bits !== undefined) return ipaddr.isValidCIDR(text) ? [unmap(ipaddr.parseCIDR(text))] : [];
  const address = ipaddr.process(base);
  return [[address, address.kind() === 'ipv4' ? 32 : 128]];
}

/** `::ffff:10.0.0.0/104` means `10.0.0.0/8`: addresses are compared in IPv4's own form. */
function unmap([address, bits]: [Address, number]): [Address, number] {
  const isMapped = address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress() && bits >= 96;
  return isMapped ? [address.toIPv4Address(), bits - 96] : [address, bits];
}
