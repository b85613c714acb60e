import { z } from 'zod';
import type { TierStore } from '../../../admin/tier-store.ts';
import { toList } from '../../admin-list.ts';
import { adminRoute, type AdminRoute } from '../../admin-route.ts';
import { pageQuery, toPageRequest } from '../../admin-schema.ts';
import { toTierObject } from './respond.ts';
import { createTierSchema, toTierChange, updateTierSchema } from './schema.ts';

const TIERS = '/sluice/v1/tiers';
const TIER = `${TIERS}/:tier_id` as const;

/** What the projects of a kind may use. */
export function tierRoutes(tiers: TierStore): readonly AdminRoute[] {
  return [
    adminRoute({
      method: 'get',
      path: TIERS,
      permission: 'tiers.read',
      query: z.strictObject(pageQuery),
      handle: async ({ query }) => toList(await tiers.list(toPageRequest(query)), toTierObject),
    }),
    adminRoute({
      method: 'post',
      path: TIERS,
      permission: 'tiers.write',
      body: createTierSchema,
      handle: async ({ by, body: { id, name, ...settings } }) =>
        toTierObject(await tiers.create(by, id, { ...toTierChange(settings), name })),
    }),
    adminRoute({
      method: 'get',
      path: TIER,
      permission: 'tiers.read',
      handle: async ({ params }) => toTierObject(await tiers.find(params.tier_id)),
    }),
    adminRoute({
      method: 'patch',
      path: TIER,
      permission: 'tiers.write',
      body: updateTierSchema,
      handle: async ({ by, params, body }) => toTierObject(await tiers.change(by, params.tier_id, toTierChange(body))),
    }),
    adminRoute({
      method: 'delete',
      path: TIER,
      permission: 'tiers.write',
      handle: async ({ by, params }) => {
        await tiers.delete(by, params.tier_id);
        return { object: 'sluice.tier.deleted', id: params.tier_id, deleted: true };
      },
    }),
  ];
}
