import type { Clock } from '@sluice/platform/clock';
import type { Database } from '@sluice/prisma/client';
import { createIdentityStore, type IdentityStore } from './identity-store.ts';
import { createPrincipalStore, type PrincipalStore } from './principal-store.ts';
import { createSessionStore, type SessionStore } from './session-store.ts';
import { createUserStore, type UserStore } from './user-store.ts';

/** What logins keep in the database. */
export type AuthStores = {
  readonly users: UserStore;
  readonly sessions: SessionStore;
  readonly identities: IdentityStore;
  /** Also for whoever administers with a key. */
  readonly principals: PrincipalStore;
};

export function createAuthStores(db: Database, { pepper, clock }: { pepper: string; clock: Clock }): AuthStores {
  return {
    users: createUserStore(db),
    sessions: createSessionStore(db, { pepper, clock }),
    identities: createIdentityStore(db, clock),
    principals: createPrincipalStore(db, clock),
  };
}
