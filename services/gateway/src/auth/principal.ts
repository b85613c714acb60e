import type { Role } from '@sluice/prisma/generated/enums';

/** Who administers: a user behind a login, or an admin key that acts as its owner. */
export type Principal = {
  readonly kind: 'user' | 'admin_api_key';
  /** The user's or the key's. */
  readonly id: string;
  readonly userId: string;
  /** The user's email, or the redacted key: what the audit log shows. */
  readonly label: string;
  readonly organizationId: string;
  /** When the key ends. Undefined for one that does not, and for a login. */
  readonly expiresAt?: Date | undefined;
  /** In the organization. */
  readonly role: Role;
  /** In projects, where it may be more than in the organization. */
  readonly projectRoles: ReadonlyMap<string, Role>;
};
