import { Fault, toFault } from '@sluice/platform/fault';
import type { ModelState } from './model-state.ts';

/** Why a model takes no request now. */
export function notReady(name: string, state: ModelState): Fault {
  const model = `The model \`${name}\``;
  switch (state.kind) {
    case 'loading':
      return refusal(`${model} is still loading (${Math.round(state.progress * 100)}%). Please retry in a moment.`);
    case 'failed':
      return refusal(`${model} could not be loaded.`, state.problem);
    case 'leaving':
      return refusal(`${model} is being unloaded.`);
    case 'ready':
    case 'asleep':
    case 'unloaded':
      return refusal(`${model} is not loaded.`);
    default:
      return state satisfies never;
  }
}

/** What those hear who waited for a model to wake. */
export function didNotWake(name: string, error: unknown): Fault {
  const { code, message, internal } = toFault(error);
  if (code !== 'INSUFFICIENT_MEMORY') return refusal(`The model \`${name}\` could not be loaded.`, internal ?? message);
  return new Fault(code, {
    message: `The model \`${name}\` sleeps, and there is no room for it beside those that run. Please retry in a moment.`,
    internal: message,
  });
}

export function tooManyWait(): Fault {
  return new Fault('SERVER_OVERLOADED', {
    message: 'The server is overloaded: too many requests wait for this model. Please retry after a moment.',
  });
}

export function draining(): Fault {
  return new Fault('WORKER_DRAINING', { message: 'This worker takes no new requests.' });
}

/** Ends a load that nobody wants any more. */
export function loadStopped(name: string): Fault {
  return refusal(`The model \`${name}\` is being unloaded.`);
}

function refusal(message: string, internal?: string): Fault {
  return new Fault('MODEL_NOT_READY', { message, internal });
}
