import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { createClientIp } from './client-ip.ts';

function readFrom(peer: string, forwardedFor: string | undefined, trusted: readonly string[] = ['10.0.0.0/8', 'fd00::/8', '192.0.2.7']) {
  const socket = new Socket();
  Object.defineProperty(socket, 'remoteAddress', { value: peer });
  const req = new IncomingMessage(socket);
  if (forwardedFor !== undefined) req.headers['x-forwarded-for'] = forwardedFor;
  return createClientIp(trusted).read(req);
}

describe('the address of a client', () => {
  test.each([
    ['of a client without a proxy', '203.0.113.9', undefined, '203.0.113.9'],
    ['of a client that makes up a header', '203.0.113.9', '1.2.3.4', '203.0.113.9'],
    ['that a trusted proxy tells', '10.1.2.3', '203.0.113.9', '203.0.113.9'],
    ['that a trusted proxy tells, behind one that the client made up', '10.1.2.3', '1.2.3.4, 203.0.113.9', '203.0.113.9'],
    ['behind several trusted proxies', '10.1.2.3', '1.2.3.4, 203.0.113.9, 192.0.2.7,10.9.9.9', '203.0.113.9'],
    ['when all are trusted: the farthest', '10.1.2.3', '10.7.7.7, 10.8.8.8', '10.7.7.7'],
    ['in IPv6', 'fd00::1', '2001:DB8::1', '2001:db8::1'],
    ['in IPv4 as a socket for both families shows it', '::ffff:203.0.113.9', undefined, '203.0.113.9'],
    ['told by a proxy as a socket for both families shows it', '::ffff:10.1.2.3', '::ffff:203.0.113.9', '203.0.113.9'],
    ['with a port', '10.1.2.3', '203.0.113.9:4711', '203.0.113.9'],
    ['in IPv6 with a port', '10.1.2.3', '[2001:db8::1]:4711', '2001:db8::1'],
  ])('is the one %s', (_what, peer, header, expected) => {
    expect(readFrom(peer, header)).toBe(expected);
  });

  test.each(['', 'unknown', '203.0.113.9, garbage', '1', '0x7f.1', '203.0.113.9,'])('is the peer when a proxy says %j', (header) => {
    expect(readFrom('10.1.2.3', header)).toBe('10.1.2.3');
  });

  test('is found in spite of garbage that the client put in front', () => {
    expect(readFrom('10.1.2.3', 'garbage, 203.0.113.9')).toBe('203.0.113.9');
  });

  test('trusts nobody by default', () => {
    expect(readFrom('10.1.2.3', '203.0.113.9', [])).toBe('10.1.2.3');
  });
});

describe('a trusted proxy', () => {
  test.each([
    ['10.255.0.1', true],
    ['11.0.0.1', false],
    ['192.0.2.7', true],
    ['192.0.2.8', false],
    ['fd12::9', true],
    ['2001:db8::1', false],
    ['', false],
  ])('%s: %s', (address, expected) => {
    const clientIp = createClientIp(['10.0.0.0/8', 'fd00::/8', '192.0.2.7']);
    expect(clientIp.isProxy(address)).toBe(expected);
    expect(clientIp.isProxy(address)).toBe(expected);
  });

  test('may be given as IPv4 inside IPv6', () => {
    expect(createClientIp(['::ffff:10.0.0.0/104']).isProxy('10.2.3.4')).toBe(true);
    expect(createClientIp(['::ffff:10.0.0.1']).isProxy('10.0.0.1')).toBe(true);
  });
});
