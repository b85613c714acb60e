import type { MeterDemand } from '../limits/limiter.ts';
import type { Scope, ScopeUsageStore } from './scope-usage-store.ts';
import type { Interval } from './split-interval.ts';

type Question = {
  readonly scopeKind: Scope['kind'];
  readonly scopeId: string;
  readonly unit: MeterDemand['unit'];
} & Interval;

/** What a monthly meter had reached, by the history: asked when the limiter does not know. Rejects at its deadline, or when history cannot be asked. */
export type MeterSeedStore = { readonly usedInPeriod: (question: Question) => Promise<number> };

/** A request waits for the answer. */
const DEADLINE_MS = 2_000;

export function createMeterSeedStore(usage: ScopeUsageStore, deadlineMs = DEADLINE_MS): MeterSeedStore {
  return {
    usedInPeriod: async ({ scopeKind, scopeId, unit, startsAt, endsAt }) => {
      const { promise: late, reject } = Promise.withResolvers<never>();
      const timer = setTimeout(
        () => reject(new Error(`the usage of ${scopeKind} ${scopeId} was not known after ${deadlineMs} ms`)),
        deadlineMs,
      );
      try {
        const used = await Promise.race([usage.used({ kind: scopeKind, id: scopeId }, { startsAt, endsAt }), late]);
        return Number(unit === 'tokens' ? used.tokens : used.nanoUsd);
      } finally {
        clearTimeout(timer);
      }
    },
  };
}
