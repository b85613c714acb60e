import { matchesApiKeyHash, parseApiKey, redactApiKey } from '@sluice/platform/api-key';
import type { Clock } from '@sluice/platform/clock';
import { Fault } from '@sluice/platform/fault';
import type { Principal } from '../auth/principal.ts';
import type { AuthFailure, KeyVerifier, PresentedKey } from '../keys/verify-key.ts';
import type { AdminKeyLookupStore, AdminKeyRecord } from './admin-key-lookup-store.ts';
import type { AdminKeyReader } from './admin-key-reader.ts';

/** What a request shows of who it comes from. */
export type Presented = {
  readonly authorization: string | undefined;
  readonly ip: string;
  readonly userAgent: string | undefined;
  readonly requestId: string;
};

/** Finds out who administers. Throws a Fault for whoever may not. */
export type AdminAuth = (presented: Presented) => Promise<Principal>;

type Verified = { readonly ok: true; readonly principal: Principal } | { readonly ok: false; readonly fault: Fault };

export type AdminAuthDeps = {
  readonly keys: Pick<AdminKeyReader, 'read'>;
  readonly store: Pick<AdminKeyLookupStore, 'markUsed'>;
  /** Checks a key that calls models: it is told apart from one that nobody issued. */
  readonly verifyApiKey: KeyVerifier;
  /** Undefined where nobody can log in. */
  readonly verifyAccessToken: ((token: string, client: Omit<Presented, 'authorization'>) => Promise<Verified>) | undefined;
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
const TOO_MANY = 'Too many keys are being checked. Please try again in a moment.';
/** Exact to a minute is enough, and keeps reads from becoming writes. */
const USE_MARKED_EVERY_MS = 60_000;

export function createAdminAuth(deps: AdminAuthDeps): AdminAuth {
  return async ({ authorization, ...client }) => {
    const [, credential] = /^Bearer +([^\s]+)$/i.exec(authorization ?? '') ?? [];
    if (credential === undefined) throw refuse(deps, 'missing', new Fault('MISSING_API_KEY', { message: NO_KEY }));
    // Access tokens have two dots in them, keys none.
    return credential.includes('.') ? authenticateToken(deps, credential, client) : authenticateKey(deps, credential, client.ip);
  };
}

async function authenticateKey(deps: AdminAuthDeps, plaintext: string, clientIp: string): Promise<Principal> {
  const parsed = parseApiKey(plaintext);
  if (!parsed) throw badKey(deps, 'malformed', plaintext);
  const reading = await deps.keys.read(parsed.publicId);
  if (reading.kind === 'found') return judgeKey(deps, plaintext, reading.key);
  if (reading.kind === 'unavailable') throw refuse(deps, 'store_unavailable', new Fault('STORE_UNAVAILABLE', { message: TOO_MANY }));
  throw parsed.kind === 'admin' ? badKey(deps, 'unknown', plaintext) : await refuseApiKey(deps, { plaintext, clientIp });
}

function judgeKey(deps: AdminAuthDeps, plaintext: string, key: AdminKeyRecord): Principal {
  if (!matchesApiKeyHash({ plaintext, storedHash: key.secretHash, pepper: deps.pepper })) throw badKey(deps, 'mismatch', plaintext);
  const now = deps.clock.now();
  if (key.revokedAt) throw badKey(deps, 'revoked', plaintext);
  if (key.expiresAt && key.expiresAt <= now) throw badKey(deps, 'expired', plaintext);
  if (!key.lastUsedAt || now.getTime() - key.lastUsedAt.getTime() >= USE_MARKED_EVERY_MS) {
    deps.store.markUsed(key.id, now).catch(deps.onUseNotMarked);
  }
  return { kind: 'admin_api_key', id: key.id, label: key.redactedValue, ...key.owner };
}

async function authenticateToken(deps: AdminAuthDeps, token: string, client: Omit<Presented, 'authorization'>): Promise<Principal> {
  if (!deps.verifyAccessToken) throw badKey(deps, 'malformed', token);
  const verified = await deps.verifyAccessToken(token, client);
  if (!verified.ok) throw refuse(deps, 'bad_token', verified.fault);
  return verified.principal;
}

/** A key that works, but not here, hears why; any other hears what it would hear anywhere. */
async function refuseApiKey(deps: AdminAuthDeps, presented: PresentedKey): Promise<Fault> {
  const verification = await deps.verifyApiKey(presented);
  if (verification.ok) return new Fault('INSUFFICIENT_PERMISSIONS', { message: NOT_FOR_ADMINISTRATION });
  return refuse(deps, verification.reason, verification.fault);
}

/** One answer for every key that does not work, so that nobody learns which ones once did. */
function badKey(deps: AdminAuthDeps, reason: AuthFailure, plaintext: string): Fault {
  const message = `Incorrect API key provided: ${redactApiKey(plaintext)}. Ask an owner of the organization for an admin key.`;
  return refuse(deps, reason, new Fault('INVALID_API_KEY', { message, internal: `admin key refused: ${reason}` }));
}

function refuse({ onFailure }: AdminAuthDeps, reason: AuthFailure, fault: Fault): Fault {
  onFailure(reason);
  return fault;
}
