import type { Limiter } from '../limiter.ts';

/** A limiter whose clock a test moves. */
export type LimiterHarness = AsyncDisposable & {
  readonly limiter: Limiter;
  readonly nowMs: () => number;
  /** Moves the clock and nothing else. */
  readonly jump: (ms: number) => void;
  /** Lets time pass while other gateways go on: leases that nobody renews run out. */
  readonly pass: (ms: number) => Promise<void>;
  /** Scopes that waiters were woken for, oldest first. May come a moment later. */
  readonly wakes: () => readonly string[];
};

export type StartLimiter = () => Promise<LimiterHarness>;

export const LEASE_TTL_MS = 12_000;
const RENEW_EVERY_MS = 4_000;

/** The part of a harness that is the same for all: a clock of its own. */
export function createTestTime(): {
  nowMs: () => number;
  jump: (ms: number) => void;
  passWith: (limiter: Limiter) => LimiterHarness['pass'];
} {
  let nowMs = Date.UTC(2026, 10, 21);
  const jump = (ms: number): void => {
    nowMs += ms;
  };
  const passWith =
    (limiter: Limiter) =>
    async (ms: number): Promise<void> => {
      for (let left = ms; left > 0; left -= RENEW_EVERY_MS) {
        jump(Math.min(left, RENEW_EVERY_MS));
        await limiter.renew([]);
      }
    };
  return { nowMs: () => nowMs, jump, passWith };
}
