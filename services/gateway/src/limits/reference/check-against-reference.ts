import { expect } from '@jest/globals';
import * as fc from 'fast-check';
import { LEASE_TTL_MS, type LimiterHarness } from '../contract/limiter-harness.ts';
import type { Demand, Limiter, RemoteLimiter } from '../limiter.ts';
import { limiterActions, type Action } from './limiter-actions.ts';
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
        last: new Map(),
      };
      for (const action of actions) await act(pair, action);
      await compareState?.(pair.reference);
    }),
    { numRuns: runs, interruptAfterTimeLimit: TIME_MAX_MS, markInterruptAsFailure: false },
  );
}

type Pair = Pick<LimiterHarness, 'limiter' | 'jump' | 'nowMs'> & {
  readonly reference: ReferenceLimiter;
  /** By id. */
  readonly last: Map<string, Demand>;
};

async function act(pair: Pair, action: Action): Promise<void> {
  const { limiter, reference, last } = pair;
  const decide = async (demand: Demand): Promise<void> => {
    last.set(demand.id, demand);
    expect(await limiter.decide(demand)).toEqual(reference.decide(demand));
  };
  const chosen = ({ demand, isLast }: { readonly demand: Demand; readonly isLast: boolean }): Demand =>
    (isLast ? last.get(demand.id) : undefined) ?? demand;
  switch (action.kind) {
    case 'decide':
      await decide(action.demand);
      break;
    case 'again': {
      const demand = last.get(action.id);
      if (demand) await decide(demand);
      break;
    }
    case 'settle':
      await limiter.settle(chosen(action), action.settlement);
      reference.settle(chosen(action), action.settlement);
      break;
    case 'undo':
      if ('undo' in limiter) await (limiter as RemoteLimiter).undo(chosen(action));
      reference.undo(chosen(action));
      break;
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
