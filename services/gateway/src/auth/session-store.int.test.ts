import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createDatabase, type Database } from '@sluice/prisma/client';
import { createId } from '@sluice/prisma/ids';
import { createTestDatabase, type TestDatabase } from '@sluice/testing/test-database';
import { createTestClock } from '../test-support/test-clock.ts';
import { NOWHERE, type Client } from './audit-event.ts';
import { makeRefreshToken, type RefreshToken } from './refresh-token.ts';
import { createSessionStore, revokeSessions, type Session } from './session-store.ts';
import { createUserStore } from './user-store.ts';

const PEPPER = 'a pepper for tests, long enough to be one';
const DAY_MS = 86_400_000;
const HASH = 'what a password became';

describe('the session store', () => {
  let testDatabase: TestDatabase;
  let db: Database;
  const organizationId = createId('org');
  beforeAll(async () => {
    testDatabase = await createTestDatabase();
    db = createDatabase(testDatabase.url, { poolMax: 8 });
    await db.organization.create({ data: { id: organizationId, name: 'Test' } });
  });
  afterAll(async () => {
    await db.$disconnect();
    await testDatabase.drop();
  });

  /** A store with a user of its own, who has just logged in. */
  async function logIn() {
    const clock = createTestClock();
    const sessions = createSessionStore(db, { pepper: PEPPER, clock });
    const id = createId('user');
    const user = { id, organizationId, email: `${id}@example.com`, name: 'Anna', passwordHash: HASH };
    await db.user.create({ data: user });
    const session = required(await sessions.open(user, NOWHERE));
    // So that the audit log has an order.
    clock.advance(1);
    const use = (token: RefreshToken) => sessions.rotate(token, NOWHERE);
    const rotate = async (token: RefreshToken): Promise<RefreshToken> => {
      const rotation = await use(token);
      if (rotation.kind !== 'rotated') throw new Error(`the token was not rotated: ${rotation.kind}`);
      return rotation.refreshToken;
    };
    return { clock, sessions, user, session, use, rotate };
  }

  const auditOf = async (userId: string): Promise<string[]> =>
    (await db.auditLog.findMany({ where: { targetId: userId }, orderBy: { createdAt: 'asc' } })).map(({ type }) => type);

  test('keeps no token that could be used', async () => {
    const { session, user } = await logIn();
    const rows = JSON.stringify(await db.refreshToken.findMany({ where: { userId: user.id } }));
    const [, , secret = ''] = session.refreshToken.plaintext.split('_');
    expect(rows).toContain(session.refreshToken.secretHash);
    expect(rows).not.toContain(secret);
  });

  test('gives a new token for each, of the same session, and audits only its beginning', async () => {
    const { session, user, use } = await logIn();
    const first = await use(session.refreshToken);
    expect(first).toMatchObject({ kind: 'rotated', userId: user.id, sessionId: session.sessionId });
    expect(await auditOf(user.id)).toEqual(['login.succeeded']);
  });

  test('ends the session when a token comes again, with all its tokens, for good', async () => {
    const { session, user, use, rotate } = await logIn();
    const second = await rotate(session.refreshToken);
    const third = await rotate(second);
    expect(await use(session.refreshToken)).toEqual({ kind: 'reused', userId: user.id, sessionId: session.sessionId });
    expect(await use(third)).toEqual({ kind: 'ended' });
    expect(await use(second)).toEqual({ kind: 'ended' });
    expect(await auditOf(user.id)).toEqual(['login.succeeded', 'session.revoked']);
  });

  describe('for a client that repeats a rotation', () => {
    const LAPTOP: Client = { ip: '203.0.113.9', userAgent: 'laptop', requestId: undefined };

    test('gives the same next token ten seconds long, and then ends the session', async () => {
      const { session, user, use, rotate, clock } = await logIn();
      const second = await rotate(session.refreshToken);
      clock.advance(9_999);
      expect(await rotate(session.refreshToken)).toEqual(second);
      clock.advance(1);
      expect(await use(session.refreshToken)).toMatchObject({ kind: 'reused' });
      expect(await use(second)).toEqual({ kind: 'ended' });
      expect(await auditOf(user.id)).toEqual(['login.succeeded', 'session.revoked']);
    });

    test('gives it only as long as nobody has gone on from it: a session is one line of tokens', async () => {
      const { session, use, rotate } = await logIn();
      const third = await rotate(await rotate(session.refreshToken));
      expect(await use(session.refreshToken)).toMatchObject({ kind: 'reused' });
      expect(await use(third)).toEqual({ kind: 'ended' });
    });

    test.each([
      ['address', { ...LAPTOP, ip: '198.51.100.7' }],
      ['user agent', { ...LAPTOP, userAgent: 'phone' }],
    ])('gives nothing to another %s, and ends the session', async (_what, stranger) => {
      const { session, sessions } = await logIn();
      const first = await sessions.rotate(session.refreshToken, LAPTOP);
      expect(await sessions.rotate(session.refreshToken, stranger)).toMatchObject({ kind: 'reused' });
      const next = first.kind === 'rotated' ? first.refreshToken : session.refreshToken;
      expect(await sessions.rotate(next, LAPTOP)).toEqual({ kind: 'ended' });
    });

    test('gives one token to all who use one at once', async () => {
      for (let round = 0; round < 5; round++) {
        const { session, user, rotate } = await logIn();
        const tokens = await Promise.all(Array.from({ length: 6 }, () => rotate(session.refreshToken)));
        expect(new Set(tokens.map(({ plaintext }) => plaintext)).size).toBe(1);
        expect(await db.refreshToken.count({ where: { userId: user.id } })).toBe(2);
      }
    });

    test('gives nothing of a session that was ended meanwhile', async () => {
      const { session, sessions, use, rotate } = await logIn();
      await rotate(session.refreshToken);
      await sessions.close(session.sessionId, NOWHERE);
      expect(await use(session.refreshToken)).toEqual({ kind: 'ended' });
    });
  });

  test('leaves no token alive that is made while the session ends', async () => {
    for (let round = 0; round < 10; round++) {
      const { session, use, rotate } = await logIn();
      const second = await rotate(await rotate(session.refreshToken));
      const [rotation] = await Promise.all([use(second), use(session.refreshToken)]);
      if (rotation.kind === 'rotated') expect(await use(rotation.refreshToken)).toEqual({ kind: 'ended' });
      else expect(rotation).toEqual({ kind: 'ended' });
    }
  });

  test('ends a session that is not used for a week, and any after thirty days', async () => {
    const { session, use, rotate, clock } = await logIn();
    let token = session.refreshToken;
    for (let day = 6; day <= 24; day += 6) {
      clock.advance(6 * DAY_MS);
      token = await rotate(token);
    }
    clock.advance(6 * DAY_MS);
    expect(await use(token)).toEqual({ kind: 'ended' });

    const idle = await logIn();
    idle.clock.advance(7 * DAY_MS);
    expect(await idle.use(idle.session.refreshToken)).toEqual({ kind: 'ended' });
  });

  test('refuses the tokens of a user who was disabled', async () => {
    const { session, user, use } = await logIn();
    await db.user.update({ where: { id: user.id }, data: { disabledAt: new Date() } });
    expect(await use(session.refreshToken)).toEqual({ kind: 'ended' });
  });

  test('refuses a token that was never issued, and one with another’s secret', async () => {
    const { session, use } = await logIn();
    const made = makeRefreshToken(PEPPER);
    expect(await use(made)).toEqual({ kind: 'ended' });
    expect(await use({ ...made, id: session.refreshToken.id })).toEqual({ kind: 'ended' });
    expect(await use(session.refreshToken)).toMatchObject({ kind: 'rotated' });
  });

  test('ends a session once, however often it is closed', async () => {
    const { session, user, sessions, use } = await logIn();
    await Promise.all([sessions.close(session.sessionId, NOWHERE), sessions.close(session.sessionId, NOWHERE)]);
    await sessions.close('family_nobody', NOWHERE);
    expect(await use(session.refreshToken)).toEqual({ kind: 'ended' });
    expect(await auditOf(user.id)).toEqual(['login.succeeded', 'logout.succeeded']);
  });

  test('opens nothing for a password that is another by now, or a user who is disabled', async () => {
    const { user, sessions } = await logIn();
    expect(await sessions.open({ ...user, passwordHash: 'another' }, NOWHERE)).toBeUndefined();
    await db.user.update({ where: { id: user.id }, data: { disabledAt: new Date() } });
    expect(await sessions.open(user, NOWHERE)).toBeUndefined();
    expect(await db.refreshToken.count({ where: { userId: user.id } })).toBe(1);
  });

  test('leaves no session alive that was opened with a password while that was changed', async () => {
    for (let round = 0; round < 10; round++) {
      const { user, sessions, clock } = await logIn();
      const event = { type: 'user.updated', user, details: {}, at: clock.now(), client: NOWHERE } as const;
      const change = { userId: user.id, from: HASH, to: 'a new one' };
      const [opened] = await Promise.all([
        sessions.open(user, NOWHERE),
        createUserStore(db).changePassword(change, { keptSessionId: undefined, event }),
      ]);
      if (opened) expect(await sessions.rotate(opened.refreshToken, NOWHERE)).toEqual({ kind: 'ended' });
    }
  });

  test('ends all sessions of a user, or all but one', async () => {
    const { session, user, sessions, clock, use } = await logIn();
    const others = await Promise.all([sessions.open(user, NOWHERE), sessions.open(user, NOWHERE)]);
    await db.$transaction((tx) => revokeSessions(tx, { userId: user.id, except: session.sessionId, at: clock.now() }));
    for (const other of others) expect(await use(required(other).refreshToken)).toEqual({ kind: 'ended' });
    const rotation = await use(session.refreshToken);
    expect(rotation.kind).toBe('rotated');
    await db.$transaction((tx) => revokeSessions(tx, { userId: user.id, at: clock.now() }));
    expect(rotation.kind === 'rotated' && (await use(rotation.refreshToken))).toEqual({ kind: 'ended' });
  });

  test('forgets tokens only of sessions that cannot be alive', async () => {
    const { session, user, sessions, clock, rotate } = await logIn();
    const count = () => db.refreshToken.count({ where: { userId: user.id } });
    clock.advance(6 * DAY_MS);
    await rotate(session.refreshToken);
    clock.advance(30 * DAY_MS);
    await sessions.deleteEnded();
    expect(await count()).toBe(2);
    clock.advance(2 * DAY_MS);
    await sessions.deleteEnded();
    expect(await count()).toBe(1);
    clock.advance(6 * DAY_MS);
    await sessions.deleteEnded();
    expect(await count()).toBe(0);
  });
});

function required(session: Session | undefined): Session {
  if (!session) throw new Error('no session was opened');
  return session;
}
