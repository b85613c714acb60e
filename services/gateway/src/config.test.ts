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

  test('signs with a key from the pepper, for localhost, and trusts no third party, unless told otherwise', () => {
    expect(readConfig({ ...ENV, PORT: '9000' }).auth).toEqual({ secrets: [], publicUrl: 'http://localhost:9000', oidc: undefined });
  });

  test('takes several signing secrets, and a third party', () => {
    const [first, second] = ['0f1e2d3c4b5a69788796a5b4c3d2e1f0', 'f0e1d2c3b4a5968778695a4b3c2d1e0f'];
    const env = {
      ...ENV,
      ENVIRONMENT: 'production',
      PUBLIC_URL: 'https://llm.example.com/',
      AUTH_SECRETS: `${first}, ${second}`,
      OIDC_ISSUER: 'https://id.example.com',
      OIDC_AUDIENCE: 'sluice',
    };
    expect(readConfig(env).auth).toEqual({
      secrets: [first, second],
      publicUrl: 'https://llm.example.com',
      oidc: { issuer: 'https://id.example.com', audience: 'sluice', emailClaim: 'email' },
    });
  });

  test('takes what it is given outside of production, so that a first start is easy', () => {
    const env = { ...ENV, DATABASE_URL: 'postgresql://postgres@db/x', REDIS_URL: 'redis://redis' };
    expect(readConfig(env)).toMatchObject({ environment: 'development', redisUrl: 'redis://redis' });
  });

  test('splits the workers', () => {
    expect(readConfig(ENV).runtimeAddresses).toEqual(['localhost:50051', 'gpu-2:50051']);
  });

  test.each([
    ['no administration at all', { ADMIN_REQUESTS_PER_MINUTE: '0' }, 'ADMIN_REQUESTS_PER_MINUTE: '],
    ['no pepper', { KEY_PEPPER: undefined }, 'KEY_PEPPER: must be set'],
    ['an empty pepper', { KEY_PEPPER: '' }, 'KEY_PEPPER: must be set'],
    ['a short pepper', { KEY_PEPPER: 'short' }, 'KEY_PEPPER: must have at least 32 characters'],
    ['a pepper that is one letter', { KEY_PEPPER: 'a'.repeat(40) }, 'KEY_PEPPER: must be random'],
    ['a pepper that repeats itself', { KEY_PEPPER: '0f1e2d3c4b5a6978'.repeat(2) }, 'KEY_PEPPER: must be random'],
    ['a pepper that counts', { KEY_PEPPER: 'abcdefghijklmnopqrstuvwxyz0123456789' }, 'KEY_PEPPER: must be random'],
    ['a pepper out of a manual', { KEY_PEPPER: 'please-change-me-before-you-go-live-0123' }, 'KEY_PEPPER: must be random'],
    [
      'the pepper of our tests, in production',
      { ENVIRONMENT: 'production', KEY_PEPPER: 'a pepper for tests, long enough to be one' },
      'KEY_PEPPER: must be random in production',
    ],
    [
      'a database on another machine without a password, in production',
      { ENVIRONMENT: 'production', DATABASE_URL: 'postgresql://sluice@db.internal/sluice' },
      'DATABASE_URL: must have a password in production: db.internal is another machine',
    ],
    [
      "a database with an installer's password, in production",
      { ENVIRONMENT: 'production', DATABASE_URL: 'postgresql://postgres:postgres@db.internal/sluice' },
      'DATABASE_URL: must not have a well-known password',
    ],
    [
      'a Redis on another machine without a password, in production',
      { ENVIRONMENT: 'production', REDIS_URL: 'redis://redis:6379' },
      'REDIS_URL: must have a password in production',
    ],
    ['no database', { DATABASE_URL: undefined }, 'DATABASE_URL: must be a postgresql:// URL'],
    ['another database', { DATABASE_URL: 'mysql://x/y' }, 'DATABASE_URL: must be a postgresql:// URL'],
    ['no Redis', { REDIS_URL: undefined }, 'REDIS_URL: must be a redis:// URL'],
    ['a proxy that is a name', { TRUSTED_PROXIES: 'lb.internal' }, 'TRUSTED_PROXIES'],
    ['no workers', { RUNTIME_ADDRESSES: ' , ' }, 'RUNTIME_ADDRESSES: must name at least one worker'],
    ['a short signing secret', { AUTH_SECRETS: '0f1e2d3c4b5a6978f0e1d2c3b4a5968' }, 'must have at least 32 characters'],
    ['a signing secret that repeats itself', { AUTH_SECRETS: '0f1e2d3c4b5a6978'.repeat(2) }, 'must be random'],
    ['a signing secret out of a manual', { AUTH_SECRETS: 'change-me-to-something-random-please-0123' }, 'must be random'],
    ['one bad signing secret beside a good one', { AUTH_SECRETS: `${ENV.KEY_PEPPER},short` }, 'AUTH_SECRETS.1: must have'],
    ['a public URL that is none', { PUBLIC_URL: 'llm.example.com' }, 'PUBLIC_URL: must be an https:// or http:// URL'],
    [
      'logins in the clear, in production',
      { ENVIRONMENT: 'production', PUBLIC_URL: 'http://llm.example.com' },
      'PUBLIC_URL: must be an https:// URL in production',
    ],
    ['a third party for whose tokens no audience is set', { OIDC_ISSUER: 'https://id.example.com' }, 'OIDC_AUDIENCE: must be set'],
    ['an audience without a third party', { OIDC_AUDIENCE: 'sluice' }, 'OIDC_ISSUER: must be set'],
    ['a third party in the clear', { OIDC_ISSUER: 'http://id.example.com', OIDC_AUDIENCE: 'x' }, 'OIDC_ISSUER: must be an https:// URL'],
    ['itself as a third party', { OIDC_ISSUER: 'http://localhost:8080', OIDC_AUDIENCE: 'x' }, 'OIDC_ISSUER: must not be PUBLIC_URL'],
    ['an environment nobody knows', { ENVIRONMENT: 'staging' }, 'ENVIRONMENT'],
    ['a worker without a port', { RUNTIME_ADDRESSES: 'localhost' }, 'must be host:port'],
  ])('refuses to start with %s', (_what, change, message) => {
    expect(() => readConfig({ ...ENV, ...change })).toThrow(message);
  });
});
