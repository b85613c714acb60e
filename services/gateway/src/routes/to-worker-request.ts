import type { GenerateRequest } from '@sluice/proto/v1/GenerateRequest';
import type { Permit } from '../admission/admission.ts';
import type { Exchange } from '../http/exchange.ts';
import type { GenerationJob } from '../inference/generation-job.ts';

/** What the runtime may keep a request waiting for a slot, where its tier says nothing. */
const QUEUE_MS_MAX = 120_000;

/** What a worker is asked: the client's job, within what was granted. */
export function toWorkerRequest(
  job: GenerationJob,
  { exchange, permit }: { exchange: Exchange; permit: Pick<Permit, 'outputTokensMax' | 'totalTokensMax'> },
): Omit<GenerateRequest, 'rid'> {
  const tier = exchange.key?.policy.tier;
  const { outputTokensMax, totalTokensMax } = permit;
  return {
    ...job.request,
    stopping: {
      ...job.request.stopping,
      ...(outputTokensMax === undefined ? {} : { maxTokens: outputTokensMax }),
      ...(totalTokensMax === undefined ? {} : { totalTokensMax }),
    },
    requestId: exchange.requestId,
    model: job.model,
    priority: tier?.queuePriority ?? 0,
    queueTimeoutMs: tier?.queueDeadlineMs || QUEUE_MS_MAX,
    traceParent: exchange.traceParent ?? '',
  };
}
