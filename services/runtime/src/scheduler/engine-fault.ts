import { Fault } from '@sluice/platform/fault';

/** What a request is told whose engine failed. A Fault of the engine's own says it better. */
export function engineFault(cause: unknown): Fault {
  if (cause instanceof Fault) return cause;
  return new Fault('INTERNAL', {
    message: 'The model failed while processing this request.',
    internal: 'a call of the engine failed',
    cause,
  });
}
