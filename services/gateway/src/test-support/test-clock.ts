import type { Clock } from '@sluice/platform/clock';

export type TestClock = Clock & { advance(ms: number): void };

/** Time that stands still until a test moves it. */
export function createTestClock(): TestClock {
  let nowMs = 0;
  return {
    monotonicMs: () => nowMs,
    now: () => new Date(Date.UTC(2026, 0, 1) + nowMs),
    advance: (ms) => {
      nowMs += ms;
    },
  };
}
