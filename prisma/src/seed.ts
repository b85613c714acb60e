import { generateApiKey, hashApiKey, parseApiKey, redactApiKey, type ApiKeyKind } from '@sluice/platform/api-key';
import { hashPassword, isUnderPepper } from '@sluice/platform/password';
import { refusalOfPassword } from '@sluice/platform/password-rules';
import type { Prisma } from '../generated/client.ts';
import type { Database } from './client.ts';
import { createId } from './ids.ts';
import { seedDemo } from './seed-demo.ts';
import { TIERS } from './tiers.ts';

export type SeedOptions = {
  readonly keyPepper: string;
  /** Keys that somebody keeps already. Without them new ones are made when the installation has none. */
  readonly apiKey?: string | undefined;
  readonly adminKey?: string | undefined;
  /** For an administrator who has none. Without it they log in with none until another administrator gives them one. */
  readonly adminPassword?: string | undefined;
  /** Also makes a project on the free tier with a key, and prices: to try limits and costs with. */
  readonly isDemo?: boolean | undefined;
};

/** The keys whose plaintext is known: those given, and those made now, which nobody will see again. */
export type SeededKeys = {
  readonly apiKey: string | undefined;
  readonly adminKey: string | undefined;
  /** Of the project on the free tier. */
  readonly trialKey: string | undefined;
};

const ORGANIZATION = 'Default';
const PROJECT = 'Demo';
const ADMIN_EMAIL = 'admin@localhost';
/** Two stacks may seed one database at once. Any constant would do. */
const SEED_LOCK = 5_107_323;

type Transaction = Prisma.TransactionClient;

/** Makes what a new installation needs where it is missing: tiers, an organization, a project, an administrator and two keys. Idempotent; what exists stays as it is. */
export async function seed(db: Database, options: SeedOptions): Promise<SeededKeys> {
  return db.$transaction(async (tx) => {
    await tx.$queryRaw`SELECT pg_advisory_xact_lock(${SEED_LOCK}) IS NULL AS locked`;
    await tx.tier.createMany({ data: [...TIERS], skipDuplicates: true });
    const organizationId = await organizationOf(tx);
    const projectId = await projectOf(tx, organizationId);
    const adminId = await adminOf(tx, { organizationId, ...options });
    await tx.projectMember.createMany({ data: [{ projectId, userId: adminId, role: 'owner' }], skipDuplicates: true });
    const { keyPepper } = options;
    return {
      apiKey: await ensureApiKey(tx, { keyPepper, plaintext: options.apiKey, projectId }),
      adminKey: await ensureAdminKey(tx, { keyPepper, plaintext: options.adminKey, organizationId, ownerId: adminId }),
      trialKey: options.isDemo ? await seedDemo(tx, { organizationId, keyPepper }) : undefined,
    };
  });
}

async function organizationOf(tx: Transaction): Promise<string> {
  const found = await tx.organization.findFirst({ where: { name: ORGANIZATION }, orderBy: { createdAt: 'asc' } });
  return (found ?? (await tx.organization.create({ data: { id: createId('org'), name: ORGANIZATION } }))).id;
}

async function projectOf(tx: Transaction, organizationId: string): Promise<string> {
  const where = { organizationId_name: { organizationId, name: PROJECT } };
  // A demo must not run into limits, so it is not on the free tier.
  const { id } = await tx.project.upsert({
    where,
    update: {},
    create: { id: createId('proj'), organizationId, tierId: 'enterprise', name: PROJECT },
  });
  return id;
}

async function adminOf(tx: Transaction, options: SeedOptions & { organizationId: string }): Promise<string> {
  const { organizationId, keyPepper, adminPassword } = options;
  const create = { id: createId('user'), organizationId, email: ADMIN_EMAIL, name: 'Administrator', role: 'owner' } as const;
  const { id, passwordHash } = await tx.user.upsert({ where: { email: ADMIN_EMAIL }, update: {}, create });
  // Under another pepper no password matches, so nothing is lost.
  const hasPassword = passwordHash !== null && isUnderPepper(passwordHash, keyPepper);
  if (adminPassword !== undefined && !hasPassword) {
    const refusal = refusalOfPassword(adminPassword);
    if (refusal !== undefined) throw new Error(`The password given for ${ADMIN_EMAIL} ${refusal}.`);
    await tx.user.update({ where: { id }, data: { passwordHash: await hashPassword(adminPassword, { pepper: keyPepper }) } });
  }
  return id;
}

type KeyOptions = { readonly keyPepper: string; readonly plaintext: string | undefined };

const API_KEY_NAME = 'Demo key';
const ADMIN_KEY_NAME = 'Admin key';

async function ensureApiKey(tx: Transaction, { projectId, ...options }: KeyOptions & { projectId: string }): Promise<string | undefined> {
  const isThere = async (): Promise<boolean> => (await tx.apiKey.count({ where: { projectId, name: API_KEY_NAME, revokedAt: null } })) > 0;
  if (options.plaintext === undefined && (await isThere())) return undefined;
  const key = toKey(API_KEY_NAME, { ...options, kind: 'api' });
  const create = { id: createId('key'), ...key.stored, projectId };
  // A new pepper makes the stored hash of the same key useless, so the hash follows. A revoked key stays revoked.
  await tx.apiKey.upsert({ where: { publicId: create.publicId }, update: { secretHash: create.secretHash }, create });
  return key.plaintext;
}

async function ensureAdminKey(
  tx: Transaction,
  { organizationId, ownerId, ...options }: KeyOptions & { organizationId: string; ownerId: string },
): Promise<string | undefined> {
  const where = { organizationId, name: ADMIN_KEY_NAME, revokedAt: null };
  if (options.plaintext === undefined && (await tx.adminApiKey.count({ where })) > 0) return undefined;
  const key = toKey(ADMIN_KEY_NAME, { ...options, kind: 'admin' });
  const create = { id: createId('key'), ...key.stored, organizationId, ownerId };
  await tx.adminApiKey.upsert({ where: { publicId: create.publicId }, update: { secretHash: create.secretHash }, create });
  return key.plaintext;
}

function toKey(name: string, { kind, plaintext = generateApiKey(kind).plaintext, keyPepper }: KeyOptions & { kind: ApiKeyKind }) {
  const parsed = parseApiKey(plaintext);
  if (!parsed) throw new Error(`The key given for "${name}" is not a Sluice key: its shape or checksum is wrong.`);
  if (parsed.kind === 'admin' && kind === 'api') throw new Error(`The key given for "${name}" is one for administration.`);
  const stored = { publicId: parsed.publicId, secretHash: hashApiKey(plaintext, keyPepper), redactedValue: redactApiKey(plaintext), name };
  return { plaintext, stored };
}
