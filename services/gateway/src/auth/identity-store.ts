import type { Clock } from '@sluice/platform/clock';
import type { Database } from '@sluice/prisma/client';
import { toAuditRow, type Client } from './audit-event.ts';
import { BriefCache } from './brief-cache.ts';
import type { OidcIdentity } from './oidc-tokens.ts';

export type IdentityMatch =
  | { readonly kind: 'known'; readonly userId: string }
  /** The issuer has told of no email that it verified. */
  | { readonly kind: 'no_email' }
  | { readonly kind: 'no_user' }
  /** The user is linked to another subject of the same issuer: the email has changed hands, and access does not go with it. */
  | { readonly kind: 'taken' };

/** Which user a third party's subject is. One that was never seen is linked to the user with its verified email; nobody is made up. */
export type IdentityStore = {
  resolve(identity: OidcIdentity, client: Client): Promise<IdentityMatch>;
};

const KEEP_MS = 1_000;

export function createIdentityStore(db: Database, clock: Clock): IdentityStore {
  const cache = new BriefCache<IdentityMatch>({ keepMs: KEEP_MS, clock });
  return {
    resolve: (identity, client) => {
      const { issuer, subject, email = '' } = identity;
      return cache.get(JSON.stringify([issuer, subject, email]), () => resolve(db, identity, { at: clock.now(), client }));
    },
  };
}

async function resolve(
  db: Database,
  { issuer, subject, email }: OidcIdentity,
  context: { at: Date; client: Client },
): Promise<IdentityMatch> {
  const known = await db.userIdentity.findUnique({ where: { issuer_subject: { issuer, subject } }, select: { userId: true } });
  if (known) return { kind: 'known', userId: known.userId };
  if (email === undefined) return { kind: 'no_email' };
  return db.$transaction(async (tx): Promise<IdentityMatch> => {
    // The lock keeps two subjects with one email from both being linked.
    const [locked] = await tx.$queryRaw<{ id: string }[]>`SELECT id FROM users WHERE email = ${email} AND disabled_at IS NULL FOR UPDATE`;
    if (!locked) return { kind: 'no_user' };
    const user = await tx.user.findUniqueOrThrow({ where: { id: locked.id }, include: { identities: { where: { issuer } } } });
    const [linked] = user.identities;
    if (linked) return linked.subject === subject ? { kind: 'known', userId: user.id } : { kind: 'taken' };
    await tx.userIdentity.create({ data: { issuer, subject, userId: user.id, createdAt: context.at } });
    await tx.auditLog.create({
      data: toAuditRow({ type: 'user.updated', user, details: { identity_issuer: issuer, identity_subject: subject }, ...context }),
    });
    return { kind: 'known', userId: user.id };
  });
}
