import { globSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startAdminGateway, type AdminGateway } from '../../test-support/admin-gateway.ts';
import { errorOf } from '../../test-support/error-of.ts';
import { createAdminRoutes, type AdminRoutesDeps } from '../admin-routes.ts';
import { createUsageRoutes, type UsageStores } from '../usage/create-usage-routes.ts';

const ADMIN = new URL('resources/admin/', `file://${createRequire(import.meta.url).resolve('openai')}`);
const PAGE = new URL('../../../../../docs/admin.md', import.meta.url);

type Call = { readonly method: string; readonly path: string };

/** Whatever the official client may call for administration, as its own sources have it. */
function callsOfClient(): readonly Call[] {
  const sources = globSync('**/*.js', { cwd: ADMIN.pathname }).map((file) => readFileSync(new URL(file, ADMIN), 'utf8'));
  const pattern = /_client\.(get|post|put|patch|delete|getAPIList)\((?:\(0, path_\d\.path\) ?)?[`']([^`']+)[`']/g;
  return sources.flatMap((source) =>
    [...source.matchAll(pattern)].map(([, method = '', path = '']) => ({
      method: method === 'getAPIList' ? (/\/(de)?activate$/.test(path) ? 'post' : 'get') : method,
      path: path.replaceAll(/\$\{\w+\}/g, ':'),
    })),
  );
}

const ROUTES = new Set(
  [
    ...createAdminRoutes({} as AdminRoutesDeps),
    ...createUsageRoutes({} as UsageStores, { now: () => new Date(), monotonicMs: () => 0 }),
  ].map(({ method, path }) => `${method} ${path.replaceAll(/:\w+/g, ':')}`),
);

/** "/organization/projects/:/users/:/roles/:" is of the resource "projects.users.roles". */
function resourceOf({ path }: Call): string {
  const [, first, ...names] = path.split('/').filter((name) => name !== ':');
  return [...(first === 'organization' ? [] : [first]), ...names]
    .filter((name) => !/^((de)?activate|validate)$/.test(name ?? ''))
    .join('.');
}

describe('what OpenAI’s client has for administration', () => {
  let gateway: AdminGateway;
  beforeAll(async () => {
    gateway = await startAdminGateway();
  });
  afterAll(() => gateway.close());

  const calls = callsOfClient();
  const missing = calls.filter(({ method, path }) => !ROUTES.has(`${method} /v1${path}`));

  test('is here as a whole resource, or named on the page as one that is not', () => {
    expect(calls.length).toBeGreaterThan(100);
    const absent = new Set(missing.map(resourceOf));
    const present = new Set(calls.filter((call) => !missing.includes(call)).map(resourceOf));
    expect([...absent].filter((resource) => present.has(resource))).toEqual([]);
    const [, named = ''] = /^## What OpenAI has and this has not\n([^]*?)\n## /m.exec(readFileSync(PAGE, 'utf8')) ?? [];
    expect(new Set([...named.matchAll(/`([a-z_.]+)`/g)].map(([, name]) => name))).toEqual(absent);
  });

  test('and is not here is answered 404 in OpenAI’s shape, and changes nothing', async () => {
    for (const { method, path } of missing) {
      const body = method === 'post' ? {} : undefined;
      const error = await errorOf(await gateway.owner.send(method.toUpperCase(), `/v1${path.replaceAll(':', 'x')}`, body));
      expect({ method, path, ...error }).toMatchObject({ method, path, status: 404, type: 'invalid_request_error', code: 'unknown_url' });
    }
  });
});
