import type { Clock } from '@sluice/platform/clock';
import type { GatewayResponse } from '../../http/gateway-handler.ts';
import { sendJson } from '../../http/response-head.ts';
import { fullNameOf, type AskedModel } from '../../keys/asked-model.ts';
import { mayUseModel } from '../../keys/check-key.ts';
import { modelNotFound, type KnownModel, type WorkerPool } from '../../routing/worker-pool.ts';
import type { KeyedRoute } from '../route.ts';
import { toAdapterObject, toModelObject } from './respond.ts';

type ModelRouteDeps = { readonly pool: Pick<WorkerPool, 'models' | 'requireKnown' | 'resolve'>; readonly clock: Clock };

export function listModelsRoute({ pool, clock }: ModelRouteDeps): KeyedRoute {
  return {
    access: 'key',
    method: 'get',
    path: '/v1/models',
    scope: 'models',
    handle: (_req, res) => {
      const data = pool.models().flatMap((model) => objectsOf(model, (asked) => mayUse(res, asked) && isMeant(pool, asked)));
      sendJson(res, res.locals.exchange, { status: 200, json: JSON.stringify({ object: 'list', data }), clock });
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
      const asked = pool.resolve(name);
      pool.requireKnown(asked.model, asked.adapter);
      if (!mayUse(res, asked)) throw modelNotFound(name);
      const model = pool.models().find((known) => known.name === asked.model);
      if (!model) return;
      const adapter = model.adapters.find((known) => known.name === asked.adapter);
      const json = JSON.stringify(adapter ? toAdapterObject(model, adapter) : toModelObject(model));
      sendJson(res, res.locals.exchange, { status: 200, json, clock });
    },
  };
}

/** A model and its adapters, as far as they may be seen. */
function objectsOf(model: KnownModel, isSeen: (asked: AskedModel) => boolean) {
  const adapters = model.adapters.filter(({ name }) => isSeen({ model: model.name, adapter: name }));
  const shown = adapters.map((adapter) => toAdapterObject(model, adapter));
  return isSeen({ model: model.name, adapter: '' }) ? [toModelObject(model), ...shown] : shown;
}

/** Whether the adapter's full name is not a model's own name, which goes first. */
function isMeant(pool: ModelRouteDeps['pool'], asked: AskedModel): boolean {
  return asked.adapter === '' || pool.resolve(fullNameOf(asked)).adapter === asked.adapter;
}

function mayUse(res: GatewayResponse, asked: AskedModel): boolean {
  const { key } = res.locals.exchange;
  return key !== undefined && mayUseModel(key, asked);
}
