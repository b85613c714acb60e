import { Fault } from '@sluice/platform/fault';
import type { ModelRegistry } from './models/model-registry.ts';

type BreakDownParts = {
  readonly models: Pick<ModelRegistry, 'abandon'>;
  /** Ends the process a moment later. */
  readonly onBroken: (cause: unknown) => void;
};

/**
 * What happens when an engine failed or hangs for good: the requests of all models are told that they may try again, and no
 * new ones are taken, before the process ends. Only the first cause counts.
 */
export function createBreakDown({ models, onBroken }: BreakDownParts): (cause: unknown) => void {
  let isBroken = false;
  return (cause) => {
    if (isBroken) return;
    isBroken = true;
    models.abandon(new Fault('SHUTTING_DOWN', { message: 'The worker cannot go on and is started again. Please retry.', cause }));
    onBroken(cause);
  };
}
