import type { Clock } from '@sluice/platform/clock';
import type { Admission } from './admission/admission.ts';
import type { Passwords } from './auth/passwords.ts';
import type { HistoryCarrier } from './history/history-queue.ts';
import type { GenerationLimits } from './inference/generate.ts';
import type { KeyStore } from './keys/key-store.ts';
import type { GuardedLimiter } from './limits/limiter.ts';
import type { StreamTimings } from './routes/stream-responder.ts';
import type { PriceStore } from './usage/price-store.ts';

/** What tests put in place of the real thing; everything else the gateway builds itself. */
export type GatewayParts = {
  readonly keyStore: KeyStore;
  readonly history: HistoryCarrier;
  readonly priceStore: PriceStore;
  readonly admission: Admission;
  readonly limiter: GuardedLimiter;
  readonly inFlightMax: number;
  readonly passwords: Passwords;
  /** How long a login waits for Redis before its failures are counted here alone. */
  readonly loginDeadlineMs: number;
  readonly clock: Clock;
  readonly generationLimits: GenerationLimits;
  readonly streamTimings: StreamTimings;
};
