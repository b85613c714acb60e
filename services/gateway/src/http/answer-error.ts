import type { Clock } from '@sluice/platform/clock';
import { Fault, toFault } from '@sluice/platform/fault';
import type { NextFunction, Request } from 'express';
import type { GatewayResponse } from './gateway-handler.ts';
import { sendFault } from './send-fault.ts';

/** Turns whatever was thrown into the answer it means. */
export function answerError(clock: Clock) {
  // Express tells error handlers by their four parameters.
  return (error: unknown, _req: Request, res: GatewayResponse, _next: NextFunction): void => {
    const { exchange } = res.locals;
    const fault = isBadUrl(error) ? new Fault('INVALID_REQUEST', { message: 'The request URL is not valid.' }) : toFault(error);
    if (!res.headersSent) {
      sendFault(res, exchange, { fault, clock });
      return;
    }
    exchange.fault = fault;
    res.destroy();
  };
}

/** Express could not decode the path. */
function isBadUrl(error: unknown): boolean {
  return error instanceof URIError;
}
