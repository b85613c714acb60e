import { hashPassword, isUnderPepper } from '@sluice/platform/password';
import { refusalOfPassword } from '@sluice/platform/password-rules';
import type { Database } from './client.ts';
import { createId } from './ids.ts';
import { audited, notDeleted, type Seeding } from './seed-audit.ts';
import { seedDemo } from './seed-demo.ts';
import { seedAdminKey, seedApiKey } from './seed-keys.ts';
import { seedProject } from './seed-project.ts';
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

/**
 * Makes what a new installation needs where it is missing: tiers, an organization, a project, an administrator and two keys.
 * Idempotent; what exists stays as it is, by whatever name, and what was deleted stays away. The audit log has what it made.
 */
export async function seed(db: Database, { keyPepper, ...options }: SeedOptions): Promise<SeededKeys> {
  return db.$transaction(async (tx) => {
    await tx.$queryRaw`SELECT pg_advisory_xact_lock(${SEED_LOCK}) IS NULL AS locked`;
    const { keys } = await audited({ tx, keyPepper }, (seeding) => seedAll(seeding, options));
    return keys;
  });
}

async function seedAll(seeding: Seeding, options: Omit<SeedOptions, 'keyPepper'>): Promise<{ organizationId: string; keys: SeededKeys }> {
  const organizationId = await organizationOf(seeding);
  await seedTiers(seeding);
  // A demo must not run into limits, so it is not on the free tier.
  const project = await seedProject(seeding, { organizationId, tierId: 'enterprise', name: PROJECT });
  const admin = await adminOf(seeding, { organizationId, password: options.adminPassword });
  if (project.isNew || admin.isNew) await seedMember(seeding, { projectId: project.id, userId: admin.id });
  const keys = {
    apiKey: await seedApiKey(seeding, { projectId: project.id, name: 'Demo key', plaintext: options.apiKey }),
    adminKey: await seedAdminKey(seeding, { organizationId, ownerId: admin.id, name: 'Admin key', plaintext: options.adminKey }),
    trialKey: options.isDemo ? await seedDemo(seeding, organizationId) : undefined,
  };
  return { organizationId, keys };
}

/** The first one, which is the one that sets tiers and prices. */
async function organizationOf({ tx, record }: Seeding): Promise<string> {
  const found = await tx.organization.findFirst({ orderBy: [{ createdAt: 'asc' }, { id: 'asc' }], select: { id: true } });
  if (found) return found.id;
  const { id } = await tx.organization.create({ data: { id: createId('org'), name: ORGANIZATION } });
  record({ type: 'organization.created', target: { kind: 'organization', id }, after: { name: ORGANIZATION } });
  return id;
}

async function seedTiers({ tx, record }: Seeding): Promise<void> {
  const wanted = await notDeleted(
    tx,
    'tier',
    TIERS.map(({ id }) => id),
  );
  const data = TIERS.filter(({ id }) => wanted.includes(id));
  const made = await tx.tier.createManyAndReturn({ data, skipDuplicates: true, select: { id: true } });
  for (const { id } of made) {
    const { id: _, ...settings } = TIERS.find((tier) => tier.id === id) ?? {};
    record({ type: 'tier.created', target: { kind: 'tier', id }, after: toSnakeCase(settings) });
  }
}

async function adminOf(
  { tx, keyPepper, record }: Seeding,
  { organizationId, password }: { organizationId: string; password: string | undefined },
): Promise<{ readonly id: string; readonly isNew: boolean }> {
  const found = await tx.user.findUnique({ where: { email: ADMIN_EMAIL }, select: { id: true, passwordHash: true } });
  const user = { email: ADMIN_EMAIL, name: 'Administrator', role: 'owner' } as const;
  const { id, passwordHash } = found ?? (await tx.user.create({ data: { id: createId('user'), organizationId, ...user } }));
  const target = { kind: 'user', id };
  if (!found) record({ type: 'user.added', target, after: user });
  // Under another pepper no password matches, so nothing is lost.
  const hasPassword = passwordHash !== null && isUnderPepper(passwordHash, keyPepper);
  if (password !== undefined && !hasPassword) {
    const refusal = refusalOfPassword(password);
    if (refusal !== undefined) throw new Error(`The password given for ${ADMIN_EMAIL} ${refusal}.`);
    await tx.user.update({ where: { id }, data: { passwordHash: await hashPassword(password, { pepper: keyPepper }) } });
    record({ type: 'user.updated', target, after: { password: 'set' } });
  }
  return { id, isNew: !found };
}

/** Only when one of them is new: an administrator who was taken out of the project stays out. */
async function seedMember({ tx, record }: Seeding, member: { projectId: string; userId: string }): Promise<void> {
  const role = 'owner';
  const { count } = await tx.projectMember.createMany({ data: [{ ...member, role }], skipDuplicates: true });
  if (count === 0) return;
  record({ type: 'user.added', target: { kind: 'project_user', id: member.userId }, projectId: member.projectId, after: { role } });
}

/** As the audit log names things. */
function toSnakeCase(settings: object): Record<string, string | number> {
  return Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), value]),
  );
}
