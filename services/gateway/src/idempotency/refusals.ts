import { Fault } from '@sluice/platform/fault';

const HEADER = 'Idempotency-Key';

export function badHeader(): Fault {
  return new Fault('INVALID_VALUE', {
    message: `Invalid ${HEADER} header: it must have 1 to 255 printable ASCII characters.`,
    param: HEADER,
  });
}

export function conflict(): Fault {
  return new Fault('IDEMPOTENCY_KEY_CONFLICT', {
    message: `The ${HEADER} was already used for a different request. Use a new key for a new request, and the same body for a retry.`,
    param: HEADER,
  });
}

export function inProgress(): Fault {
  return new Fault('IDEMPOTENCY_IN_PROGRESS', {
    message: `A request with the same ${HEADER} is still being answered. Repeat it when that one has ended.`,
    param: HEADER,
  });
}

export function notKept(cause?: unknown): Fault {
  return new Fault('IDEMPOTENT_ANSWER_NOT_KEPT', {
    message: `A request with this ${HEADER} came before, and its answer is not kept. It is not run a second time: use a new key for that.`,
    param: HEADER,
    internal: cause instanceof Error ? `stored answer: ${cause.message}` : undefined,
    cause,
  });
}

export function unavailable(cause: unknown): Fault {
  return new Fault('STORE_UNAVAILABLE', {
    message: `Requests with an ${HEADER} cannot be served right now, because nothing remembers them. Please try again in a moment.`,
    internal: `idempotency store: ${cause instanceof Error ? cause.message : String(cause)}`,
    cause,
  });
}
