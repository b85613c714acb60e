import { expect, test } from '@jest/globals';
import { createApp, type AppDeps } from './app.ts';
import type { Route } from './routes/route.ts';

const start = (routes: readonly Partial<Route>[]) => createApp({ begin: () => {}, routes } as unknown as AppDeps);
const handle = () => {};

test.each([
  { access: 'open', method: 'get', path: '/v1/organization/groups' },
  { access: 'open', method: 'get', path: '/v1/organization' },
  { access: 'key', method: 'get', path: '/sluice/v1/requests' },
  { access: 'admin', method: 'get', path: '/v1/groups' },
  { access: 'admin', method: 'get', path: '/v1/organizations' },
] as const)('does not start with a route that its path and its access say different things of: $access $path', (route) => {
  expect(() => start([{ ...route, handle } as Partial<Route>])).toThrow(`${route.path} has the access ${route.access}`);
});

test.each([
  { access: 'admin', method: 'get', path: '/v1/organization/groups' },
  { access: 'admin', method: 'get', path: '/sluice/v1/requests' },
  { access: 'open', method: 'get', path: '/healthz' },
] as const)('starts with any other: $access $path', (route) => {
  expect(() => start([{ ...route, handle } as Partial<Route>])).not.toThrow();
});
