import type { ModelPrice } from '@sluice/prisma/generated/client';
import { toUnixS } from '../../admin-list.ts';

const MICRO_PER_USD = 1_000_000;

/** Its id is the model's name. */
export function toPriceObject({ model, inputMicroUsd, cachedInputMicroUsd, outputMicroUsd, updatedAt }: ModelPrice) {
  return {
    id: model,
    object: 'sluice.price',
    model,
    input_usd_per_million: Number(inputMicroUsd) / MICRO_PER_USD,
    cached_input_usd_per_million: Number(cachedInputMicroUsd) / MICRO_PER_USD,
    output_usd_per_million: Number(outputMicroUsd) / MICRO_PER_USD,
    updated_at: toUnixS(updatedAt),
  };
}
