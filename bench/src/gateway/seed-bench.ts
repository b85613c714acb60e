import { generateApiKey, hashApiKey, redactApiKey } from '@sluice/platform/api-key';
import type { Database } from '@sluice/prisma/client';
import { createId } from '@sluice/prisma/ids';
import { INSTANT_MODEL } from './instant-runtime.ts';

export type BenchKeys = {
  /** Under limits of every kind, none of which it ever reaches. */
  readonly accepted: string;
  /** One request a minute. */
  readonly limited: string;
  /** Well formed, and nobody's. */
  readonly unknown: string;
};

/** More than any run takes, in a minute or a month. */
const HIGH = { requests: 100_000_000, tokens: 1_000_000_000, concurrent: 1_000_000, monthly: 1_000_000_000_000_000 } as const;

const RATES = {
  requestsPerMinute: HIGH.requests,
  requestsPerDay: HIGH.requests,
  tokensPerMinute: HIGH.tokens,
  concurrentRequests: HIGH.concurrent,
};

/** Makes an organization in which every kind of limit applies: of the tier, its endpoint, the model, the user and the key. */
export async function seedBench(db: Database, keyPepper: string): Promise<BenchKeys> {
  const organizationId = createId('org');
  const projectId = createId('proj');
  const userId = createId('user');
  const price = { inputMicroUsd: 100_000, cachedInputMicroUsd: 25_000, outputMicroUsd: 400_000 };
  const accepted = toKey(keyPepper);
  const limited = toKey(keyPepper);
  await db.$transaction([
    db.tier.create({
      data: {
        id: 'bench',
        name: 'Bench',
        ...RATES,
        monthlyTokens: HIGH.monthly,
        monthlyBudgetNanoUsd: HIGH.monthly,
        contextTokensMax: 8_192,
        outputTokensMax: 4_096,
        allowedModels: [INSTANT_MODEL],
        endpointLimits: { 'chat.completions': RATES },
      },
    }),
    db.modelPrice.create({ data: { model: INSTANT_MODEL, ...price } }),
    db.organization.create({ data: { id: organizationId, name: 'Bench' } }),
    db.project.create({ data: { id: projectId, organizationId, tierId: 'bench', name: 'Bench' } }),
    db.modelRateLimit.create({ data: { projectId, model: INSTANT_MODEL, requestsPerMinute: HIGH.requests } }),
    db.user.create({
      data: { id: userId, organizationId, email: 'bench@localhost', name: 'Bench', limits: { monthlyTokens: HIGH.monthly } },
    }),
    db.projectMember.create({ data: { projectId, userId } }),
    db.apiKey.create({
      data: {
        ...accepted.stored,
        id: createId('key'),
        name: 'accepted',
        projectId,
        ownerId: userId,
        scopes: ['chat.completions'],
        allowedModels: [INSTANT_MODEL],
        allowedIps: ['127.0.0.0/8', '10.0.0.0/8'],
        limits: { requestsPerMinute: HIGH.requests },
      },
    }),
    db.apiKey.create({
      data: { ...limited.stored, id: createId('key'), name: 'limited', projectId, ownerId: userId, limits: { requestsPerMinute: 1 } },
    }),
  ]);
  return { accepted: accepted.plaintext, limited: limited.plaintext, unknown: generateApiKey().plaintext };
}

function toKey(keyPepper: string) {
  const { plaintext, publicId } = generateApiKey();
  return { plaintext, stored: { publicId, secretHash: hashApiKey(plaintext, keyPepper), redactedValue: redactApiKey(plaintext) } };
}
