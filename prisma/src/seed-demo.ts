import { notDeleted, type Seeding } from './seed-audit.ts';
import { seedApiKey } from './seed-keys.ts';
import { seedProject } from './seed-project.ts';

const PROJECT = 'Trial';
const KEY_NAME = 'Trial key';
const TIER = 'free';
/** US dollars per million tokens, in millionths: made up, so that history has costs to show. */
const PRICE = { inputMicroUsd: 100_000, cachedInputMicroUsd: 10_000, outputMicroUsd: 400_000 };
const MODEL = 'demo-chat';

/** Makes what limits and costs can be tried with: a project on the free tier with a key, and a price of the demo model. Idempotent; what exists stays as it is. Returns the key when it made one. */
export async function seedDemo(seeding: Seeding, organizationId: string): Promise<string | undefined> {
  await seedPrice(seeding);
  const hasTier = (await seeding.tx.tier.count({ where: { id: TIER } })) > 0;
  if (!hasTier) return undefined;
  const { id: projectId } = await seedProject(seeding, { organizationId, tierId: TIER, name: PROJECT });
  return seedApiKey(seeding, { projectId, name: KEY_NAME });
}

async function seedPrice({ tx, record }: Seeding): Promise<void> {
  const [model] = await notDeleted(tx, 'price', [MODEL]);
  if (model === undefined) return;
  const { count } = await tx.modelPrice.createMany({ data: [{ model, ...PRICE }], skipDuplicates: true });
  if (count === 0) return;
  const { inputMicroUsd, cachedInputMicroUsd, outputMicroUsd } = PRICE;
  const after = { input_micro_usd: inputMicroUsd, cached_input_micro_usd: cachedInputMicroUsd, output_micro_usd: outputMicroUsd };
  record({ type: 'price.updated', target: { kind: 'price', id: model }, after });
}
