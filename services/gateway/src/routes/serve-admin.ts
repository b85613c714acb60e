import type { Clock } from '@sluice/platform/clock';
import { Fault } from '@sluice/platform/fault';
import type { Request } from 'express';
import type { AdminAuth } from '../admin/admin-auth.ts';
import { notFound } from '../admin/not-found.ts';
import { judge, PERMISSIONS, type Permission, type Reach } from '../admin/permissions.ts';
import { storeFault } from '../admin/store-fault.ts';
import type { Principal } from '../auth/principal.ts';
import type { GatewayResponse } from '../http/gateway-handler.ts';
import { parseQuery } from '../http/query.ts';
import { readJsonBody } from '../http/read-json-body.ts';
import { sendJson } from '../http/response-head.ts';
import { validate } from '../http/validate.ts';
import type { AdminRoute } from './admin-route.ts';

/** The largest body is a list of model names. */
const BODY_BYTES_MAX = 64 * 1024;

export type ServeAdminDeps = {
  readonly authenticate: AdminAuth;
  /** Of an organization. */
  readonly projects: {
    has(organizationId: string, projectId: string): Promise<boolean>;
    /** Undefined when it has no such key. */
    ofKey(organizationId: string, keyId: string): Promise<string | undefined>;
  };
  readonly clock: Clock;
};

/** Serves a route of administration: who asks, may they, what do they want, do it, answer. */
export async function serveAdmin(deps: ServeAdminDeps, route: AdminRoute, call: { req: Request; res: GatewayResponse }): Promise<void> {
  const { req, res } = call;
  const { exchange } = res.locals;
  try {
    const { clientIp: ip, userAgent, requestId } = exchange;
    const principal = await deps.authenticate({ authorization: req.headers.authorization, ip, userAgent, requestId });
    exchange.principal = principal;
    const params = toParams(req.params);
    const reach = await authorize(deps, { principal, permission: route.permission, params });
    const query = parseQuery(route.query, req.url);
    const body = validate(route.body, takesBody(route) ? (await readJsonBody(req, BODY_BYTES_MAX)).value : {});
    const answer = await route.handle({ by: { principal, ipAddress: ip, userAgent, requestId }, reach, params, query, body });
    sendJson(res, exchange, { status: 200, json: JSON.stringify(answer), headers: NEVER_STORED, clock: deps.clock });
  } catch (error) {
    throw storeFault(error);
  }
}

/** Some answers hold a secret that is shown once. */
const NEVER_STORED = { 'cache-control': 'no-store' };

function takesBody({ method }: AdminRoute): boolean {
  return method !== 'get' && method !== 'delete';
}

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
