import { expect, test } from '@jest/globals';
import { nameAttempt } from './login-attempt.ts';

const address = (clientIp: string): string => nameAttempt('pepper', { email: 'a@b', clientIp }).address;

test('an attempt’s names tell neither the email nor the address', () => {
  const names = JSON.stringify(nameAttempt('pepper', { email: 'anna@example.com', clientIp: '192.0.2.7' }));
  expect(names).not.toMatch(/anna|192/);
  expect(names).not.toBe(JSON.stringify(nameAttempt('another pepper', { email: 'anna@example.com', clientIp: '192.0.2.7' })));
});

test('all of a subscriber’s IPv6 addresses count as one, and an IPv4 address as itself however it is written', () => {
  expect(address('2001:db8:1:2::1')).toBe(address('2001:0db8:0001:0002:ffff:ffff:ffff:ffff'));
  expect(address('2001:db8:1:2::1')).not.toBe(address('2001:db8:1:3::1'));
  expect(address('::ffff:192.0.2.7')).toBe(address('192.0.2.7'));
  expect(address('192.0.2.7')).not.toBe(address('192.0.2.8'));
});

test('an address that is none is a name like any other', () => {
  expect(address('')).toBe(address(''));
  expect(address('not an address')).not.toBe(address(''));
});
