import { Fault } from '@sluice/platform/fault';
import type { KeySnapshot } from '../keys/key-snapshot.ts';
import { divideDemand } from '../limits/divide-demand.ts';
import type { BucketState, Demand, Granted, Limiter, Refused, Settlement } from '../limits/limiter.ts';
import type { MeterSeeds } from './meter-seeds.ts';

type FallbackDeps = {
  /** In this process alone. */
  readonly local: Limiter;
  /** Live gateways, as far as is known. */
  readonly gateways: () => number;
  readonly seeds: MeterSeeds;
};

/** With Redis away nobody else is; a client may well come back soon. */
const RETRY_MS = 1_000;

/** What happens to requests while the limits that all gateways share cannot be asked: their tier decides. */
export class LimiterFallback {
  readonly #deps: FallbackDeps;

  constructor(deps: FallbackDeps) {
    this.#deps = deps;
  }

  /** By this gateway's share of every limit; or a Fault, where the tier would rather refuse, or a quota's use is known nowhere. */
  async decide(demand: Demand, key: KeySnapshot, now: Date): Promise<Granted | Refused | Fault> {
    if (key.policy.tier.onLimiterDown === 'refuse') return unavailable(`tier ${key.policy.tier.id} refuses without limits`);
    const share = this.#shareOf(demand);
    for (let round = 0; round <= share.meters.length; round++) {
      const decision = await this.#deps.local.decide(share);
      if (decision.kind === 'granted' || decision.kind === 'refused') return decision;
      const index = decision.kind === 'unseeded' ? decision.index : -1;
      const [meter, part] = [demand.meters[index], share.meters[index]];
      if (!meter || !part) break;
      try {
        const used = await this.#deps.seeds.used(meter, key, now);
        await this.#deps.local.seedMeter(part, Math.ceil(used / this.#deps.gateways()));
      } catch (error) {
        return unavailable(`${meter.scope} ${meter.resource}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    return unavailable('the local share could not be decided');
  }

  /** Where this gateway's shares stand. */
  async look(demand: Demand): Promise<readonly BucketState[]> {
    const decision = await this.#deps.local.decide(this.#shareOf(demand));
    return decision.kind === 'granted' ? decision.buckets : [];
  }

  /** For the local share only; what was used is also booked where all gateways see it, once that is back. */
  settle(demand: Demand, settlement: Settlement): Promise<void> {
    return this.#deps.local.settle(this.#shareOf(demand), settlement);
  }

  /** Without a ticket: nobody could wake a waiter. Without epochs: nobody could have told of one. */
  #shareOf(demand: Demand): Demand {
    return { ...divideDemand(demand, this.#deps.gateways()), epochs: [], ticket: undefined };
  }
}

function unavailable(internal: string): Fault {
  return new Fault('LIMITER_UNAVAILABLE', {
    message: 'Limits cannot be checked right now. Please try again in a moment.',
    retryAfterMs: RETRY_MS,
    internal,
  });
}
