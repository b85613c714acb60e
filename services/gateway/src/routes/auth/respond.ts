import type { Grant } from '../../auth/log-in.ts';
import type { UserProfile } from '../../auth/user-store.ts';

/** RFC 6749, section 5.1. */
export function toTokenResponse({ accessToken, expiresInS, refreshToken }: Grant) {
  return { access_token: accessToken, token_type: 'Bearer', expires_in: expiresInS, refresh_token: refreshToken };
}

export function toUserObject({ id, email, name, role, projects }: UserProfile) {
  return { object: 'user', id, email, name, role, projects };
}
