import type { KeySnapshot } from '../keys/key-snapshot.ts';
import type { ScopeKind } from '../keys/policy.ts';
import type { MeterDemand } from '../limits/limiter.ts';
import { monthOf } from '../limits/period.ts';

/** Asks what a scope has used within a period, by the history. */
export type UsedInPeriod = (question: {
  readonly scopeKind: ScopeKind;
  readonly scopeId: string;
  readonly unit: MeterDemand['unit'];
  readonly startsAt: Date;
  readonly endsAt: Date;
}) => Promise<number>;

/** Looks up what a month's meter had reached, when the limiter does not know: once for all who ask at the same time. */
export class MeterSeeds {
  readonly #usedInPeriod: UsedInPeriod;
  readonly #asking = new Map<string, Promise<number>>();

  constructor(usedInPeriod: UsedInPeriod) {
    this.#usedInPeriod = usedInPeriod;
  }

  /** Rejects when the history cannot be asked. */
  used(meter: MeterDemand, key: KeySnapshot, now: Date): Promise<number> {
    const name = `${meter.scope} ${meter.resource} ${meter.period}`;
    const asking = this.#asking.get(name) ?? this.#ask(meter, key, now).finally(() => this.#asking.delete(name));
    this.#asking.set(name, asking);
    return asking;
  }

  async #ask(meter: MeterDemand, key: KeySnapshot, now: Date): Promise<number> {
    const scope = key.policy.scopes.find(({ kind, id }) => `${kind}:${id}` === meter.scope);
    if (!scope) throw new Error(`no scope of the key is called ${meter.scope}`);
    const { startsAt, endsAt } = monthOf(now, key.policy.timezone);
    return this.#usedInPeriod({ scopeKind: scope.kind, scopeId: scope.id, unit: meter.unit, startsAt, endsAt });
  }
}
