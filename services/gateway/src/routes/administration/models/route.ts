import { z } from 'zod';
import type { Facts } from '../../../admin/audit-entry.ts';
import type { ModelChangeStore } from '../../../admin/model-change-store.ts';
import { pageOf } from '../../../admin/page.ts';
import { validate } from '../../../http/validate.ts';
import type { ModelFleet, ModelOutcome, ModelTarget } from '../../../models/model-fleet.ts';
import { toList } from '../../admin-list.ts';
import { adminRoute, type AdminRoute } from '../../admin-route.ts';
import { pageQuery, printable } from '../../admin-schema.ts';
import { integer } from '../../scalars.ts';
import { toFleetModelObject, toOutcomesObject, toWorkerObject } from './respond.ts';

const MODELS = '/sluice/v1/models';
const DRAIN_S_MAX = 600;

export type ModelRouteDeps = { readonly models: ModelFleet; readonly modelChanges: ModelChangeStore };

const named = z.strictObject({ model: printable });
/** One worker, by its address; without it, every one that has the model. */
const worker = printable.nullish();
const onWorkers = z.strictObject({ worker });

/** Workers, and the models on them: how they are, and loading, unloading and pinning them. */
export function modelRoutes({ models, modelChanges }: ModelRouteDeps): readonly AdminRoute[] {
  const targetOf = (params: { readonly model: string }, body: { readonly worker?: string | null | undefined }): ModelTarget => ({
    ...validate(named, params),
    worker: body.worker ?? undefined,
  });
  return [
    adminRoute({
      method: 'get',
      path: '/sluice/v1/workers',
      permission: 'models.read',
      query: z.strictObject(pageQuery),
      handle: ({ query }) => Promise.resolve(toList(pageOf(models.workers().map(toWorkerObject), query), (shown) => shown)),
    }),
    adminRoute({
      method: 'get',
      path: MODELS,
      permission: 'models.read',
      query: z.strictObject(pageQuery),
      handle: ({ query }) => Promise.resolve(toList(pageOf(models.models().map(toFleetModelObject), query), (shown) => shown)),
    }),
    adminRoute({
      method: 'get',
      path: `${MODELS}/:model`,
      permission: 'models.read',
      handle: ({ params }) => Promise.resolve(toFleetModelObject(models.model(validate(named, params).model))),
    }),
    adminRoute({
      method: 'post',
      path: `${MODELS}/:model/load`,
      permission: 'models.write',
      body: onWorkers,
      handle: async ({ by, params, body }) => {
        const target = targetOf(params, body);
        await modelChanges.assertMay(by);
        const outcomes = await models.load(target);
        await modelChanges.record(by, { type: 'model.loaded', model: target.model, ...factsOf(outcomes) });
        return toOutcomesObject(target.model, outcomes);
      },
    }),
    adminRoute({
      method: 'post',
      path: `${MODELS}/:model/unload`,
      permission: 'models.write',
      body: z.strictObject({ worker, drain_s: integer(0, DRAIN_S_MAX).nullish() }),
      handle: async ({ by, params, body }) => {
        const target = targetOf(params, body);
        await modelChanges.assertMay(by);
        // 0 on the wire leaves it to the worker.
        const outcomes = await models.unload(target, toDrainMs(body.drain_s));
        await modelChanges.record(by, { type: 'model.unloaded', model: target.model, ...factsOf(outcomes) });
        return toOutcomesObject(target.model, outcomes);
      },
    }),
    adminRoute({
      method: 'post',
      path: `${MODELS}/:model/pin`,
      permission: 'models.write',
      body: z.strictObject({ worker, pinned: z.boolean() }),
      handle: async ({ by, params, body }) => {
        const target = targetOf(params, body);
        await modelChanges.assertMay(by);
        const outcomes = await models.pin(target, body.pinned);
        const type = body.pinned ? 'model.pinned' : 'model.unpinned';
        await modelChanges.record(by, { type, model: target.model, ...factsOf(outcomes) });
        return toOutcomesObject(target.model, outcomes);
      },
    }),
  ];
}

/** Unset leaves it to the worker, which is 0 for it; no time at all is the shortest that it knows. */
function toDrainMs(drainS: number | null | undefined): number {
  return drainS === null || drainS === undefined ? 0 : Math.max(1, drainS * 1_000);
}

/** By worker, as far as something came of it. */
function factsOf(outcomes: readonly ModelOutcome[]): { before: Facts; after: Facts } {
  const changed = outcomes.flatMap((outcome) => ('fault' in outcome ? [] : [outcome]));
  const states = (pick: 'before' | 'status'): Facts => ({
    states: Object.fromEntries(changed.map((outcome) => [outcome.worker, outcome[pick].state.toLowerCase()])),
    pinned: changed.filter((outcome) => outcome[pick].isPinned).map((outcome) => outcome.worker),
  });
  return { before: states('before'), after: states('status') };
}
