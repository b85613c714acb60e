import type { Demand, GuardedLimiter, LimiterAnswer, MeterDemand, Settlement } from '../limits/limiter.ts';

export type ScriptedLimiter = GuardedLimiter & {
  /** Given one by one to whoever asks; then everything is granted. */
  readonly answers: LimiterAnswer[];
  readonly demands: Demand[];
  readonly settlements: { readonly demand: Demand; readonly settlement: Settlement }[];
  readonly left: string[];
  readonly seeds: { readonly meter: MeterDemand; readonly used: number }[];
};

/** Answers as it is told and remembers what it was asked. */
export function createScriptedLimiter(answers: LimiterAnswer[] = []): ScriptedLimiter {
  const demands: ScriptedLimiter['demands'] = [];
  const settlements: ScriptedLimiter['settlements'] = [];
  const left: string[] = [];
  const seeds: ScriptedLimiter['seeds'] = [];
  return {
    answers,
    demands,
    settlements,
    left,
    seeds,
    decide: async (demand) => {
      demands.push(demand);
      return answers.shift() ?? grant(demand);
    },
    settle: async (demand, settlement) => void settlements.push({ demand, settlement }),
    renew: async () => {},
    leave: async ({ id }) => void left.push(id),
    seedMeter: async (meter, used) => void seeds.push({ meter, used }),
  };
}

function grant({ buckets, outputTokens }: Demand): LimiterAnswer {
  const states = buckets.map(({ unit, limit, cost }) => ({ unit, limit, remaining: limit - cost, resetMs: 0 }));
  return { kind: 'granted', buckets: states, outputTokens, totalTokens: undefined, isRoomy: false };
}
