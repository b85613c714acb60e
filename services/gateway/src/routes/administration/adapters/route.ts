import { z } from 'zod';
import type { AdapterChangeStore } from '../../../admin/adapter-change-store.ts';
import { pageOf } from '../../../admin/page.ts';
import type { AdapterFleet, AdapterName, AdapterOutcome } from '../../../adapters/adapter-fleet.ts';
import type { RefusalParams } from '../../../http/validate.ts';
import { validate } from '../../../http/validate.ts';
import { toList } from '../../admin-list.ts';
import { adminRoute, type AdminRoute } from '../../admin-route.ts';
import { pageQuery, printable } from '../../admin-schema.ts';
import { idOf, toAdapterObject, toOutcomeObject } from './respond.ts';

const ADAPTERS = '/sluice/v1/adapters';
const ADAPTER = `${ADAPTERS}/:model/:name` as const;

export type AdapterRouteDeps = { readonly adapters: AdapterFleet; readonly adapterChanges: AdapterChangeStore };

const NOT_A_NAME: RefusalParams = {
  code: 'INVALID_VALUE',
  message: "Invalid value for '%s': expected 1 to 64 letters, digits, dots, underscores or hyphens, a letter or digit first.",
};
const named = z.strictObject({
  model: printable,
  name: z.string().refine((name) => /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name), { params: NOT_A_NAME }),
});

/** LoRA adapters on the workers. */
export function adapterRoutes({ adapters, adapterChanges }: AdapterRouteDeps): readonly AdminRoute[] {
  return [
    adminRoute({
      method: 'get',
      path: ADAPTERS,
      permission: 'adapters.read',
      query: z.strictObject({ ...pageQuery, model: printable.optional() }),
      handle: ({ query }) => {
        const wanted = adapters.list().filter(({ model }) => query.model === undefined || model === query.model);
        return Promise.resolve(toList(pageOf(wanted.map(toAdapterObject), query), (adapter) => adapter));
      },
    }),
    adminRoute({
      method: 'put',
      path: ADAPTER,
      permission: 'adapters.write',
      takes: 'file',
      handle: async ({ by, params, file }) => {
        const adapter = validate(named, params);
        await adapterChanges.assertMay(by);
        const outcomes = await adapters.put(adapter, file());
        await adapterChanges.record(by, { type: 'adapter.uploaded', id: idOf(adapter), before: null, after: factsOf(adapter, outcomes) });
        return { object: 'sluice.adapter.uploaded', ...toOutcomeObject(adapter, outcomes) };
      },
    }),
    adminRoute({
      method: 'delete',
      path: ADAPTER,
      permission: 'adapters.write',
      handle: async ({ by, params }) => {
        const adapter = validate(named, params);
        await adapterChanges.assertMay(by);
        const outcomes = await adapters.remove(adapter);
        await adapterChanges.record(by, { type: 'adapter.deleted', id: idOf(adapter), before: factsOf(adapter, outcomes), after: null });
        return { object: 'sluice.adapter.deleted', deleted: true, ...toOutcomeObject(adapter, outcomes) };
      },
    }),
  ];
}

function factsOf({ model, name }: AdapterName, outcomes: readonly AdapterOutcome[]) {
  const sizeBytes = Math.max(0, ...outcomes.map((outcome) => outcome.sizeBytes));
  const workers = outcomes.filter(({ fault }) => !fault).map(({ worker }) => worker);
  return { model, name, sizeBytes, workers };
}
