import { randomBytes, randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { createLog } from '@sluice/platform/log';
import { createDatabase, type Database } from '@sluice/prisma/client';
import type { Prisma } from '@sluice/prisma/generated/client';
import { createId } from '@sluice/prisma/ids';
import { PEPPER } from '@sluice/testing/pepper';
import { createTestDatabase } from '@sluice/testing/test-database';
import { createTestRedis } from '@sluice/testing/test-redis';
import type { AuthConfig } from '../auth/create-auth.ts';
import { createPasswords, type Passwords } from '../auth/passwords.ts';
import { startGateway } from '../compose.ts';
import { createTestClock, type TestClock } from './test-clock.ts';
import { testConfig } from './test-config.ts';

export const PASSWORD = 'correct horse battery staple';
export const PUBLIC_URL = 'http://localhost:8080';
const PATIENT_MS = 10_000;
/** As strong as a sieve, and fast. */
const COST = { logN: 4, r: 1, p: 1 };

type Headers = Readonly<Record<string, string>>;
export type Tokens = { access_token: string; token_type: string; expires_in: number; refresh_token: string };

/** One of any number of gateways on the same stores. */
export type AuthGateway = {
  readonly url: string;
  readonly metricsUrl: string;
  readonly clock: TestClock;
  readonly logLines: readonly string[];
  /** How often a password was checked so far. */
  readonly passwordChecks: () => number;
  readonly post: (path: string, body: unknown, headers?: Headers) => Promise<Response>;
  readonly get: (path: string, accessToken?: string) => Promise<Response>;
  /** The tokens of a login that must succeed. */
  readonly logIn: (email: string, password?: string) => Promise<Tokens>;
};

export type AuthHarness = AuthGateway &
  AsyncDisposable & {
    readonly db: Database;
    readonly redisUrl: string;
    readonly organizationId: string;
    /** Starts another gateway; it stops with the harness. */
    readonly another: (change?: GatewayChange) => Promise<AuthGateway>;
    /** A user with an email of their own, and the harness' password. */
    readonly addUser: (change?: Partial<Prisma.UserUncheckedCreateInput>) => Promise<{ id: string; email: string }>;
    readonly close: () => Promise<void>;
  };

export type GatewayChange = {
  readonly auth?: Partial<AuthConfig>;
  readonly redisUrl?: string;
  readonly databaseUrl?: string;
  readonly cost?: typeof COST;
  readonly adminRequestsPerMinute?: number;
};

/** A gateway without workers, on a Postgres and a Redis of its own. Time stands still unless it is moved; requests come from ever new addresses unless they say otherwise. */
export async function startAuthHarness(change: GatewayChange = {}): Promise<AuthHarness> {
  const testDatabase = await createTestDatabase();
  const testRedis = await createTestRedis();
  const db = createDatabase(testDatabase.url, { poolMax: 4 });
  const organizationId = createId('org');
  await db.organization.create({ data: { id: organizationId, name: organizationId } });
  const closers: (() => Promise<void>)[] = [];
  // One for all gateways: a lockout that one writes is read by the others.
  const clock = createTestClock();
  const another = async (other: GatewayChange = {}): Promise<AuthGateway> => {
    // A busy machine must not make a gateway count for itself where Redis is there.
    const loginDeadlineMs = other.redisUrl === undefined ? PATIENT_MS : undefined;
    const { close, ...gateway } = await startOne({
      clock,
      databaseUrl: testDatabase.url,
      redisUrl: testRedis.url,
      loginDeadlineMs,
      ...other,
    });
    closers.push(close);
    return gateway;
  };
  const first = await another(change);
  const close = async (): Promise<void> => {
    await Promise.all(closers.map((closeOne) => closeOne()));
    await db.$disconnect();
    await testDatabase.drop();
    await testRedis.release();
  };
  return {
    ...first,
    db,
    redisUrl: testRedis.url,
    organizationId,
    another,
    addUser: async (fields = {}) => {
      const id = createId('user');
      const passwordHash = await createPasswords({ pepper: PEPPER, cost: COST }).hash(PASSWORD);
      const user = { id, email: `${id}@example.com`, name: 'Anna', organizationId, passwordHash, ...fields };
      await db.user.create({ data: user });
      return { id, email: user.email };
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

type Start = GatewayChange & { clock: TestClock; databaseUrl: string; redisUrl: string; loginDeadlineMs: number | undefined };

async function startOne({ clock, auth, cost = COST, loginDeadlineMs, ...change }: Start) {
  const logLines: string[] = [];
  const destination = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      logLines.push(chunk.toString());
      done();
    },
  });
  const spoolFolder = mkdtempSync(join(tmpdir(), 'sluice-auth-'));
  const { passwords, count } = countPasswordChecks(createPasswords({ pepper: PEPPER, cost }));
  const config = testConfig({
    ...change,
    spoolFolder,
    trustedProxies: ['127.0.0.1'],
    logLevel: 'trace',
    auth: { secrets: [], publicUrl: PUBLIC_URL, oidc: undefined, ...auth },
  });
  const parts = { clock, passwords, ...(loginDeadlineMs === undefined ? {} : { loginDeadlineMs }) };
  const gateway = await startGateway(config, createLog({ service: 'gateway', level: 'trace', destination }), parts);
  const url = `http://127.0.0.1:${gateway.port}`;
  const post = (path: string, body: unknown, headers: Headers = {}): Promise<Response> =>
    fetch(`${url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-forwarded-for': anAddress(), ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  return {
    url,
    metricsUrl: `http://127.0.0.1:${gateway.metricsPort}/metrics`,
    clock,
    logLines,
    passwordChecks: count,
    post,
    get: (path: string, accessToken?: string) =>
      fetch(`${url}${path}`, { headers: accessToken === undefined ? {} : { authorization: `Bearer ${accessToken}` } }),
    logIn: async (email: string, password = PASSWORD) => tokensOf(await post('/auth/login', { email, password })),
    close: async () => {
      await gateway.lifecycle.close();
      destination.end();
      await once(destination, 'close');
      rmSync(spoolFolder, { recursive: true });
    },
  };
}

/** The tokens in a response that must hold some. */
export async function tokensOf(response: Response): Promise<Tokens> {
  const body: unknown = await response.json();
  if (response.status !== 200) throw new Error(`${response.status} ${JSON.stringify(body)}`);
  return body as Tokens;
}

/** From a /64 that nobody else has. */
export function anAddress(): string {
  return `2001:db8:${randomBytes(2).toString('hex')}:${randomInt(65_536).toString(16)}::1`;
}

function countPasswordChecks(passwords: Passwords): { passwords: Passwords; count: () => number } {
  let checks = 0;
  const verify: Passwords['verify'] = (password, stored) => {
    checks += 1;
    return passwords.verify(password, stored);
  };
  return { passwords: { hash: (password) => passwords.hash(password), verify }, count: () => checks };
}
