import type { Clock } from '@sluice/platform/clock';
import type { GatewayResponse } from '../http/gateway-handler.ts';
import { writeHead } from '../http/response-head.ts';
import type { StoredAnswer } from './stored-answer.ts';

/** Gives an answer again, byte for byte, under the id of the request that asks now. It used no model, so it leaves no history row. */
export function sendReplay(res: GatewayResponse, { answer, clock }: { answer: StoredAnswer; clock: Clock }): void {
  const { exchange } = res.locals;
  exchange.isReplay = true;
  exchange.endpoint = undefined;
  const headers = { ...answer.headers, 'content-length': answer.body.length, 'idempotent-replayed': 'true' };
  writeHead(res, exchange, { status: answer.status, headers, clock });
  res.end(answer.body);
}
