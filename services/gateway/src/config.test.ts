import { describe, expect, test } from '@jest/globals';
import { readConfig } from './config.ts';

const ENV = {
  DATABASE_URL: 'postgresql://user@localhost:5432/sluice',
  KEY_PEPPER: '3f9c1b7a5d2e4860913f9c1b7a5d2e48',
  REDIS_URL: 'redis://localhost:6379',
  RUNTIME_ADDRESSES: 'localhost:50051, gpu-2:50051',
};

describe('the configuration', () => {
  test('listens on this machine only, unless told otherwise', () => {
    expect(readConfig(ENV)).toMatchObject({ host: '127.0.0.1', port: 8080, metricsHost: '127.0.0.1', metricsPort: 9464, drainMs: 120_000 });
  });

  test('splits the workers', () => {
    expect(readConfig(ENV).runtimeAddresses).toEqual(['localhost:50051', 'gpu-2:50051']);
  });

  test.each([
    ['no pepper', { KEY_PEPPER: undefined }, 'KEY_PEPPER: must be set'],
    ['an empty pepper', { KEY_PEPPER: '' }, 'KEY_PEPPER: must be set'],
    ['a short pepper', { KEY_PEPPER: 'short' }, 'KEY_PEPPER: must have at least 32 characters'],
    ['a pepper that is one letter', { KEY_PEPPER: 'a'.repeat(40) }, 'KEY_PEPPER: must be random'],
    ['no database', { DATABASE_URL: undefined }, 'DATABASE_URL: must be a postgresql:// URL'],
    ['another database', { DATABASE_URL: 'mysql://x/y' }, 'DATABASE_URL: must be a postgresql:// URL'],
    ['no Redis', { REDIS_URL: undefined }, 'REDIS_URL: must be a redis:// URL'],
    ['a proxy that is a name', { TRUSTED_PROXIES: 'lb.internal' }, 'TRUSTED_PROXIES'],
    ['no workers', { RUNTIME_ADDRESSES: ' , ' }, 'RUNTIME_ADDRESSES: must name at least one worker'],
    ['a worker without a port', { RUNTIME_ADDRESSES: 'localhost' }, 'must be host:port'],
  ])('refuses to start with %s', (_what, change, message) => {
    expect(() => readConfig({ ...ENV, ...change })).toThrow(message);
  });
});
