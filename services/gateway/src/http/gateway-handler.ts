import type { NextFunction, Request, Response } from 'express';
import type { Exchange } from './exchange.ts';

/** The first middleware sets the exchange, so everything behind it may rely on it. */
type GatewayLocals = { exchange: Exchange };
export type GatewayResponse = Response<unknown, GatewayLocals>;
export type GatewayHandler = (req: Request, res: GatewayResponse, next: NextFunction) => Promise<void> | void;
