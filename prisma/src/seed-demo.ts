import { generateApiKey, hashApiKey, redactApiKey } from '@sluice/platform/api-key';
import type { Prisma } from '../generated/client.ts';
import { createId } from './ids.ts';

const PROJECT = 'Trial';
const KEY_NAME = 'Trial key';
/** US dollars per million tokens, in millionths: made up, so that history has costs to show. */
const PRICE = { model: 'demo-chat', inputMicroUsd: 100_000, cachedInputMicroUsd: 10_000, outputMicroUsd: 400_000 };

/** Makes what limits and costs can be tried with: a project on the free tier with a key, and a price of the demo model. Idempotent; what exists stays as it is. Returns the key when it made one. */
export async function seedDemo(
  tx: Prisma.TransactionClient,
  { organizationId, keyPepper }: { organizationId: string; keyPepper: string },
): Promise<string | undefined> {
  await tx.modelPrice.createMany({ data: [PRICE], skipDuplicates: true });
  const { id: projectId } = await tx.project.upsert({
    where: { organizationId_name: { organizationId, name: PROJECT } },
    update: {},
    create: { id: createId('proj'), organizationId, tierId: 'free', name: PROJECT },
  });
  if ((await tx.apiKey.count({ where: { projectId, name: KEY_NAME, revokedAt: null } })) > 0) return undefined;
  const { publicId, plaintext } = generateApiKey();
  const secretHash = hashApiKey(plaintext, keyPepper);
  await tx.apiKey.create({
    data: { id: createId('key'), publicId, secretHash, redactedValue: redactApiKey(plaintext), name: KEY_NAME, projectId },
  });
  return plaintext;
}
