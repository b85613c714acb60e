import type { Clock } from '@sluice/platform/clock';
import { Fault } from '@sluice/platform/fault';
import type { Request } from 'express';
import type { z } from 'zod';
import { groupOf } from '../../abuse/address-group.ts';
import type { RequestRate } from '../../abuse/request-rate.ts';
import type { Authentication } from '../../auth/authenticate-token.ts';
import type { Client } from '../../auth/audit-event.ts';
import type { Auth } from '../../auth/create-auth.ts';
import type { GatewayResponse } from '../../http/gateway-handler.ts';
import { readJsonBody } from '../../http/read-json-body.ts';
import { sendJson } from '../../http/response-head.ts';
import { validate } from '../../http/validate.ts';
import type { OpenRoute } from '../route.ts';
import { bearerTokenOf } from './bearer-token.ts';
import { toTokenResponse, toUserObject } from './respond.ts';
import { loginSchema, logoutSchema, passwordSchema, refreshSchema } from './schema.ts';

type AuthRouteDeps = {
  readonly auth: Auth;
  readonly clock: Clock;
  /** Of users, whatever they administer, and of addresses, for as long as nobody knows who asks. */
  readonly rates: { readonly users: Pick<RequestRate, 'take'>; readonly addresses: Pick<RequestRate, 'take'> };
};
type Handle = (req: Request, res: GatewayResponse, client: Client) => Promise<unknown>;

/** The longest body that passes the schemas has about 3 kB. */
const BODY_BYTES_MAX = 8 * 1024;
/** Keys stay published long after they sign no more, so an hour-old set is good. */
const KEYS_MAX_AGE_S = 300;

/** Logging in and out. None of these takes an API key. */
export function authRoutes({ auth, clock, rates }: AuthRouteDeps): readonly OpenRoute[] {
  const post = (path: string, handle: Handle): OpenRoute => privately({ method: 'post', path, handle, clock, rates });
  const get = (path: string, handle: Handle): OpenRoute => privately({ method: 'get', path, handle, clock, rates });
  return [
    post('/auth/login', async (req, _res, client) => toTokenResponse(await auth.logIn(await readBody(req, loginSchema), client))),
    post('/auth/refresh', async (req, _res, client) => {
      const { refresh_token: token } = await readBody(req, refreshSchema);
      return toTokenResponse(await auth.refresh(token, client));
    }),
    post('/auth/logout', async (req, res, client) => {
      const { refresh_token: refreshToken } = await readBody(req, logoutSchema);
      await auth.logOut(refreshToken === undefined ? sessionOf(await authenticate({ auth, rates }, req, res)) : { refreshToken }, client);
      return { object: 'session.deleted', deleted: true };
    }),
    post('/auth/password', async (req, res, client) => {
      const { principal, sessionId } = await authenticate({ auth, rates }, req, res);
      const { current_password: current, new_password: next } = await readBody(req, passwordSchema);
      await auth.changePassword({ userId: principal.userId, keptSessionId: sessionId, current, next }, client);
      return { object: 'user.password', changed: true };
    }),
    get('/auth/me', async (req, res) => {
      const { principal } = await authenticate({ auth, rates }, req, res);
      const profile = await auth.describe(principal.userId);
      if (!profile) throw new Fault('NOT_FOUND', { message: 'The user was deleted.' });
      return toUserObject(profile);
    }),
    publicKeysRoute(auth, clock),
  ];
}

type Private = Pick<OpenRoute, 'path' | 'method'> & Pick<AuthRouteDeps, 'clock' | 'rates'> & { readonly handle: Handle };

/** Answers with JSON that nobody on the way may keep, refusals included. */
function privately({ method, path, handle, clock, rates }: Private): OpenRoute {
  return {
    access: 'open',
    method,
    path,
    handle: async (req, res) => {
      res.setHeader('cache-control', 'no-store');
      const { fault } = rates.addresses.take(groupOf(res.locals.exchange.clientIp));
      if (fault) throw fault;
      const answer = await handle(req, res, clientOf(res));
      sendJson(res, res.locals.exchange, { status: 200, json: JSON.stringify(answer), clock });
    },
  };
}

function publicKeysRoute({ jwks }: Auth, clock: Clock): OpenRoute {
  const json = JSON.stringify(jwks);
  const headers = { 'content-type': 'application/jwk-set+json', 'cache-control': `public, max-age=${KEYS_MAX_AGE_S}` };
  return {
    access: 'open',
    method: 'get',
    path: '/.well-known/jwks.json',
    handle: (_req, res) => sendJson(res, res.locals.exchange, { status: 200, json, headers, clock }),
  };
}

function clientOf({ locals: { exchange } }: GatewayResponse): Client {
  return { ip: exchange.clientIp, userAgent: exchange.userAgent, requestId: exchange.requestId };
}

async function readBody<Schema extends z.ZodType>(req: Request, schema: Schema): Promise<z.infer<Schema>> {
  return validate(schema, (await readJsonBody(req, BODY_BYTES_MAX)).value);
}

type Authenticated = Extract<Authentication, { ok: true }>;

async function authenticate(
  { auth, rates }: Pick<AuthRouteDeps, 'auth' | 'rates'>,
  req: Request,
  res: GatewayResponse,
): Promise<Authenticated> {
  const authentication = await auth.verifyAccessToken(bearerTokenOf(req), clientOf(res));
  if (!authentication.ok) throw authentication.fault;
  const { principal } = authentication;
  res.locals.exchange.principal = principal;
  const { fault } = rates.users.take(principal.userId);
  if (fault) throw fault;
  return authentication;
}

function sessionOf({ sessionId }: Authenticated): { sessionId: string } {
  if (sessionId !== undefined) return { sessionId };
  throw new Fault('INVALID_REQUEST', { message: 'Your session is with your identity provider. Please log out there.' });
}
