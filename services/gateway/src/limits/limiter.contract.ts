import { describeBuckets } from './contract/buckets.contract.ts';
import { describeGauges } from './contract/gauges.contract.ts';
import type { StartLimiter } from './contract/limiter-harness.ts';
import { describeLines } from './contract/lines.contract.ts';
import { describeMeters } from './contract/meters.contract.ts';
import { describeRoom } from './contract/room.contract.ts';
import { describeSettlements } from './contract/settlements.contract.ts';

/** What every limiter guarantees, wherever it counts. */
export function describeLimiter(start: StartLimiter): void {
  describeBuckets(start);
  describeGauges(start);
  describeMeters(start);
  describeLines(start);
  describeRoom(start);
  describeSettlements(start);
}
