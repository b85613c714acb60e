import type { Request } from 'express';
import type { GatewayResponse } from '../http/gateway-handler.ts';
import type { AnswerJob } from '../inference/answer-job.ts';
import type { GenerationJob } from '../inference/generation-job.ts';
import type { KeySnapshot } from '../keys/key-snapshot.ts';
import type { Scope } from '../keys/scopes.ts';
import type { AdminRoute } from './admin-route.ts';
import type { AnswerFormat, AnswerHead } from './answer-format.ts';
import type { FreeJob } from './serve-free.ts';

/** A route that asks for no key. */
export type OpenRoute = {
  readonly access: 'open';
  readonly method: 'get' | 'post';
  readonly path: string;
  readonly handle: (req: Request, res: GatewayResponse) => Promise<void> | void;
};

/** A route for keys that have its scope. It costs nothing, so nothing is booked. */
export type KeyedRoute = {
  readonly access: 'key';
  readonly method: 'get';
  readonly path: string;
  readonly scope: Scope;
  readonly handle: (req: Request, res: GatewayResponse, key: KeySnapshot) => Promise<void> | void;
};

/** A route that uses a model. It says what to generate and how to write it; admission and accounting are not its to forget. */
export type MeteredRoute = {
  readonly access: 'metered';
  readonly method: 'post';
  readonly path: string;
  readonly scope: Scope;
  readonly parse: (body: unknown) => GenerationJob;
  readonly format: (head: AnswerHead) => AnswerFormat;
};

/** A metered route whose answer comes from a worker in one piece. */
export type AnswerRoute = Pick<MeteredRoute, 'access' | 'method' | 'path' | 'scope'> & {
  readonly parse: (body: unknown) => AnswerJob;
};

/** A route for keys that have its scope, which asks a worker something that costs nothing. */
export type FreeRoute = {
  readonly access: 'free';
  readonly method: 'post';
  readonly path: string;
  readonly scope: Scope;
  readonly parse: (body: unknown) => FreeJob;
};

export type Route = OpenRoute | KeyedRoute | MeteredRoute | AnswerRoute | FreeRoute | AdminRoute;
