import type { Clock } from '@sluice/platform/clock';
import type { Database } from '@sluice/prisma/client';
import type { Prisma } from '@sluice/prisma/generated/client';
import { toAuditRow, type Client } from './audit-event.ts';
import { isEqual, makeRefreshToken, nextRefreshToken, type RefreshToken } from './refresh-token.ts';

/** A session ends this long after its login, however much it is used. */
const LIFETIME_MS = 30 * 86_400_000;
/** And this long after it was used last. */
const IDLE_MS = 7 * 86_400_000;
/** So long whoever lost the answer to a rotation gets it again. Longer than SDKs wait for their first retries, and far shorter than an access token lives. */
const REPEATABLE_MS = 10_000;
/** Deleted at a time; what is left goes at the next login. */
const DELETED_MAX = 1_000;

type SessionUser = { readonly id: string; readonly email: string; readonly organizationId: string };
export type Session = { readonly userId: string; readonly sessionId: string; readonly refreshToken: RefreshToken };

type Rotation =
  | ({ readonly kind: 'rotated' } & Session)
  /** No such token, or its session is over. */
  | { readonly kind: 'ended' }
  /** The token had been used before, and this is no repetition of that. The session is over now, for whoever holds its tokens. */
  | { readonly kind: 'reused'; readonly userId: string; readonly sessionId: string };

/**
 * Sessions as families of refresh tokens. A family is named after its first token, the root. The root stands for the whole
 * family: whoever rotates a token holds its lock, and when it is revoked the family is over, with all tokens that are there
 * and any that is being made at that moment.
 */
export type SessionStore = {
  /** Undefined when the user's password is another by now, or the user disabled: then nothing was opened. */
  open(user: SessionUser & { readonly passwordHash: string }, client: Client): Promise<Session | undefined>;
  /** Ends the token and makes the next of its family. Any number of calls of one client give that one token, for a moment and until it is used itself. */
  rotate(token: RefreshToken, client: Client): Promise<Rotation>;
  /** The session of a refresh token, used or not; undefined when there is none. */
  sessionOf(token: RefreshToken): Promise<string | undefined>;
  /** Idempotent. */
  close(sessionId: string, client: Client): Promise<void>;
  /** Forgets tokens of sessions that have been over for a while. */
  deleteEnded(): Promise<void>;
};

type Transaction = Prisma.TransactionClient;
type Context = { readonly pepper: string; readonly at: Date; readonly client: Client };

export function createSessionStore(db: Database, options: { pepper: string; clock: Clock }): SessionStore {
  const { pepper, clock } = options;
  return {
    open: (user, client) => db.$transaction((tx) => open(tx, user, { pepper, at: clock.now(), client })),
    rotate: (token, client) => db.$transaction((tx) => rotate(tx, token, { pepper, at: clock.now(), client })),
    close: (sessionId, client) => db.$transaction((tx) => close(tx, sessionId, { pepper, at: clock.now(), client })),
    sessionOf: async (token) => (await find(db, token))?.familyId,
    deleteEnded: async () => {
      // No session gets that old, so whatever else of such a token's family is still there, the family is over.
      const before = new Date(clock.now().getTime() - LIFETIME_MS);
      await db.$executeRaw`
        DELETE FROM refresh_tokens WHERE id IN (
          SELECT id FROM refresh_tokens WHERE expires_at < ${before}::timestamptz ORDER BY expires_at LIMIT ${DELETED_MAX})`;
    },
  };
}

/** Ends the user's sessions, all or all but one. Whoever changes a password or disables a user does that first, in the same transaction. */
export async function revokeSessions(tx: Transaction, options: { userId: string; except?: string | undefined; at: Date }): Promise<void> {
  const { userId, except = '', at } = options;
  await tx.$executeRaw`
    UPDATE refresh_tokens SET revoked_at = ${at}::timestamptz
    WHERE user_id = ${userId} AND family_id <> ${except} AND revoked_at IS NULL AND id = replace(family_id, 'family_', 'session_')`;
}

/** The row id of a session's root. */
export function rootIdOf(sessionId: string): string {
  return sessionId.replace(/^family_/, 'session_');
}

