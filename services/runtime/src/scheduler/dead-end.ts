import { Fault } from '@sluice/platform/fault';
import type { GenerationRequest } from './generation.ts';

/** Nothing may follow: the client's doing where it has said what may. */
export function deadEnd({ form, sampling }: GenerationRequest): Fault {
  if (!form) return new Fault('INTERNAL', { message: 'The model found no token to continue with.', internal: 'sampleToken returned -1' });
  const isBiased = sampling.logitBias.size > 0;
  const message = isBiased
    ? "'logit_bias' leaves no token that the output's form allows."
    : "The model has no token for what the output's form demands.";
  return new Fault('UNSUPPORTED_VALUE', { message, param: isBiased ? 'logit_bias' : form.param });
}
