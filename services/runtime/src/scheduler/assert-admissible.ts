import { Fault } from '@sluice/platform/fault';
import type { GenerationRequest } from './generation.ts';

/** Throws a Fault for a request that no slot can ever hold, or that its caller's quota does not pay for. */
export function assertAdmissible(request: GenerationRequest, contextTokens: number): void {
  assertFits(request, contextTokens);
  assertPaid(request);
}

function assertFits(request: GenerationRequest, contextTokens: number): void {
  const promptTokens = request.prompt.length;
  if (promptTokens === 0) throw new Fault('INVALID_VALUE', { message: 'The prompt is empty.', param: 'prompt' });
  const total = promptTokens + (request.maxTokens ?? 1);
  if (total <= contextTokens) return;
  const asked =
    request.maxTokens === undefined
      ? `your prompt has ${promptTokens} tokens`
      : `you requested ${total} tokens (${promptTokens} in the prompt, ${request.maxTokens} in the completion)`;
  throw new Fault('CONTEXT_LENGTH_EXCEEDED', {
    message: `This model's maximum context length is ${contextTokens} tokens. However, ${asked}. Please reduce the length of the prompt or completion.`,
    param: 'messages',
  });
}

/** The least a generation spends is its prompt and one token. */
function assertPaid({ prompt, totalTokensMax }: GenerationRequest): void {
  if (totalTokensMax === undefined || prompt.length < totalTokensMax) return;
  throw new Fault('INSUFFICIENT_QUOTA', {
    message: 'You exceeded your current quota, please check your plan and billing details.',
    internal: `a prompt of ${prompt.length} tokens with ${totalTokensMax} left`,
  });
}
