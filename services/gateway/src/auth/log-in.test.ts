import { describe, expect, test } from '@jest/globals';
import { createLog } from '@sluice/platform/log';
import { Fault } from '@sluice/platform/fault';
import { until } from '@sluice/testing/until';
import { createTestClock } from '../test-support/test-clock.ts';
import { createAccessTokens } from './access-tokens.ts';
import { Afterwards } from './afterwards.ts';
import type { AuditEvent } from './audit-event.ts';
import { logIn, type LoginDeps } from './log-in.ts';
import type { LoginFailures } from './login-failures.ts';
import { createMemoryLoginFailures } from './memory-login-failures.ts';
import { createPasswords } from './passwords.ts';
import { makeRefreshToken } from './refresh-token.ts';
import { deriveSigningKeys } from './signing-keys.ts';
import type { UserAccount } from './user-store.ts';

const PEPPER = 'a pepper for tests, long enough to be one';
const PASSWORD = 'correct horse battery staple';
/** As strong as a sieve, and fast. */
const cost = { logN: 4, r: 1, p: 1 };
const CLIENT = { ip: '192.0.2.7', userAgent: 'test', requestId: 'req_1' };

/** A login's parts with three users, and a list of the steps that it took before it answered. */
async function setUp(change: { storedCost?: typeof cost; failures?: LoginFailures } = {}) {
  const clock = createTestClock();
  const steps: string[] = [];
  const audited: AuditEvent[] = [];
  const rehashed: string[] = [];
  const plain = createPasswords({ pepper: PEPPER, cost });
  const stored = await createPasswords({ pepper: PEPPER, cost: change.storedCost ?? cost }).hash(PASSWORD);
  const accounts = new Map<string, UserAccount>(
    [
      { id: 'user_anna', passwordHash: stored, isDisabled: false },
      { id: 'user_disabled', passwordHash: stored, isDisabled: true },
      { id: 'user_passwordless', passwordHash: undefined, isDisabled: false },
    ].map((account) => [`${account.id}@example.com`, { ...account, email: `${account.id}@example.com`, organizationId: 'org_1' }]),
  );
  const counted = change.failures ?? createMemoryLoginFailures(clock);
  const deps: LoginDeps = {
    pepper: PEPPER,
    users: {
      findByEmail: async (email) => {
        steps.push('find');
        return accounts.get(email);
      },
      findById: async () => undefined,
      describe: async () => undefined,
      changePassword: async () => true,
      storeRehash: async ({ to }) => {
        rehashed.push(to);
      },
      appendAudit: async (event) => {
        audited.push(event);
      },
    },
    sessions: {
      open: async (user) => {
        steps.push('open');
        return { userId: user.id, sessionId: 'family_1', refreshToken: makeRefreshToken(PEPPER) };
      },
      rotate: async () => ({ kind: 'ended' }),
      sessionOf: async () => undefined,
      close: async () => {},
      deleteEnded: async () => {},
    },
    failures: {
      begin: (attempt) => {
        steps.push('begin');
        return counted.begin(attempt);
      },
      succeed: (attempt) => {
        steps.push('succeed');
        return counted.succeed(attempt);
      },
      fail: (attempt) => {
        steps.push('fail');
        return counted.fail(attempt);
      },
    },
    passwords: {
      hash: (password) => plain.hash(password),
      verify: (password, text) => {
        steps.push('scrypt');
        return plain.verify(password, text);
      },
    },
    accessTokens: createAccessTokens({
      keys: await deriveSigningKeys({ secrets: [], pepper: PEPPER }),
      issuer: 'http://localhost:8080',
      clock,
    }),
    afterwards: new Afterwards(createLog({ service: 'test', level: 'silent' })),
    clock,
    onLogin: () => {},
  };
  const attempt = async (email: string, password = PASSWORD): Promise<Fault | 'in'> => {
    try {
      await logIn(deps, { email, password }, CLIENT);
      return 'in';
    } catch (error) {
      if (error instanceof Fault) return error;
      throw error;
    }
  };
  return { deps, steps, audited, rehashed, attempt, clock };
}

describe('a login', () => {
  test('opens a session for whoever knows the password', async () => {
    const { deps, steps } = await setUp();
    const grant = await logIn(deps, { email: 'user_anna@example.com', password: PASSWORD }, CLIENT);
    expect(grant).toEqual({ accessToken: expect.any(String), expiresInS: 600, refreshToken: expect.stringMatching(/^rt_/) });
    expect(steps).toEqual(['begin', 'find', 'scrypt', 'open', 'succeed']);
  });

  test('takes the same steps to the same answer, whatever is wrong', async () => {
    for (const [email, password] of [
      ['nobody@example.com', PASSWORD],
      ['user_disabled@example.com', PASSWORD],
      ['user_disabled@example.com', 'wrong'],
      ['user_passwordless@example.com', PASSWORD],
      ['user_anna@example.com', 'wrong'],
    ] as const) {
      const { attempt, steps } = await setUp();
      expect(await attempt(email, password)).toMatchObject({
        code: 'INVALID_CREDENTIALS',
        message: 'The email or the password is not right.',
        internal: undefined,
        param: undefined,
      });
      expect(steps).toEqual(['begin', 'find', 'scrypt', 'fail']);
    }
  });

  test('hashes nothing and looks nobody up while the account is locked, be it there or not', async () => {
    for (const email of ['user_anna@example.com', 'nobody@example.com']) {
      const { attempt, steps } = await setUp();
      for (let i = 0; i < 5; i++) expect(await attempt(email, 'wrong')).toMatchObject({ code: 'INVALID_CREDENTIALS' });
      steps.length = 0;
      expect(await attempt(email, 'wrong')).toMatchObject({ code: 'TOO_MANY_FAILURES', retryAfterMs: 30_000 });
      expect(steps).toEqual(['begin']);
    }
  });

  test('is refused while the account is locked though the password be right, and the lock stays', async () => {
    const { attempt, clock } = await setUp();
    for (let i = 0; i < 5; i++) await attempt('user_anna@example.com', 'wrong');
    expect(await attempt('user_anna@example.com')).toMatchObject({ code: 'TOO_MANY_FAILURES' });
    clock.advance(29_999);
    expect(await attempt('user_anna@example.com')).toMatchObject({ code: 'TOO_MANY_FAILURES', retryAfterMs: 1 });
    clock.advance(1);
    expect(await attempt('user_anna@example.com')).toBe('in');
  });

  test('that fails is audited for a user who is there, with the reason and the lock, and no more often than locks allow', async () => {
    const { attempt, audited } = await setUp();
    for (let i = 0; i < 20; i++) await attempt('user_anna@example.com', 'canary-guess');
    for (let i = 0; i < 4; i++) await attempt('nobody@example.com', 'wrong');
    await until(() => audited.length === 5);
    expect(audited.map(({ type, details }) => ({ type, details }))).toEqual([
      ...Array.from({ length: 4 }, () => ({ type: 'login.failed', details: { reason: 'wrong_password' } })),
      { type: 'login.failed', details: { reason: 'wrong_password', locked_for_s: 30 } },
    ]);
    expect(JSON.stringify(audited)).not.toContain('canary');
  });

  test('stores the password again when it was stored at another cost', async () => {
    const { attempt, rehashed } = await setUp({ storedCost: { logN: 3, r: 1, p: 1 } });
    expect(await attempt('user_anna@example.com')).toBe('in');
    await until(() => rehashed.length > 0);
    expect(rehashed[0]).toMatch(/^\$scrypt\$ln=4,r=1,p=1,/);
  });
});
