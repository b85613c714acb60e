import type { Clock } from '@sluice/platform/clock';
import { Fault } from '@sluice/platform/fault';
import type { Request } from 'express';
import type { RequestRate } from '../abuse/request-rate.ts';
import type { AdminAuth } from '../admin/admin-auth.ts';
import { notFound } from '../admin/not-found.ts';
import { judge, PERMISSIONS, type Permission, type Reach } from '../admin/permissions.ts';
import { storeFault } from '../store-fault.ts';
import { toLimitHeaders } from '../admission/limit-headers.ts';
import type { Principal } from '../auth/principal.ts';
import type { GatewayResponse } from '../http/gateway-handler.ts';
import { parseQuery } from '../http/query.ts';
import { readFileBody } from '../http/read-file-body.ts';
import { readJsonBody, type JsonBody } from '../http/read-json-body.ts';
import { sendJson } from '../http/response-head.ts';
import { validate } from '../http/validate.ts';
import type { Claim, Idempotency } from '../idempotency/idempotency.ts';
import { sendReplay } from '../idempotency/send-replay.ts';
import type { AdminRoute } from './admin-route.ts';

/** The largest body is a list of model names. */
const BODY_BYTES_MAX = 64 * 1024;

export type ServeAdminDeps = {
  readonly authenticate: AdminAuth;
  /** By user: all of their admin keys and logins together. */
  readonly rate: Pick<RequestRate, 'take'>;
  /** Of an organization. */
  readonly projects: {
    has(organizationId: string, projectId: string): Promise<boolean>;
    /** Undefined when it has no such key. */
    ofKey(organizationId: string, keyId: string): Promise<string | undefined>;
  };
  readonly idempotency: Idempotency;
  /** The largest file that may be uploaded. */
  readonly fileBytesMax: number;
  readonly clock: Clock;
};

type Call = { readonly req: Request; readonly res: GatewayResponse };

const NO_BODY: JsonBody = { value: {}, bytes: Buffer.alloc(0) };

/** Serves a route of administration: who asks, may they, what do they want, do it, answer. */
export async function serveAdmin(deps: ServeAdminDeps, route: AdminRoute, call: Call): Promise<void> {
  const { req, res } = call;
  const { exchange } = res.locals;
  try {
    const { clientIp: ip, userAgent, requestId } = exchange;
    const principal = await deps.authenticate({ authorization: req.headers.authorization, ip, userAgent, requestId });
    exchange.principal = principal;
    const { state, fault } = deps.rate.take(principal.userId);
    exchange.limitHeaders = toLimitHeaders([state]);
    if (fault) throw fault;
    const params = toParams(req.params);
    const reach = await authorize(deps, { principal, permission: route.permission, params });
    const query = parseQuery(route.query, req.url);
    const { value, bytes } = takesBody(route) ? await readJsonBody(req, BODY_BYTES_MAX) : NO_BODY;
    const body = validate(route.body, value);
    const claim = await claimOf(deps, call, { principal, rawBody: bytes });
    if (claim.kind === 'refused') throw claim.fault;
    if (claim.kind === 'replay') return sendReplay(res, { answer: claim.answer, clock: deps.clock });
    const by = { principal, ipAddress: ip, userAgent, requestId };
    const answer = await route.handle({ by, reach, params, query, body, file: () => readFileBody(req, deps.fileBytesMax) });
    sendJson(res, exchange, { status: 200, json: JSON.stringify(answer), headers: NEVER_STORED, clock: deps.clock });
  } catch (error) {
    throw storeFault(error);
  }
}

/** Some answers hold a secret that is shown once. */
const NEVER_STORED = { 'cache-control': 'no-store' };

function takesBody({ method, takes = 'json' }: AdminRoute): boolean {
  return takes === 'json' && method !== 'get' && method !== 'delete';
}

/** The other methods may be repeated as they are. A key is its principal's alone: what a repetition gets may hold a secret. */
function claimOf(deps: ServeAdminDeps, { req, res }: Call, { principal, rawBody }: { principal: Principal; rawBody: Buffer }) {
  const { method, originalUrl: path, headers } = req;
  if (method !== 'POST') return SERVE;
  const { exchange } = res.locals;
  const header = headers['idempotency-key'];
  return deps.idempotency.begin({ header, method, path, rawBody, scope: principal.id, work: 'change', res, exchange });
}

const SERVE: Claim = { kind: 'serve' };

function toParams(params: Request['params']): Record<string, string> {
  return Object.fromEntries(Object.entries(params).map(([name, value]) => [name, [value].flat().join('/')]));
}

type Question = { readonly principal: Principal; readonly permission: Permission; readonly params: Readonly<Record<string, string>> };

async function authorize(deps: ServeAdminDeps, { principal, permission, params }: Question): Promise<Reach> {
  const isAboutProject = 'project' in PERMISSIONS[permission];
  const projectId = isAboutProject ? await projectIn(deps, principal, params) : undefined;
  const verdict = judge(principal, permission, projectId);
  if (verdict.kind === 'allowed') return verdict.reach;
  if (verdict.kind === 'missing') throw notFound(params['project_id'] === undefined ? 'API key' : 'project');
  throw new Fault('INSUFFICIENT_PERMISSIONS', {
    message: `You have insufficient permissions for this operation. Missing permission: ${permission}.`,
  });
}

/** Throws for a project or a key of another organization just as for one that is not there. */
async function projectIn({ projects }: ServeAdminDeps, { organizationId }: Principal, params: Question['params']): Promise<string> {
  const { project_id: named, api_key_id: keyId = '' } = params;
  const isThere = named !== undefined && (await projects.has(organizationId, named));
  const projectId = named === undefined ? await projects.ofKey(organizationId, keyId) : isThere ? named : undefined;
  if (projectId === undefined) throw notFound(named === undefined ? 'API key' : 'project');
  return projectId;
}
