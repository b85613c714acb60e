import { z } from 'zod';
import type { ModelPriceStore, PriceFigures } from '../../../admin/model-price-store.ts';
import { pageOf } from '../../../admin/page.ts';
import { validate } from '../../../http/validate.ts';
import { toList } from '../../admin-list.ts';
import { adminRoute, type AdminRoute } from '../../admin-route.ts';
import { pageQuery, printable } from '../../admin-schema.ts';
import { toPriceObject } from './respond.ts';

const PRICES = '/sluice/v1/prices';
const MICRO_PER_USD = 1_000_000;
/** More than any model costs, and exact in millionths. */
const USD_MAX = 1_000_000;

const usdPerMillion = z.number().min(0).max(USD_MAX);
const setSchema = z.strictObject({
  input_usd_per_million: usdPerMillion,
  /** Without it, tokens from the cache cost what others do. */
  cached_input_usd_per_million: usdPerMillion.nullish(),
  output_usd_per_million: usdPerMillion,
});

/** What a million tokens of a model cost. */
export function priceRoutes(prices: ModelPriceStore): readonly AdminRoute[] {
  return [
    adminRoute({
      method: 'get',
      path: PRICES,
      permission: 'prices.read',
      query: z.strictObject(pageQuery),
      handle: async ({ query }) => toList(pageOf((await prices.list()).map(toPriceObject), query), (price) => price),
    }),
    adminRoute({
      method: 'put',
      path: `${PRICES}/:model`,
      permission: 'prices.write',
      body: setSchema,
      handle: async ({ by, params, body }) => {
        const { model } = validate(z.strictObject({ model: printable }), params);
        return toPriceObject(await prices.set(by, model, toFigures(body)));
      },
    }),
    adminRoute({
      method: 'delete',
      path: `${PRICES}/:model`,
      permission: 'prices.write',
      handle: async ({ by, params }) => {
        await prices.delete(by, params.model);
        return { object: 'sluice.price.deleted', id: params.model, deleted: true };
      },
    }),
  ];
}

function toFigures(body: z.infer<typeof setSchema>): PriceFigures {
  return {
    inputMicroUsd: toMicroUsd(body.input_usd_per_million),
    cachedInputMicroUsd: toMicroUsd(body.cached_input_usd_per_million ?? body.input_usd_per_million),
    outputMicroUsd: toMicroUsd(body.output_usd_per_million),
  };
}

function toMicroUsd(amount: number): bigint {
  return BigInt(Math.round(amount * MICRO_PER_USD));
}
