import type { Clock } from '@sluice/platform/clock';
import { Fault } from '@sluice/platform/fault';
import express, { type Express, type Request } from 'express';
import type { RequestRate } from './abuse/request-rate.ts';
import { toLimitHeaders } from './admission/limit-headers.ts';
import type { Admission } from './admission/admission.ts';
import { answerError } from './http/answer-error.ts';
import type { GatewayHandler, GatewayResponse } from './http/gateway-handler.ts';
import { sendFault } from './http/send-fault.ts';
import type { KeySnapshot } from './keys/key-snapshot.ts';
import type { Scope } from './keys/scopes.ts';
import type { CheckSignature } from './signatures/check-signature.ts';
import type { AdminRoute } from './routes/admin-route.ts';
import type { AnswerRoute, FreeRoute, MeteredRoute, Route } from './routes/route.ts';

type MeteredCall = { readonly req: Request; readonly res: GatewayResponse; readonly key: KeySnapshot };

export type AppDeps = {
  readonly routes: readonly Route[];
  /** Runs first for every request. */
  readonly begin: GatewayHandler;
  readonly authenticate: GatewayHandler;
  readonly checkSignature: CheckSignature;
  /** How often a key may call routes that cost nothing. */
  readonly freeCalls: Pick<RequestRate, 'take'>;
  /** Whether a key may call a route that costs nothing, and where its limits stand. */
  readonly look: Admission['look'];
  readonly serve: (route: MeteredRoute | AnswerRoute, call: MeteredCall) => Promise<void>;
  readonly serveFree: (route: FreeRoute, call: MeteredCall) => Promise<void>;
  /** Finds out who asks, too. */
  readonly administer: (route: AdminRoute, call: Pick<MeteredCall, 'req' | 'res'>) => Promise<void>;
  readonly clock: Clock;
};

const NO_BODY = Buffer.alloc(0);
/** Longer paths are cut in the message that quotes them. */
const PATH_LENGTH_MAX = 200;

/** What is under these paths is administration, and nothing else is. */
const ADMINISTRATION = /^\/(v1\/organization|sluice)(\/|$)/;

/** The gateway as an Express application: a table of routes, and one answer for everything else. Throws for a route of administration that the table of permissions would not be asked about. */
export function createApp(deps: AppDeps): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  // Routes of administration parse the query themselves; nothing else reads one, and a key in a URL must not count as one.
  app.set('query parser', false);

  app.use(deps.begin);
  deps.routes.forEach(requireGuard);
  for (const route of deps.routes) app[route.method](route.path, ...toHandlers(route, deps));
  for (const [path, methods] of methodsByPath(deps.routes)) app.all(path, refuseMethod(path, { methods, clock: deps.clock }));
  app.use(refuseUrl);
  app.use(answerError(deps.clock));
  return app;
}

/** Who may administer is decided in one place, for a route that is added next year, too. */
function requireGuard({ method, path, access }: Route): void {
  if (ADMINISTRATION.test(path) === (access === 'admin')) return;
  throw new Error(`${method} ${path} has the access ${access}: a route is one of administration just when its path says so`);
}

function toHandlers(route: Route, deps: AppDeps): GatewayHandler[] {
  const answer = answerError(deps.clock);
  return handlersOf(route, deps).map((handle) => answering(handle, answer));
}

/** An error is answered where it arises. Express would first compare the path with every route that follows. */
function answering(handle: GatewayHandler, answer: ReturnType<typeof answerError>): GatewayHandler {
  return (req, res, next) => {
    const fail = (error: unknown): void => answer(error, req, res, next);
    try {
      const done: unknown = handle(req, res, (error?: unknown) => (error ? fail(error) : next()));
      return done instanceof Promise ? done.catch(fail) : undefined;
    } catch (error) {
      return fail(error);
    }
  };
}

function handlersOf(route: Route, deps: AppDeps): GatewayHandler[] {
  const enter: GatewayHandler = (_req, res, next) => {
    res.locals.exchange.route = route.path;
    next();
  };
  if (route.access === 'open') return [enter, route.handle];
  if (route.access === 'key')
    return [enter, deps.authenticate, authorize(route.scope, deps), (req, res) => route.handle(req, res, keyOf(res))];
  if (route.access === 'admin') return [enter, administer(route, deps)];
  if (route.access === 'free') return [enter, deps.authenticate, (req, res) => deps.serveFree(route, { req, res, key: keyOf(res) })];
  return [enter, deps.authenticate, meter(route, deps)];
}

/** For routes that take no body. */
function authorize(endpoint: Scope, { freeCalls, look, checkSignature }: AppDeps): GatewayHandler {
  return async (req, res, next) => {
    const { exchange } = res.locals;
    const key = keyOf(res);
    const { state, fault: tooMany } = freeCalls.take(key.id);
    if (tooMany) {
      exchange.limitHeaders = toLimitHeaders([state]);
      return next(tooMany);
    }
    const { method, headers, originalUrl: url } = req;
    const fault = await checkSignature({ key, method, url, headers, rawBody: NO_BODY });
    const looked = await look({ requestId: exchange.requestId, key, clientIp: exchange.clientIp, endpoint });
    exchange.key = looked.key;
    exchange.limitHeaders = looked.headers;
    next(looked.fault ?? fault);
  };
}

function meter(route: MeteredRoute | AnswerRoute, { serve }: AppDeps): GatewayHandler {
  return (req, res) => {
    const { exchange } = res.locals;
    exchange.endpoint = route.scope;
    exchange.work = serve(route, { req, res, key: keyOf(res) });
    return exchange.work;
  };
}

/** A change that was begun is carried out, whether or not its client still waits. */
function administer(route: AdminRoute, deps: AppDeps): GatewayHandler {
  return (req, res) => {
    const { exchange } = res.locals;
    exchange.work = deps.administer(route, { req, res });
    return exchange.work;
  };
}

function keyOf(res: GatewayResponse): KeySnapshot {
  const { key } = res.locals.exchange;
  if (!key) throw new Error('a route that needs a key ran before authentication');
  return key;
}

function refuseMethod(path: string, { methods, clock }: { methods: readonly string[]; clock: Clock }): GatewayHandler {
  const allow = methods.join(', ');
  return (req, res) => {
    res.locals.exchange.route = path;
    const message = `Not allowed to ${req.method} on ${req.path.slice(0, PATH_LENGTH_MAX)}. (HINT: Perhaps you meant to use a different HTTP method?)`;
    sendFault(res, res.locals.exchange, { fault: new Fault('METHOD_NOT_ALLOWED', { message }), headers: { allow }, clock });
  };
}

const refuseUrl: GatewayHandler = (req) => {
  throw new Fault('UNKNOWN_URL', {
    message: `Unknown request URL: ${req.method} ${req.path.slice(0, PATH_LENGTH_MAX)}. Please check the URL for typos.`,
  });
};

/** Express answers HEAD wherever it answers GET. */
function methodsByPath(routes: readonly Route[]): Map<string, string[]> {
  const methods = new Map<string, string[]>();
  for (const { path, method } of routes) {
    methods.set(path, [...(methods.get(path) ?? []), ...(method === 'get' ? ['GET', 'HEAD'] : [method.toUpperCase()])]);
  }
  return methods;
}
