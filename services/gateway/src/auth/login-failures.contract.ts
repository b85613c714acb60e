import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { createTestClock, type TestClock } from '../test-support/test-clock.ts';
import type { LoginAttempt, LoginFailures } from './login-failures.ts';

const MINUTE_MS = 60_000;

/** An attempt at an account, and from an address, that nobody else in the suite uses. */
function newAttempt(change: Partial<LoginAttempt> = {}): LoginAttempt {
  return { account: randomUUID(), address: randomUUID(), ...change };
}

export function loginFailuresContract(name: string, create: (clock: TestClock) => LoginFailures): void {
  describe(name, () => {
    /** Begins and fails so often, from ever new addresses; how long each failure locked. */
    async function failTimes(failures: LoginFailures, account: string, times: number): Promise<number[]> {
      const locks: number[] = [];
      for (let i = 0; i < times; i++) {
        const attempt = newAttempt({ account });
        expect(await failures.begin(attempt)).toEqual({ isOpen: true });
        locks.push(await failures.fail(attempt));
      }
      return locks;
    }

    test('locks an account at its fifth failure, wherever they came from', async () => {
      const failures = create(createTestClock());
      const { account } = newAttempt();
      expect(await failTimes(failures, account, 5)).toEqual([0, 0, 0, 0, 30_000]);
      expect(await failures.begin(newAttempt({ account }))).toEqual({ isOpen: false, waitMs: 30_000 });
      expect(await failures.begin(newAttempt())).toEqual({ isOpen: true });
    });

    test('doubles the lock with every further failure, up to a quarter of an hour', async () => {
      const clock = createTestClock();
      const failures = create(clock);
      const { account } = newAttempt();
      await failTimes(failures, account, 4);
      const locks: number[] = [];
      for (let i = 0; i < 8; i++) {
        const [locked = 0] = await failTimes(failures, account, 1);
        locks.push(locked);
        clock.advance(locked);
      }
      expect(locks).toEqual([30_000, 60_000, 120_000, 240_000, 480_000, 900_000, 900_000, 900_000]);
    });

    test('counts nothing while it is locked, so that knocking does not make it longer', async () => {
      const clock = createTestClock();
      const failures = create(clock);
      const { account } = newAttempt();
      await failTimes(failures, account, 5);
      clock.advance(10_000);
      for (let i = 0; i < 10; i++) expect(await failures.begin(newAttempt({ account }))).toEqual({ isOpen: false, waitMs: 20_000 });
      clock.advance(20_000);
      expect(await failures.begin(newAttempt({ account }))).toEqual({ isOpen: true });
    });

    test('forgets an account’s failures when a login succeeds', async () => {
      const failures = create(createTestClock());
      const attempt = newAttempt();
      await failTimes(failures, attempt.account, 4);
      await failures.begin(attempt);
      await failures.succeed(attempt);
      expect(await failTimes(failures, attempt.account, 5)).toEqual([0, 0, 0, 0, 30_000]);
    });

    test('lets no more than five of any number of guesses at once through', async () => {
      const failures = create(createTestClock());
      const { account } = newAttempt();
      const gates = await Promise.all(Array.from({ length: 50 }, () => failures.begin(newAttempt({ account }))));
      expect(gates.filter(({ isOpen }) => isOpen)).toHaveLength(5);
    });

    test('lets no more than twenty guesses a minute through from one address, at whatever accounts', async () => {
      const clock = createTestClock();
      const failures = create(clock);
      const { address } = newAttempt();
      const guess = () => failures.begin(newAttempt({ address }));
      const gates = await Promise.all(Array.from({ length: 50 }, guess));
      expect(gates.filter(({ isOpen }) => isOpen)).toHaveLength(20);
      clock.advance(MINUTE_MS - 1);
      expect(await guess()).toEqual({ isOpen: false, waitMs: 1 });
      clock.advance(1);
      expect(await guess()).toEqual({ isOpen: true });
    });

    test('does not count those who succeed against their address, nor forgive it the others', async () => {
      const failures = create(createTestClock());
      const { address } = newAttempt();
      for (let i = 0; i < 60; i++) {
        const attempt = newAttempt({ address });
        expect(await failures.begin(attempt)).toEqual({ isOpen: true });
        await failures.succeed(attempt);
      }
      for (let i = 0; i < 20; i++) expect(await failures.begin(newAttempt({ address }))).toEqual({ isOpen: true });
      expect(await failures.begin(newAttempt({ address }))).toMatchObject({ isOpen: false });
    });
  });
}
