import { Fault } from '@sluice/platform/fault';
import type { Request } from 'express';
import { Strategy, type VerifyFunctionWithRequest } from 'passport-http-bearer';
import type { GatewayHandler, GatewayResponse } from '../http/gateway-handler.ts';
import type { KeySnapshot } from './key-snapshot.ts';
import { unifyKeyHeaders } from './presented-key.ts';
import type { AuthFailure, KeyVerifier } from './verify-key.ts';

type BearerAuthOptions = {
  readonly verify: KeyVerifier;
  readonly onKey: (res: GatewayResponse, key: KeySnapshot) => void;
  readonly onFailure: (reason: AuthFailure) => void;
};

const NO_KEY =
  "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY). Ask the administrator of this server for a key.";

/** Lets a request pass when it carries a key that works; any other becomes a Fault. Runs before the body is read, so a key in the body is none. */
export function createBearerAuth({ verify, onKey, onFailure }: BearerAuthOptions): GatewayHandler {
  const strategy = new Strategy<VerifyFunctionWithRequest>({ passReqToCallback: true }, (req, plaintext, done) => {
    const verification = verify({ plaintext, clientIp: clientIpOf(req) });
    const report = (outcome: Awaited<typeof verification>): void => {
      if (outcome.ok) return done(null, outcome.key);
      onFailure(outcome.reason);
      done(outcome.fault);
    };
    // A cached key stays on this tick.
    if (verification instanceof Promise) verification.then(report, done);
    else report(verification);
  });

  return (req, res, next) => {
    const fault = unifyKeyHeaders(req);
    if (fault) {
      onFailure('ambiguous');
      return next(fault);
    }
    runStrategy(strategy, req, {
      success: (key) => {
        onKey(res, key);
        next();
      },
      fail: () => {
        onFailure('missing');
        next(new Fault('MISSING_API_KEY', { message: NO_KEY }));
      },
      error: next,
    });
  };
}

type Actions = {
  readonly success: (key: KeySnapshot) => void;
  readonly fail: () => void;
  readonly error: (error: unknown) => void;
};

/**
 * Does what `passport.authenticate` does, without assigning a function to a property: V8 puts such functions into the old
 * generation at once, where each kept its whole request alive until the next full collection. That made the collections
 * of the young generation last 17 ms instead of 1.
 */
function runStrategy(strategy: Strategy<VerifyFunctionWithRequest>, req: Request, actions: Actions): void {
  const attempt = Object.assign(Object.create(strategy) as typeof strategy, actions); // the strategy, with this request's actions
  attempt.authenticate(req);
}

/** Express gives every request its response, and the first middleware gave that its exchange. */
function clientIpOf(req: Request): string {
  return (req.res as GatewayResponse).locals.exchange.clientIp;
}
