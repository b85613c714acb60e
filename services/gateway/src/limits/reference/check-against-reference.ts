import { expect } from '@jest/globals';
import * as fc from 'fast-check';
import { LEASE_TTL_MS, type LimiterHarness } from '../contract/limiter-harness.ts';
import type { Demand, Limiter, RemoteLimiter } from '../limiter.ts';
import { limiterActions, type Action, type Settle } from './limiter-actions.ts';
import { ReferenceLimiter } from './reference-limiter.ts';

type CheckOptions = {
  /** A limiter that knows nothing yet. */
  readonly start: () => Promise<LimiterHarness & { readonly limiter: Limiter | RemoteLimiter }>;
  readonly runs: number;
  /** What can be compared when all is done, beside the answers. */
  readonly compareState?: (reference: ReferenceLimiter) => Promise<void>;
};

/** A run that takes longer stops where it is, and what it has seen counts. */
const TIME_MAX_MS = 20_000;

/** Does random things to a limiter and to the reference, and compares every answer. A failure tells the seed and the shortest way to it. */
export async function checkAgainstReference({ start, runs, compareState }: CheckOptions): Promise<void> {
  const probe = await start();
  const hasUndo = 'undo' in probe.limiter;
  await fc.assert(
    fc.asyncProperty(limiterActions({ hasUndo }), async (actions) => {
      await using harness = await start();
      const pair: Pair = {
        ...harness,
        reference: new ReferenceLimiter({ leaseTtlMs: LEASE_TTL_MS, nowMs: harness.nowMs() }),
        asked: new Map(),
        granted: new Map(),
      };
      for (const action of actions) await act(pair, action);
      await compareState?.(pair.reference);
    }),
    { numRuns: runs, interruptAfterTimeLimit: TIME_MAX_MS, markInterruptAsFailure: false },
  );
}

type Pair = Pick<LimiterHarness, 'limiter' | 'jump' | 'nowMs'> & {
  readonly reference: ReferenceLimiter;
  /** What was asked last, by id. */
  readonly asked: Map<string, Demand>;
  /** What was granted last and is not settled yet, by id. */
  readonly granted: Map<string, Demand>;
};

async function act(pair: Pair, action: Action): Promise<void> {
  const { limiter, reference, asked, granted } = pair;
  const decide = async (wanted: Demand): Promise<void> => {
    // What runs is asked for once more as it was granted, and in no other way.
    const demand = granted.get(wanted.id) ?? wanted;
    asked.set(demand.id, demand);
    const answer = await limiter.decide(demand);
    expect(answer).toEqual(reference.decide(demand));
    if (answer.kind === 'granted' && demand.takes) granted.set(demand.id, demand);
  };
  const settle = async ({ demand, settlement }: Settle): Promise<void> => {
    const known = granted.get(demand.id) ?? asked.get(demand.id) ?? demand;
    granted.delete(demand.id);
    const settled = limiter.settle(known, settlement);
    reference.settle(known, settlement);
    await settled;
  };
  switch (action.kind) {
    case 'decide':
      await decide(action.demand);
      break;
    case 'again': {
      const demand = asked.get(action.id);
      if (demand) await decide(demand);
      break;
    }
    case 'settle':
      await settle(action);
      break;
    case 'together':
      // In one turn of the event loop: ends first, as if one came after the other.
      await Promise.all([...action.ends.map(settle), ...action.demands.map(decide)]);
      break;
    case 'undo': {
      const known = granted.get(action.demand.id) ?? asked.get(action.demand.id) ?? action.demand;
      granted.delete(action.demand.id);
      if ('undo' in limiter) await (limiter as RemoteLimiter).undo(known);
      reference.undo(known);
      break;
    }
    case 'leave':
      await limiter.leave(action.demand);
      reference.leave(action.demand);
      break;
    case 'renew':
      await limiter.renew(action.ids);
      reference.renew(action.ids);
      break;
    case 'pass':
      for (let step = 0; step < 4; step++) {
        await act(pair, { kind: 'wait', ms: LEASE_TTL_MS / 3 });
        await act(pair, { kind: 'renew', ids: action.ids });
      }
      break;
    case 'seed':
      await limiter.seedMeter(action.meter, action.used);
      reference.seedMeter(action.meter, action.used);
      break;
    case 'wait':
      pair.jump(action.ms);
      reference.nowMs = pair.nowMs();
      break;
  }
}