async function open(tx: Transaction, user: SessionUser & { passwordHash: string }, ctx: Context): Promise<Session | undefined> {
  // Shared with other logins. A change of the password waits and then ends this session, or is seen here.
  const [unchanged] = await tx.$queryRaw<{ id: string }[]>`
    SELECT id FROM users WHERE id = ${user.id} AND password_hash = ${user.passwordHash} AND disabled_at IS NULL FOR SHARE`;
  if (!unchanged) return undefined;
  const { pepper, at, client } = ctx;
  const refreshToken = makeRefreshToken(pepper);
  const sessionId = `family_${refreshToken.id}`;
  await insert(tx, { userId: user.id, sessionId, refreshToken }, { at, expiresAt: after(at, IDLE_MS) });
  await tx.auditLog.create({ data: toAuditRow({ type: 'login.succeeded', user, details: { session: sessionId }, at, client }) });
  return { userId: user.id, sessionId, refreshToken };
}

async function rotate(tx: Transaction, token: RefreshToken, { pepper, at, client }: Context): Promise<Rotation> {
  const found = await find(tx, token);
  if (!found) return { kind: 'ended' };
  const { familyId: sessionId, userId, user } = found;
  const [root] = await tx.$queryRaw<{ createdAt: Date; revokedAt: Date | null }[]>`
    SELECT created_at AS "createdAt", revoked_at AS "revokedAt" FROM refresh_tokens WHERE id = ${rootIdOf(sessionId)} FOR UPDATE`;
  if (!root || root.revokedAt || user.disabledAt) return { kind: 'ended' };

  // Under the lock: nobody uses the token between this look and what follows from it.
  const refreshToken = nextRefreshToken(token, { holder: holderOf(client), pepper });
  const { count: unused } = await tx.refreshToken.updateMany({ where: { id: found.id, usedAt: null }, data: { usedAt: at } });
  if (unused === 0) {
    if (await isRepeatable(tx, refreshToken, at)) return { kind: 'rotated', userId, sessionId, refreshToken };
    await tx.refreshToken.update({ where: { id: rootIdOf(sessionId) }, data: { revokedAt: at } });
    const details = { session: sessionId, reason: 'refresh_token_reused' };
    await tx.auditLog.create({ data: toAuditRow({ type: 'session.revoked', user, details, at, client }) });
    return { kind: 'reused', userId, sessionId };
  }
  if (found.expiresAt <= at) return { kind: 'ended' };
  const expiresAt = new Date(Math.min(after(at, IDLE_MS).getTime(), after(root.createdAt, LIFETIME_MS).getTime()));
  await insert(tx, { userId, sessionId, refreshToken }, { at, expiresAt });
  return { kind: 'rotated', userId, sessionId, refreshToken };
}

/** Who a rotation is repeated for: somebody else with the same token is whom reuse detection is there for. */
function holderOf({ ip, userAgent }: Client): string {
  return JSON.stringify([ip ?? null, userAgent ?? null]);
}

/** Whether the successor of a used token was made a moment ago, for the same holder, and nobody has gone on from it: the family stays one line. */
async function isRepeatable(tx: Transaction, { id, secretHash }: RefreshToken, at: Date): Promise<boolean> {
  const successor = await tx.refreshToken.findUnique({
    where: { id: `session_${id}`, usedAt: null, createdAt: { gt: after(at, -REPEATABLE_MS) } },
  });
  return successor !== null && isEqual(successor.secretHash, secretHash);
}

async function close(tx: Transaction, sessionId: string, { at, client }: Context): Promise<void> {
  const id = rootIdOf(sessionId);
  const { count: wasOpen } = await tx.refreshToken.updateMany({ where: { id, revokedAt: null }, data: { revokedAt: at } });
  if (wasOpen === 0) return;
  const { user } = await tx.refreshToken.findUniqueOrThrow({ where: { id }, select: { user: true } });
  await tx.auditLog.create({ data: toAuditRow({ type: 'logout.succeeded', user, details: { session: sessionId }, at, client }) });
}

async function find(db: Transaction, token: RefreshToken) {
  const found = await db.refreshToken.findUnique({ where: { id: `session_${token.id}` }, include: { user: true } });
  return found && isEqual(found.secretHash, token.secretHash) ? found : undefined;
}

async function insert(
  tx: Transaction,
  { userId, sessionId, refreshToken }: Session,
  { at, expiresAt }: { at: Date; expiresAt: Date },
): Promise<void> {
  const { id, secretHash } = refreshToken;
  await tx.refreshToken.create({ data: { id: `session_${id}`, familyId: sessionId, userId, secretHash, createdAt: at, expiresAt } });
}

function after(date: Date, ms: number): Date {
  return new Date(date.getTime() + ms);
}
