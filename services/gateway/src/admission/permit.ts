import type { TokenUsage } from '../inference/token-usage.ts';
import { namesOf } from '../keys/asked-model.ts';
import type { KeySnapshot } from '../keys/key-snapshot.ts';
import type { Settlement } from '../limits/limiter.ts';
import type { AdmissionRequest, Permit } from './admission.ts';
import type { AdmissionDeps } from './admission-deps.ts';
import type { AskedGranted } from './ask-limiter.ts';
import { smallest } from '../smallest.ts';
import { queueDeadlineAtMs } from './queue-deadline.ts';

type PermitOptions = {
  readonly request: AdmissionRequest;
  readonly key: KeySnapshot;
  readonly asked: AskedGranted;
  /** When the request asked to be let in, on the monotonic clock. */
  readonly arrivedAtMs: number;
  readonly onSettled: () => void;
};

/** Keeps the lease of what was granted until it is settled. */
export function createPermit(deps: AdmissionDeps, { request, key, asked, arrivedAtMs, onSettled }: PermitOptions): Permit {
  const { demand, answer, isLocal, waitedMs } = asked;
  const { outputTokensMax, contextTokensMax } = key.policy;
  // Shared out evenly: which of the answers will be the long one, nobody knows.
  const ofQuota = answer.outputTokens < demand.outputTokens ? Math.floor(answer.outputTokens / request.answers) : undefined;
  const names = namesOf(request.asked);
  if (!isLocal) deps.leases.keep(demand.id);
  let isSettled = false;

  const settle = async (usage: TokenUsage, refundsRequest: boolean): Promise<void> => {
    const settlement: Settlement = {
      promptTokens: usage.promptTokens,
      completionTokens: usage.completionTokens,
      costNanoUsd: deps.costOf(names, usage),
      refundsRequest,
    };
    if (isLocal) await deps.fallback.settle(demand, settlement);
    await deps.limiter.settle(demand, settlement);
  };
  return {
    outputTokensMax: smallest(request.maxTokens, outputTokensMax, ofQuota),
    totalTokensMax: answer.totalTokens,
    contextTokensMax,
    queueDeadlineAtMs: queueDeadlineAtMs(key.policy.tier, arrivedAtMs),
    waitedMs,
    costOf: (usage) => deps.costOf(names, usage),
    settle: async (usage, { refundsRequest }) => {
      if (isSettled) return;
      isSettled = true;
      onSettled();
      deps.leases.drop(demand.id);
      const settled = settle(usage, refundsRequest);
      // Where there is room, what comes back a moment after the answer is missed by nobody.
      if (!answer.isRoomy || refundsRequest) await settled;
    },
  };
}
