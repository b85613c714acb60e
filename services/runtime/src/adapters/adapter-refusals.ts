import { Fault, toFault } from '@sluice/platform/fault';

/** Why an adapter is not to be had, or not to be changed. */
export function unknownAdapter(model: string, name: string): Fault {
  return new Fault('MODEL_NOT_FOUND', {
    message: `The adapter \`${name}\` of the model \`${model}\` does not exist or you do not have access to it.`,
    param: 'adapter',
  });
}

/** Clients hear that it failed; operators, why. */
export function notLoaded(model: string, name: string, cause: unknown): Fault {
  const fault = toFault(cause);
  return new Fault('MODEL_NOT_READY', {
    message: `The adapter \`${name}\` of the model \`${model}\` could not be loaded.`,
    param: 'adapter',
    internal: fault.code === 'INTERNAL' ? (fault.internal ?? fault.message) : fault.message,
    cause,
  });
}

export function isConfigured(name: string): Fault {
  return new Fault('CONFLICT', {
    message: `The adapter \`${name}\` is of the model's configuration on the worker, which alone changes it.`,
    param: 'name',
  });
}

export function tooManyUploaded(max: number): Fault {
  return new Fault('CONFLICT', { message: `A model may have ${max} uploaded adapters at most. Please remove one.` });
}
