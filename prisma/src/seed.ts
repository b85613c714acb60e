import { generateApiKey, hashApiKey, parseApiKey, redactApiKey } from '@sluice/platform/api-key';
import type { Prisma } from '../generated/client.ts';
import type { Database } from './client.ts';
import { createId } from './ids.ts';
import { TIERS } from './tiers.ts';

export type SeedOptions = {
  readonly keyPepper: string;
  /** Keys that somebody keeps already. Without them new ones are made when the installation has none. */
  readonly apiKey?: string | undefined;
  readonly adminKey?: string | undefined;
};

/** The keys whose plaintext is known: those given, and those made now, which nobody will see again. */
export type SeededKeys = { readonly apiKey: string | undefined; readonly adminKey: string | undefined };

/** Scopes of the first administrator's key. */
const ADMIN_SCOPES = ['chat.completions', 'completions', 'models', 'admin'];
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
    const adminId = await adminOf(tx, organizationId);
    await tx.projectMember.createMany({ data: [{ projectId, userId: adminId, role: 'owner' }], skipDuplicates: true });
    const common = { projectId, keyPepper: options.keyPepper };
    return {
      apiKey: await ensureKey(tx, { ...common, name: 'Demo key', plaintext: options.apiKey, ownerId: null, scopes: [] }),
      adminKey: await ensureKey(tx, { ...common, name: 'Admin key', plaintext: options.adminKey, ownerId: adminId, scopes: ADMIN_SCOPES }),
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

async function adminOf(tx: Transaction, organizationId: string): Promise<string> {
  const create = { id: createId('user'), organizationId, email: ADMIN_EMAIL, name: 'Administrator', role: 'owner' } as const;
  const { id } = await tx.user.upsert({ where: { email: ADMIN_EMAIL }, update: {}, create });
  return id;
}

type KeyOptions = {
  projectId: string;
  keyPepper: string;
  name: string;
  plaintext: string | undefined;
  ownerId: string | null;
  scopes: string[];
};

async function ensureKey(tx: Transaction, options: KeyOptions): Promise<string | undefined> {
  const { projectId, name } = options;
  const isKept = options.plaintext === undefined && (await tx.apiKey.count({ where: { projectId, name, revokedAt: null } })) > 0;
  if (isKept) return undefined;
  const plaintext = options.plaintext ?? generateApiKey().plaintext;
  const parsed = parseApiKey(plaintext);
  if (!parsed) throw new Error(`The key given for "${name}" is not a Sluice key: its shape or checksum is wrong.`);
  const secretHash = hashApiKey(plaintext, options.keyPepper);
  const create = {
    id: createId('key'),
    publicId: parsed.publicId,
    secretHash,
    redactedValue: redactApiKey(plaintext),
    name,
    projectId,
    ownerId: options.ownerId,
    scopes: options.scopes,
  };
  // A new pepper makes the stored hash of the same key useless, so the hash follows. A revoked key stays revoked.
  await tx.apiKey.upsert({ where: { publicId: parsed.publicId }, update: { secretHash }, create });
  return plaintext;
}
