/** Who tries to log in: an account, there or not, from an address. Both as names that tell neither. */
export type LoginAttempt = { readonly account: string; readonly address: string };

type LoginGate = { readonly isOpen: true } | { readonly isOpen: false; readonly waitMs: number };

/**
 * Counts failed logins by account and by address. An attempt counts as failed from its beginning until it succeeds, so that
 * a thousand guesses sent at once are no more guesses than a thousand sent in turn.
 */
export type LoginFailures = {
  /** Closed while the account or the address is locked; nothing is counted then. */
  begin(attempt: LoginAttempt): Promise<LoginGate>;
  /** Forgets the account's failures, and that this attempt was one of the address. */
  succeed(attempt: LoginAttempt): Promise<void>;
  /** For how long the account is locked now; 0 when it is not. */
  fail(attempt: LoginAttempt): Promise<number>;
};

export const LOCKOUT = {
  /** From this one on, each failure locks the account. */
  accountFailuresMax: 5,
  /** Doubled by every failure after that. */
  lockMinMs: 30_000,
  /** Bounds what somebody who only wants to keep the owner out can do. */
  lockMaxMs: 15 * 60_000,
  /** While the attempt that may be the last is checked: above what a check takes. */
  pendingMs: 10_000,
  /** An account's failures are forgotten so long after the last. */
  accountKeptMs: 86_400_000,
  addressFailuresMax: 20,
  addressWindowMs: 60_000,
} as const;

/** How long the failure with this number locks. */
export function lockMs(failures: number): number {
  const { accountFailuresMax, lockMinMs, lockMaxMs } = LOCKOUT;
  return failures < accountFailuresMax ? 0 : Math.min(lockMaxMs, lockMinMs * 2 ** (failures - accountFailuresMax));
}

/** The first while it answers, else the second. They do not know of each other's failures: those of an outage are counted apart. */
export function withFallback(first: LoginFailures, second: LoginFailures, onFailure: (error: unknown) => void): LoginFailures {
  const either = async <Value>(ask: (failures: LoginFailures) => Promise<Value>): Promise<Value> => {
    try {
      return await ask(first);
    } catch (error) {
      onFailure(error);
      return ask(second);
    }
  };
  return {
    begin: (attempt) => either((failures) => failures.begin(attempt)),
    succeed: (attempt) => either((failures) => failures.succeed(attempt)),
    fail: (attempt) => either((failures) => failures.fail(attempt)),
  };
}
