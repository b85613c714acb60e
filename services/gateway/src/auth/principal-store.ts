import type { Clock } from '@sluice/platform/clock';
import type { Database } from '@sluice/prisma/client';
import { BriefCache } from './brief-cache.ts';
import type { Principal } from './principal.ts';
import { rootIdOf } from './session-store.ts';

/** Users as they may act now. Undefined stands for one who may not: unknown, disabled, or with a session that was ended. */
export type PrincipalStore = {
  findUser(userId: string): Promise<Principal | undefined>;
  findSessionUser(sessionId: string): Promise<Principal | undefined>;
  /** Makes the next lookup read, after something was changed here. */
  forgetAll(): void;
};

/** How long a change may take to be seen by other gateways. */
const KEEP_MS = 1_000;

const ACTIVE_USER = {
  id: true,
  email: true,
  organizationId: true,
  role: true,
  disabledAt: true,
  memberships: { select: { projectId: true, role: true }, where: { project: { archivedAt: null } } },
} as const;

/** Reads roles from the database, at most once a second for each user. Every read ends within the database client's deadlines. */
export function createPrincipalStore(db: Database, clock: Clock): PrincipalStore {
  const cache = new BriefCache<Principal | undefined>({ keepMs: KEEP_MS, clock });
  const readUser = async (id: string): Promise<Principal | undefined> => {
    const user = await db.user.findUnique({ where: { id }, select: ACTIVE_USER });
    return user ? toPrincipal(user) : undefined;
  };
  const readSession = async (sessionId: string): Promise<Principal | undefined> => {
    const where = { id: rootIdOf(sessionId), familyId: sessionId, revokedAt: null };
    const root = await db.refreshToken.findUnique({ where, select: { user: { select: ACTIVE_USER } } });
    return root ? toPrincipal(root.user) : undefined;
  };
  return {
    findUser: (userId) => cache.get(`user ${userId}`, () => readUser(userId)),
    findSessionUser: (sessionId) => cache.get(`session ${sessionId}`, () => readSession(sessionId)),
    forgetAll: () => cache.clear(),
  };
}

type ActiveUser = Omit<Principal, 'kind' | 'userId' | 'label' | 'projectRoles'> & {
  readonly email: string;
  readonly disabledAt: Date | null;
  readonly memberships: readonly { readonly projectId: string; readonly role: Principal['role'] }[];
};

function toPrincipal({ id, email, organizationId, role, disabledAt, memberships }: ActiveUser): Principal | undefined {
  if (disabledAt) return undefined;
  const projectRoles = new Map(memberships.map((membership) => [membership.projectId, membership.role]));
  return { kind: 'user', id, userId: id, label: email, organizationId, role, projectRoles };
}
