import { matchesApiKeyHash, parseApiKey, redactApiKey } from '@sluice/platform/api-key';
import type { Clock } from '@sluice/platform/clock';
import { Fault } from '@sluice/platform/fault';
import type { FailureLimiter } from '../abuse/failure-limiter.ts';
import type { Principal } from '../auth/principal.ts';
import type { AuthFailure, KeyVerifier } from '../keys/verify-key.ts';
import type { AdminKeyLookupStore, AdminKeyRecord } from './admin-key-lookup-store.ts';
import type { AdminKeyReader } from './admin-key-reader.ts';

/** What a request shows of who it comes from. */
type Presented = {
  readonly authorization: string | undefined;
  readonly ip: string;
  readonly userAgent: string | undefined;
  readonly requestId: string;
};

type Client = Omit<Presented, 'authorization'>;
type Shown = { readonly plaintext: string; readonly client: Client };

/** Finds out who administers. Throws a Fault for whoever may not. */
export type AdminAuth = (presented: Presented) => Promise<Principal>;

type Verified = { readonly ok: true; readonly principal: Principal } | { readonly ok: false; readonly fault: Fault };

export type AdminAuthDeps = {
  readonly keys: Pick<AdminKeyReader, 'read' | 'knows'>;
  readonly store: Pick<AdminKeyLookupStore, 'markUsed'>;
  /** Checks a key that calls models: it is told apart from one that nobody issued. */
  readonly verifyApiKey: KeyVerifier;
  /** Undefined where nobody can log in. */
  readonly verifyAccessToken: ((token: string, client: Client) => Promise<Verified>) | undefined;
  /** By address: from where too many keys failed, only keys that are known here are looked at. */
  readonly failures: Pick<FailureLimiter, 'note' | 'waitMs'>;
  readonly pepper: string;
  readonly clock: Clock;
  readonly onFailure: (reason: AuthFailure) => void;
  /** Told when it could not be written down that a key was used. */
  readonly onUseNotMarked: (error: unknown) => void;
};

const NO_KEY =
  "You didn't provide an admin key. You need to provide one in an Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY).";
const NOT_FOR_ADMINISTRATION =
  'You have insufficient permissions for this operation. API keys call models; administration needs an admin key.';
const TOO_MANY_READS = 'Too many keys are being checked. Please try again in a moment.';
const TOO_MANY_FAILURES = 'Too many requests from your address came with keys that do not work. Please check the key and try again later.';
/** Exact to a minute is enough, and keeps reads from becoming writes. */
const USE_MARKED_EVERY_MS = 60_000;

export function createAdminAuth(deps: AdminAuthDeps): AdminAuth {
  return async ({ authorization, ...client }) => {
    const [, credential] = /^Bearer +([^\s]+)$/i.exec(authorization ?? '') ?? [];
    if (credential === undefined) throw refuse(deps, 'missing', new Fault('MISSING_API_KEY', { message: NO_KEY }));
    // Access tokens have two dots in them, keys none.
    return credential.includes('.') ? authenticateToken(deps, credential, client) : authenticateKey(deps, credential, client);
  };
}

async function authenticateKey(deps: AdminAuthDeps, plaintext: string, client: Client): Promise<Principal> {
  const parsed = parseApiKey(plaintext);
  if (!parsed) throw badKey(deps, 'malformed', { plaintext, client });
  if (deps.failures.waitMs(client.ip) > 0 && !deps.keys.knows(parsed.publicId)) throw badKey(deps, 'unknown', { plaintext, client });
  const reading = await deps.keys.read(parsed.publicId);
  if (reading.kind === 'found') return judgeKey(deps, reading.key, { plaintext, client });
  if (reading.kind === 'unavailable') throw refuse(deps, 'store_unavailable', new Fault('STORE_UNAVAILABLE', { message: TOO_MANY_READS }));
  throw parsed.kind === 'admin' ? badKey(deps, 'unknown', { plaintext, client }) : await refuseApiKey(deps, plaintext, client);
}

function judgeKey(deps: AdminAuthDeps, key: AdminKeyRecord, shown: Shown): Principal {
  const { pepper, clock } = deps;
  if (!matchesApiKeyHash({ plaintext: shown.plaintext, storedHash: key.secretHash, pepper })) throw badKey(deps, 'mismatch', shown);
  const now = clock.now();
  if (key.revokedAt) throw badKey(deps, 'revoked', shown);
  if (key.expiresAt && key.expiresAt <= now) throw badKey(deps, 'expired', shown);
  if (!key.lastUsedAt || now.getTime() - key.lastUsedAt.getTime() >= USE_MARKED_EVERY_MS) {
    deps.store.markUsed(key.id, now).catch(deps.onUseNotMarked);
  }
  return { kind: 'admin_api_key', id: key.id, label: key.redactedValue, expiresAt: key.expiresAt, ...key.owner };
}

async function authenticateToken(deps: AdminAuthDeps, token: string, client: Client): Promise<Principal> {
  if (!deps.verifyAccessToken) throw badKey(deps, 'malformed', { plaintext: token, client });
  const verified = await deps.verifyAccessToken(token, client);
  if (verified.ok) return verified.principal;
  throw refuse(deps, 'bad_token', verified.fault);
}

/** A key that works, but not here, hears why; any other hears what it would hear anywhere. */
async function refuseApiKey(deps: AdminAuthDeps, plaintext: string, { ip: clientIp }: Client): Promise<Fault> {
  const verification = await deps.verifyApiKey({ plaintext, clientIp });
  if (verification.ok) return new Fault('INSUFFICIENT_PERMISSIONS', { message: NOT_FOR_ADMINISTRATION });
  return refuse(deps, verification.reason, verification.fault);
}

/** One answer for every key that does not work, so that nobody learns which ones once did. */
function badKey(deps: AdminAuthDeps, reason: AuthFailure, { plaintext, client }: Shown): Fault {
  const retryAfterMs = deps.failures.waitMs(client.ip);
  if (retryAfterMs > 0)
    return refuse(deps, 'too_many_failures', new Fault('TOO_MANY_FAILURES', { message: TOO_MANY_FAILURES, retryAfterMs }));
  deps.failures.note(client.ip);
  const message = `Incorrect API key provided: ${redactApiKey(plaintext)}. Ask an owner of the organization for an admin key.`;
  return refuse(deps, reason, new Fault('INVALID_API_KEY', { message, internal: `admin key refused: ${reason}` }));
}

function refuse({ onFailure }: AdminAuthDeps, reason: AuthFailure, fault: Fault): Fault {
  onFailure(reason);
  return fault;
}
