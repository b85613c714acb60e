import type { GenerateRequest } from '@sluice/proto/v1/GenerateRequest';
import type { Permit } from '../admission/admission.ts';
import type { Exchange } from '../http/exchange.ts';
import type { GenerationJob } from '../inference/generation-job.ts';
import type { AskedModel } from '../keys/asked-model.ts';
import { smallest } from '../smallest.ts';

type Granted = {
  readonly asked: AskedModel;
  readonly exchange: Exchange;
  readonly permit: Pick<Permit, 'outputTokensMax' | 'totalTokensMax' | 'contextTokensMax'>;
};

/** What a worker is asked: the client's job, within what was granted. How long it may wait is known when it is sent. */
export function toWorkerRequest(job: GenerationJob, { asked, exchange, permit }: Granted): Omit<GenerateRequest, 'rid'> {
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
    priority: exchange.key?.policy.tier.queuePriority ?? 0,
    traceParent: exchange.traceParent ?? '',
  };
}
