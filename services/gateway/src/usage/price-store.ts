import type { Database } from '@sluice/prisma/client';

/** Millionths of a US dollar per million tokens; whole numbers. */
export type ModelPrice = {
  readonly inputMicroUsd: number;
  readonly cachedInputMicroUsd: number;
  readonly outputMicroUsd: number;
};

/** Prices by the model's name. Rejects when they cannot be read. */
export type PriceStore = { readAll(): Promise<ReadonlyMap<string, ModelPrice>> };

/** More than any installation serves; a bound on what is held in memory. */
const MODELS_MAX = 10_000;

export function createPriceStore(db: Pick<Database, 'modelPrice'>): PriceStore {
  return {
    readAll: async () => {
      const rows = await db.modelPrice.findMany({ orderBy: { model: 'asc' }, take: MODELS_MAX });
      return new Map(
        rows.map(({ model, inputMicroUsd, cachedInputMicroUsd, outputMicroUsd }) => [
          model,
          {
            inputMicroUsd: Number(inputMicroUsd),
            cachedInputMicroUsd: Number(cachedInputMicroUsd),
            outputMicroUsd: Number(outputMicroUsd),
          },
        ]),
      );
    },
  };
}
