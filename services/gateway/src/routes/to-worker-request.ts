import type { GenerateRequest } from '@sluice/proto/v1/GenerateRequest';
import type { Permit } from '../admission/admission.ts';
import type { Exchange } from '../http/exchange.ts';
import type { GenerationJob } from '../inference/generation-job.ts';
import type { AskedModel } from '../keys/asked-model.ts';
import { smallest } from '../smallest.ts';

/** What the runtime may keep a request waiting for a slot, where its tier says nothing. */
const QUEUE_MS_MAX = 120_000;

type Granted = {
  readonly asked: AskedModel;
  readonly exchange: Exchange;
  readonly permit: Pick<Permit, 'outputTokensMax' | 'totalTokensMax' | 'contextTokensMax'>;
};

/** What a worker is asked: the client's job, within what was granted. */
export function toWorkerRequest(job: GenerationJob, { asked, exchange, permit }: Granted): Omit<GenerateRequest, 'rid'> {
  const tier = exchange.key?.policy.tier;
  const { outputTokensMax } = permit;
  const totalTokensMax = smallest(permit.totalTokensMax, permit.contextTokensMax);
  return {
    ...job.request,
    stopping: {
      ...job.request.stopping,
      ...(outputTokensMax === undefined ? {} : { maxTokens: outputTokensMax }),
      ...(totalTokensMax === undefined ? {} : { totalTokensMax }),
    },
    requestId: exchange.requestId,
    model: asked.model,
    adapter: asked.adapter,
    priority: tier?.queuePriority ?? 0,
    queueTimeoutMs: tier?.queueDeadlineMs || QUEUE_MS_MAX,
    traceParent: exchange.traceParent ?? '',
  };
}
