import { Fault } from '@sluice/platform/fault';

/** What is not there, and just the same what the requester may not see. */
export function notFound(thing: string): Fault {
  return new Fault('NOT_FOUND', { message: `No such ${thing}.` });
}
