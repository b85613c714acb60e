import type { Database } from '@sluice/prisma/client';
import type { ModelPrice } from '@sluice/prisma/generated/client';
import type { Facts } from './audit-entry.ts';
import type { Change, Changes } from './change-store.ts';
import { requireHomeOrganization } from './home-organization-store.ts';
import { notFound } from './not-found.ts';
import type { Requester } from './requester.ts';

/** Millionths of a US dollar per million tokens. */
export type PriceFigures = Pick<ModelPrice, 'inputMicroUsd' | 'cachedInputMicroUsd' | 'outputMicroUsd'>;

export type ModelPriceStore = ReturnType<typeof createModelPriceStore>;

/** As many as a list shows; installations have tens. */
const PRICES_MAX = 10_000;
const ORGANIZATIONS_MAX = 10_000;

export function createModelPriceStore(db: Database, changes: Changes) {
  return {
    /** By the model's name. */
    list: (): Promise<ModelPrice[]> => db.modelPrice.findMany({ orderBy: { model: 'asc' }, take: PRICES_MAX }),

    set: (by: Requester, model: string, figures: PriceFigures): Promise<ModelPrice> =>
      changes(by, async (change) => {
        await requireHomeOrganization(change);
        const before = await change.tx.modelPrice.findUnique({ where: { model } });
        const after = await change.tx.modelPrice.upsert({ where: { model }, update: figures, create: { model, ...figures } });
        const isChange = change.record({
          type: 'price.updated',
          ...targetOf(model),
          before: before && factsOf(before),
          after: factsOf(after),
        });
        if (isChange) await outdateAll(change);
        return after;
      }),

    /** Throws NOT_FOUND. */
    delete: (by: Requester, model: string): Promise<void> =>
      changes(by, async (change) => {
        await requireHomeOrganization(change);
        const before = await change.tx.modelPrice.findUnique({ where: { model } });
        if (!before) throw notFound('price');
        await change.tx.modelPrice.delete({ where: { model } });
        change.record({ type: 'price.deleted', ...targetOf(model), before: factsOf(before), after: null });
        await outdateAll(change);
      }),
  };
}

async function outdateAll(change: Change): Promise<void> {
  const organizations = await change.tx.organization.findMany({ select: { id: true }, take: ORGANIZATIONS_MAX });
  change.outdates(...organizations.map(({ id }) => `org:${id}`));
}

function factsOf({ inputMicroUsd, cachedInputMicroUsd, outputMicroUsd }: ModelPrice): Facts {
  return { inputMicroUsd, cachedInputMicroUsd, outputMicroUsd };
}

function targetOf(model: string) {
  return { target: { kind: 'price', id: model } } as const;
}
