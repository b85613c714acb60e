import { toFault, type Fault } from '@sluice/platform/fault';

/** What a promise is rejected with, as its caller hears it. Rejects when it is not. */
export async function faultOf(promise: Promise<unknown>): Promise<Fault> {
  const outcome = await promise.then(
    () => undefined,
    (error: unknown) => toFault(error),
  );
  if (outcome) return outcome;
  throw new Error('there was no fault');
}
