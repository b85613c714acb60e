import type { Clock } from '@sluice/platform/clock';
import type { Fault } from '@sluice/platform/fault';
import type { TokenUsage } from '../inference/token-usage.ts';
import type { KeyLookup } from '../keys/key-cache.ts';
import type { KeySnapshot } from '../keys/key-snapshot.ts';
import type { TierPolicy } from '../keys/policy.ts';
import type { GuardedLimiter } from '../limits/limiter.ts';
import type { PriceEstimate } from '../usage/price-book.ts';
import type { LeaseKeeper } from './lease-keeper.ts';
import type { LimiterFallback } from './limiter-fallback.ts';
import type { MeterSeeds } from './meter-seeds.ts';
import type { SeenEpochs } from './seen-epochs.ts';
import type { WaitingRoom } from './waiting-room.ts';

export const DECISION_OUTCOMES = ['granted', 'waited', 'granted_locally', 'refused', 'unavailable'] as const;
export type DecisionOutcome = (typeof DECISION_OUTCOMES)[number];

/** What admission asks, and whom it tells. */
export type AdmissionDeps = {
  readonly limiter: GuardedLimiter;
  readonly fallback: LimiterFallback;
  readonly seeds: MeterSeeds;
  readonly epochs: SeenEpochs;
  readonly leases: Pick<LeaseKeeper, 'keep' | 'drop'>;
  readonly waitingRoom: WaitingRoom;
  /** The key as the store has it, read after the call began. */
  readonly reloadKey: (publicId: string) => Promise<KeyLookup>;
  /** Undefined when the key works from there. */
  readonly checkAddress: (key: KeySnapshot, clientIp: string) => Fault | undefined;
  /** 0 where no worker has told. */
  readonly contextTokensOf: (model: string) => number;
  readonly capacityFor: (tier: TierPolicy) => number;
  /** By the names of a model, the most exact first. */
  readonly pricesOf: (names: readonly string[]) => PriceEstimate;
  /** In billionths of a US dollar. */
  readonly costOf: (names: readonly string[], usage: TokenUsage) => number;
  readonly clock: Clock;
  readonly onDecision: (outcome: DecisionOutcome) => void;
  readonly inFlightMax?: number;
};
