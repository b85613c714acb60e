import { describe, expect, test } from '@jest/globals';
import { keySnapshot } from '../test-support/key-snapshot.ts';
import { checkAddress } from './check-address.ts';

describe('a key with a list of addresses', () => {
  const key = keySnapshot({
    allowedIps: ['203.0.113.0/24', '198.51.100.7', '2001:db8:1::/48', '::ffff:192.0.2.0/120', 'nonsense', '10/8'],
  });

  test.each(['203.0.113.0', '203.0.113.255', '198.51.100.7', '2001:db8:1::9', '192.0.2.200', '::ffff:203.0.113.5'])(
    'works from %s',
    (ip) => {
      expect(checkAddress(key, ip)).toBeUndefined();
    },
  );

  test.each(['203.0.114.0', '198.51.100.8', '2001:db8:2::9', '192.0.3.1', '10.0.0.1', '::1', '', 'nonsense'])(
    'does not work from %j',
    (ip) => {
      expect(checkAddress(key, ip)).toMatchObject({ code: 'IP_NOT_AUTHORIZED' });
    },
  );

  test('is told the address that it was seen to come from', () => {
    expect(checkAddress(key, '192.168.0.1')?.message).toContain('192.168.0.1');
  });

  test('of which none can be read works from nowhere', () => {
    expect(checkAddress(keySnapshot({ allowedIps: ['nonsense'] }), '203.0.113.1')).toMatchObject({ code: 'IP_NOT_AUTHORIZED' });
  });
});

test('a key without a list works from everywhere', () => {
  expect(checkAddress(keySnapshot(), '')).toBeUndefined();
});
