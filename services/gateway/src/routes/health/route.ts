import type { Clock } from '@sluice/platform/clock';
import { sendJson } from '../../http/response-head.ts';
import type { OpenRoute } from '../route.ts';

export type Readiness = { readonly isReady: boolean; readonly checks: Readonly<Record<string, boolean>> };

/** The process is alive. Looks at nothing else, so that a busy or lonely gateway is not restarted for it. */
export function healthRoute(clock: Clock): OpenRoute {
  return {
    access: 'open',
    method: 'get',
    path: '/healthz',
    handle: (_req, res) => sendJson(res, res.locals.exchange, { status: 200, json: '{"status":"ok"}', clock }),
  };
}

/** The gateway can answer a request right now: 200, else 503; the body says what is missing. */
export function readinessRoute(deps: { clock: Clock; checkReadiness: () => Promise<Readiness> }): OpenRoute {
  return {
    access: 'open',
    method: 'get',
    path: '/readyz',
    handle: async (_req, res) => {
      const { isReady, checks } = await deps.checkReadiness();
      const json = JSON.stringify({ status: isReady ? 'ready' : 'not ready', checks });
      sendJson(res, res.locals.exchange, { status: isReady ? 200 : 503, json, clock: deps.clock });
    },
  };
}
