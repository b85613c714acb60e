import type { Clock } from '@sluice/platform/clock';
import type { GatewayResponse } from '../../http/gateway-handler.ts';
import { sendJson } from '../../http/response-head.ts';
import { mayUseModel } from '../../keys/check-key.ts';
import { modelNotFound, type WorkerPool } from '../../routing/worker-pool.ts';
import type { KeyedRoute } from '../route.ts';
import { toModelList, toModelObject } from './respond.ts';

type ModelRouteDeps = { readonly pool: Pick<WorkerPool, 'models' | 'requireKnown'>; readonly clock: Clock };

export function listModelsRoute({ pool, clock }: ModelRouteDeps): KeyedRoute {
  return {
    access: 'key',
    method: 'get',
    path: '/v1/models',
    scope: 'models',
    handle: (_req, res) => {
      const models = pool.models().filter(({ name }) => mayUse(res, name));
      sendJson(res, res.locals.exchange, { status: 200, json: JSON.stringify(toModelList(models)), clock });
    },
  };
}

/** The name may hold slashes, encoded or not, as in `hf:Qwen/Qwen3-0.6B-GGUF`. */
export function retrieveModelRoute({ pool, clock }: ModelRouteDeps): KeyedRoute {
  return {
    access: 'key',
    method: 'get',
    path: '/v1/models/*name',
    scope: 'models',
    handle: (req, res) => {
      const name = [req.params['name'] ?? ''].flat().join('/');
      pool.requireKnown(name);
      if (!mayUse(res, name)) throw modelNotFound(name);
      const model = pool.models().find((known) => known.name === name);
      if (model) sendJson(res, res.locals.exchange, { status: 200, json: JSON.stringify(toModelObject(model)), clock });
    },
  };
}

function mayUse(res: GatewayResponse, model: string): boolean {
  const { key } = res.locals.exchange;
  return key !== undefined && mayUseModel(key, { model, adapter: '' });
}
