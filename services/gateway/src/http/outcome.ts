import { CODES } from '@sluice/platform/codes';
import type { Exchange } from './exchange.ts';

/** What became of a request, from the side of who has to look into it. */
export type Outcome = 'completed' | 'refused' | 'failed' | 'cancelled';

/** A response that was not finished was cancelled by its client, whatever the server meant to say. */
export function outcomeOf(exchange: Exchange, isResponseFinished: boolean): Outcome {
  if (!isResponseFinished) return 'cancelled';
  if (!exchange.fault) return 'completed';
  return CODES[exchange.fault.code].http < 500 ? 'refused' : 'failed';
}

/** nginx's status for a client that left; it is never sent. */
const CLIENT_CLOSED_REQUEST = 499;

/** The status the client saw, or 499 when it saw none. */
export function statusOf(res: { readonly headersSent: boolean; readonly statusCode: number }): number {
  return res.headersSent ? res.statusCode : CLIENT_CLOSED_REQUEST;
}
