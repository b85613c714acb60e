import type { Clock } from '@sluice/platform/clock';
import { LRUCache } from 'lru-cache';
import { LOCKOUT, lockMs, type LoginFailures } from './login-failures.ts';

type Count = { failures: number; untilMs: number };

/** More accounts than that in one outage push out those that failed longest ago. */
const ENTRIES_MAX = 20_000;

/** Failed logins of this process alone. */
export function createMemoryLoginFailures(clock: Clock): LoginFailures {
  const accounts = new LRUCache<string, Count>({ max: ENTRIES_MAX });
  const addresses = new LRUCache<string, Count>({ max: ENTRIES_MAX });
  return {
    begin: async ({ account, address }) => {
      const nowMs = clock.monotonicMs();
      const ofAccount = accounts.get(account) ?? { failures: 0, untilMs: 0 };
      const ofAddress = currentWindow(addresses.get(address), nowMs);
      const waitMs = Math.max(ofAccount.untilMs - nowMs, ofAddress.failures >= LOCKOUT.addressFailuresMax ? ofAddress.untilMs - nowMs : 0);
      if (waitMs > 0) return { isOpen: false, waitMs };
      const failures = ofAccount.failures + 1;
      accounts.set(account, { failures, untilMs: failures >= LOCKOUT.accountFailuresMax ? nowMs + LOCKOUT.pendingMs : 0 });
      addresses.set(address, { ...ofAddress, failures: ofAddress.failures + 1 });
      return { isOpen: true };
    },
    succeed: async ({ account, address }) => {
      accounts.delete(account);
      const ofAddress = addresses.get(address);
      if (ofAddress) addresses.set(address, { ...ofAddress, failures: Math.max(0, ofAddress.failures - 1) });
    },
    fail: async ({ account }) => {
      const ofAccount = accounts.get(account);
      const lockedMs = lockMs(ofAccount?.failures ?? 0);
      if (ofAccount && lockedMs > 0) accounts.set(account, { ...ofAccount, untilMs: clock.monotonicMs() + lockedMs });
      return lockedMs;
    },
  };
}

function currentWindow(count: Count | undefined, nowMs: number): Count {
  return count && count.untilMs > nowMs ? count : { failures: 0, untilMs: nowMs + LOCKOUT.addressWindowMs };
}
