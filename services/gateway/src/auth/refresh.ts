import { Fault } from '@sluice/platform/fault';
import type { Log } from '@sluice/platform/log';
import type { AccessTokens } from './access-tokens.ts';
import type { Client } from './audit-event.ts';
import { toGrant, type Grant } from './log-in.ts';
import { parseRefreshToken } from './refresh-token.ts';
import type { SessionStore } from './session-store.ts';
import { fromStore } from '../store-fault.ts';

type RefreshDeps = {
  readonly pepper: string;
  readonly sessions: SessionStore;
  readonly accessTokens: AccessTokens;
  readonly log: Log;
};

/**
 * Trades a refresh token for the next one and an access token. Whoever lost the answer and asks again at once, from the same
 * address with the same user agent, gets the same next token. Otherwise a token that was used before ends its session: one of
 * the two who hold it stole it, and nobody can tell which.
 */
export async function refresh(deps: RefreshDeps, plaintext: string, client: Client): Promise<Grant> {
  const token = parseRefreshToken(plaintext, deps.pepper);
  if (!token) throw invalidRefreshToken('malformed');
  const rotation = await fromStore(deps.sessions.rotate(token, client));
  if (rotation.kind === 'rotated') return toGrant(deps.accessTokens, rotation);
  if (rotation.kind === 'reused') {
    const { userId, sessionId } = rotation;
    deps.log.warn({ userId, sessionId, requestId: client.requestId }, 'a used refresh token came again: its session was ended');
  }
  throw invalidRefreshToken(rotation.kind);
}

/** Ends the session of a refresh token, whether the token was used or not. */
export async function logOutByRefreshToken(deps: RefreshDeps, plaintext: string, client: Client): Promise<void> {
  const token = parseRefreshToken(plaintext, deps.pepper);
  const sessionId = token && (await fromStore(deps.sessions.sessionOf(token)));
  if (sessionId === undefined) throw invalidRefreshToken('unknown');
  await fromStore(deps.sessions.close(sessionId, client));
}

/** One answer for every token that does not work. */
function invalidRefreshToken(reason: string): Fault {
  const message = 'The refresh token is not valid, was used before, or has expired. Please log in again.';
  return new Fault('INVALID_TOKEN', { message, param: 'refresh_token', internal: `refresh token: ${reason}` });
}
